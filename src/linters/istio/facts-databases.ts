import { isTestPath } from '../../code/index.ts';
import type { Change } from '../../fixes/change.ts';
import type { Container, EnvironmentVariable } from '../../model/container.ts';
import type { KubeObject, PodTemplate } from '../../model/kubernetes/objects.ts';
import { sameNamespace, type Unit } from '../../model/unit.ts';
import { parseGoDurationMs } from '../../model/duration.ts';
import { parseEmbeddedDocuments } from '../../text/embedded.ts';
import { parseProperties } from '../../text/key-value.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { itemsAt, mapAt, offsetMap, scalarAt, spanInScalar, textAt, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import { addressInText, addressInVariable, type DatabaseAddress, isOutside } from './database-address.ts';
import { goDatabases } from './facts-go-databases.ts';
import { ofKind, podTemplates } from './objects.ts';
import { soleContainer } from './sole-container.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';

/** A database outside the cluster that a pod connects to, with a pool that keeps its connections without end. */
export interface ExternalDatabase extends DatabaseAddress {
  readonly pod: PodTemplate;
  /** The host as it is written. */
  readonly at: Anchor;
  /** The setting that proves the pool unlimited. */
  readonly pool: PoolSetting;
}

export interface PoolSetting {
  /** `undefined`: where the host is, as far as can be told. */
  readonly at: Anchor | undefined;
  readonly name: string;
  /** `undefined`: nothing limits it, as the code opens it. */
  readonly text: string | undefined;
  /** A value of half an hour in the setting's own notation; `undefined` when that isn't known, or the place can't be edited. */
  readonly halfHour: { readonly text: string; readonly changes: readonly Change[] } | undefined;
}

const HOUR_MS = 3_600_000;
/** `DB_CONN_MAX_LIFETIME`, `MYSQL_MAX_CONN_LIFETIME`, `DB_POOL_RECYCLE`, `SPRING_DATASOURCE_HIKARI_MAX_LIFETIME`. */
const LIFETIME =
  /^(.+?)_(?:(?:CONN|CONNECTION)_?MAX_?LIFE_?TIME|MAX_?(?:CONN|CONNECTION)?_?LIFE_?TIME|POOL_MAX_LIFE_?TIME|POOL_RECYCLE|HIKARI_MAX_?LIFE_?TIME)$/;
/** Settings of the same pool that renew or test idle connections. */
const RENEWAL = /(?:MAX_?IDLE_?TIME|IDLE_?TIMEOUT|KEEP_?ALIVE(?:_?TIME)?|PRE_?PING|TEST_?(?:WHILE_?IDLE|ON_?BORROW)|VALIDATION)$/;
const HIKARI = 'HIKARI';

/**
 * The external databases that a unit's pods name literally together with a pool lifetime that is literally unlimited (0, -1) or an hour and
 * more: in environment variables, in Go code that never limits it (database/sql), and in Spring's application.yml/.properties of a ConfigMap that the pod mounts or of the one component that
 * the pod surely runs.
 */
export const externalDatabases = oncePer((unit: Unit): readonly ExternalDatabase[] => [
  ...unit.containers.flatMap(ofEnvironment),
  ...ofSpring(unit),
  ...ofComponents(unit),
  ...goDatabases(unit),
]);

const ofEnvironment = oncePer((container: Container): readonly ExternalDatabase[] => {
  const { pod, env } = container;
  // A source of variables that can't be seen may set the one that renews connections.
  if (!pod || container.init || env.unseen.length > 0) return [];
  const variables = [...env.variables.values()];
  const lifetimes = variables.flatMap((variable) => {
    const prefix = LIFETIME.exec(variable.name)?.[1]?.replace(/_POOL$|_HIKARI$/, '');
    return prefix === undefined ? [] : [{ prefix, pool: unlimitedPool(variable) }];
  });
  return variables.flatMap((variable): ExternalDatabase[] => {
    // `DB_CONN_MAX_LIFETIME` is about `DB_HOST` and `DB_DSN`, not about `REDIS_HOST`.
    const own = lifetimes.filter(({ prefix }) => variable.name.startsWith(`${prefix}_`));
    const pool = own[0]?.pool;
    // One of several that limits it is enough.
    if (!pool || own.some((lifetime) => !lifetime.pool)) return [];
    if (variables.some(({ name }) => RENEWAL.test(name) && own.some(({ prefix }) => name.startsWith(prefix)))) return [];
    const address = addressOf(variable, env.variables);
    if (!address || !isOutside(address.host)) return [];
    return [{ ...address, pod, at: hostAt(variable, address.start, address.host.length), pool }];
  });
});

function addressOf(variable: EnvironmentVariable, all: Container['env']['variables']): DatabaseAddress | undefined {
  const { name, value } = variable;
  if (!value.known) return undefined;
  const port = all.get(name.replace(/_[A-Z]+$/, '_PORT'))?.value;
  // A port that can't be seen is no default port.
  if (port && !port.known) return undefined;
  return addressInText(value.value) ?? addressInVariable(name, value.value, port?.value);
}

function unlimitedPool(variable: EnvironmentVariable): PoolSetting | undefined {
  const { value, name, set } = variable;
  if (!value.known) return undefined;
  const isHikari = name.includes(HIKARI);
  const text = value.value.trim();
  const durationMs = /[a-z]$/.test(text) ? parseGoDurationMs(text) : undefined;
  const unlimited = /^(?:0|-1)$/.test(text) || (durationMs !== undefined && (durationMs <= 0 || durationMs >= HOUR_MS));
  if (!unlimited) return undefined;
  const half = isHikari ? '1800000' : durationMs === undefined ? undefined : '30m';
  return { at: value.at, name, text, halfHour: half !== undefined && set ? { text: half, changes: set(half) } : undefined };
}

/** Where a stretch of a variable's value is written. */
export function hostAt({ node, value, nameAt }: EnvironmentVariable, start: number, length: number): Anchor {
  const scalar = node?.kind === 'scalar' ? node : scalarAt(node, 'value');
  const literal = scalar && value.known && scalar.text === value.value ? scalar : undefined;
  return (literal && spanInScalar(literal, start, start + length)) ?? value.at ?? nameAt;
}

/** One setting of a Spring configuration. */
interface Setting {
  readonly key: string;
  readonly text: string;
  readonly place: (from: number, to: number) => Anchor;
  readonly set: ((text: string) => readonly Change[]) | undefined;
}

/** Files of a component whose container is known: what a profile or a variable overrides isn't followed, so only the plain name counts. */
function ofComponents(unit: Unit): ExternalDatabase[] {
  return unit.components.flatMap((use): ExternalDatabase[] => {
    const { component, containers } = use;
    const sole = soleContainer(use);
    if (!sole || sole.container.env.unseen.length > 0) return [];
    // Its Dockerfile may set them, too.
    if (containers.some(({ env }) => [...env.variables.keys()].some((name) => name.startsWith('SPRING_')))) return [];
    const { pod } = sole;
    return inSpringFiles(unit)
      .filter(({ path }) => component.folder === '.' || path.startsWith(`${component.folder}/`))
      .map(({ database }) => ({ ...database, pod }));
  });
}

type Configured = Omit<ExternalDatabase, 'pod'>;

const inSpringFiles = oncePer((unit: Unit) =>
  unit.files.flatMap((parsed) => ofSpringFile(parsed).map((database) => ({ path: parsed.file.path, database }))),
);

const NO_DATABASE: readonly Configured[] = [];

const ofSpringFile = oncePer((parsed: ParsedFile): readonly Configured[] => {
  const { path, text } = parsed.file;
  // What tests connect to is nothing that a pod does.
  if (isTestPath(path)) return NO_DATABASE;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (parsed.format === 'yaml' && /^application\.ya?ml$/.test(name)) {
    return parsed.documents.flatMap(({ root }) => (root ? ofSettings(yamlSettings(root)) : []));
  }
  return name === 'application.properties' ? ofSettings(propertySettings(parsed.file, text)) : NO_DATABASE;
});

function ofSpring(unit: Unit): ExternalDatabase[] {
  const configured = ofKind(unit, 'ConfigMap').flatMap((object) => ofConfigMap(object).map((database) => ({ object, database })));
  return podTemplates(unit).flatMap((pod): ExternalDatabase[] => {
    const mounted = new Set(itemsAt(pod.spec, 'volumes').map((volume) => textAt(volume, 'configMap', 'name')));
    return configured
      .filter(
        ({ object: { name, namespace } }) => name !== undefined && mounted.has(name) && sameNamespace(namespace, pod.workload.namespace),
      )
      .map(({ database }) => ({ ...database, pod }));
  });
}

const ofConfigMap = oncePer((map: KubeObject): readonly Configured[] =>
  [...(mapAt(map.root, 'data')?.pairs ?? [])].flatMap(([file, { value }]) => {
    if (value.kind !== 'scalar' || value.unknown) return [];
    if (/^application[^/]*\.ya?ml$/.test(file)) {
      return (parseEmbeddedDocuments(value, 'program') ?? []).flatMap((root) => ofSettings(yamlSettings(root)));
    }
    return /^application[^/]*\.properties$/.test(file) ? ofSettings(embeddedProperties(value)) : [];
  }),
);

function yamlSettings(root: YamlNode, prefix = ''): Setting[] {
  if (root.kind !== 'map') return [];
  return [...root.pairs].flatMap(([name, { value }]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (value.kind === 'map') return yamlSettings(value, key);
    if (value.kind !== 'scalar') return [];
    const set: Setting['set'] = value.derived ? undefined : (text) => [{ change: 'set-scalar', scalar: value, text }];
    return [{ key, text: value.text, place: (from, to) => spanInScalar(value, from, to) ?? value, set }];
  });
}

function propertySettings(file: SourceFile, text: string, map?: (offset: number) => number): Setting[] {
  return parseProperties(text, map).entries.map(({ key, value, valueAt }) => ({
    key,
    text: value,
    place: (from, to) =>
      valueAt.end - valueAt.start === value.length ? { file, start: valueAt.start + from, end: valueAt.start + to } : { file, ...valueAt },
    set: (text) => [{ change: 'replace-text', at: { file, ...valueAt }, text }],
  }));
}

/**
 * Where no way leads back to the text (`kubectl create configmap` may write it in quotes, with `\n`), everything stands at the whole, and
 * nothing is edited.
 */
function embeddedProperties(scalar: YamlScalar): Setting[] {
  const map = offsetMap(scalar);
  if (map) return propertySettings(scalar.file, scalar.text, map);
  return propertySettings(scalar.file, scalar.text).map(({ key, text }) => ({ key, text, place: () => scalar, set: undefined }));
}

/** Spring's datasource with HikariCP, its default pool: `max-lifetime: 0` is without end, and `keepalive-time` tests idle connections. */
function ofSettings(settings: readonly Setting[]): Configured[] {
  const find = (key: string): Setting | undefined => settings.find((setting) => relaxed(setting.key) === key);
  const url = find('spring.datasource.url');
  const lifetime = find('spring.datasource.hikari.maxlifetime');
  if (!url || lifetime?.text.trim() !== '0' || find('spring.datasource.hikari.keepalivetime')) return [];
  const address = addressInText(url.text);
  if (!address || !isOutside(address.host)) return [];
  const { set } = lifetime;
  const at = url.place(address.start, address.start + address.host.length);
  const setAt = lifetime.place(0, lifetime.text.length);
  return [
    {
      ...address,
      at,
      pool: {
        at: setAt.start === at.start ? undefined : setAt,
        name: lifetime.key,
        text: lifetime.text,
        halfHour: set && { text: '1800000', changes: set('1800000') },
      },
    },
  ];
}

/** Spring's relaxed names: `max-lifetime` is `maxLifetime`. */
function relaxed(key: string): string {
  return key.replace(/[-_]/g, '').toLowerCase();
}
