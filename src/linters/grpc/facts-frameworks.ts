import type { TargetCandidate, TargetPart } from '../../code/index.ts';
import type { Change } from '../../fixes/change.ts';
import type { Component } from '../../model/component.ts';
import { dependenciesNamed } from '../../model/project/resolve.ts';
import type { Repository, Unit } from '../../model/unit.ts';
import { groupBy } from '../../text/group-by.ts';
import { ObjectMemo, oncePer } from '../../text/once.ts';
import { sameItems } from '../../text/same-items.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { parseProperties } from '../../text/key-value.ts';
import { spanInScalar, type YamlNode } from '../../text/yaml.ts';
import type { ParsedFile } from '../../workspace/parsed-file.ts';

/**
 * gRPC clients and servers that a framework makes from `application.yml` or `.properties`: net.devh's starters, spring-grpc and Quarkus.
 * Both Spring starters default to round_robin, grpc-java itself and Quarkus to pick_first.
 */
export type Framework = 'net.devh' | 'spring-grpc' | 'quarkus';

export interface Property {
  readonly key: string;
  readonly text: string;
  /** A template fills it in: `text` is as written. */
  readonly unknown: boolean;
  readonly at: Anchor;
  readonly set: (text: string) => readonly Change[];
}

export interface FrameworkClient {
  readonly framework: Framework;
  readonly name: string;
  readonly at: Anchor;
  readonly target: Pick<TargetCandidate, 'parts' | 'text'>;
  /** Environment variables that override the property, by Spring's relaxed binding. */
  readonly overriddenBy: string;
  /** As written, or the Spring starters' default; Quarkus leaves it to grpc-java. */
  readonly policy: string | undefined;
  readonly policyAt: Anchor | undefined;
  readonly plaintext: boolean;
  /** The client's own, then those that hold for all clients. */
  readonly properties: readonly Property[];
}

const DEPENDENCIES: readonly (readonly [Framework, RegExp])[] = [
  ['net.devh', /^net\.devh:grpc-(?:client-|server-)?spring-boot-starter$/],
  ['spring-grpc', /^org\.springframework\.(?:grpc:spring-grpc|boot:spring-boot(?:-starter)?-grpc)/],
  ['quarkus', /^io\.quarkus:quarkus-grpc$/],
];

export const frameworkOf = oncePer((component: Component): Framework | undefined => {
  const isJvm = component.buildFiles.some((file) => /\.(?:xml|gradle|kts|toml)$/.test(file.path));
  return isJvm ? DEPENDENCIES.find(([, name]) => dependenciesNamed(component.dependencies, 'maven', name).length > 0)?.[0] : undefined;
});

const APPLICATION_FILE = /(?:^|\/)(?:application|bootstrap)[^/]*\.(?:ya?ml|properties)$/;
/** Settings of tests, and copies that a build leaves. */
const NOT_RUNNING = /(?:^|\/)(?:test|tests|target|build)\//;

export const applicationFiles = oncePer((unit: Unit): readonly ParsedFile[] =>
  unit.files.filter(({ file: { path } }) => APPLICATION_FILE.test(path) && !NOT_RUNNING.test(path)),
);

/** The application files below each folder. */
const filesByFolder = oncePer(
  (files: readonly ParsedFile[]): ReadonlyMap<string, readonly ParsedFile[]> =>
    groupBy(files, ({ file }) => file.path.split('/').map((_, depth, names) => names.slice(0, depth).join('/') || '.')),
);

const propertiesIn = oncePer((parsed: ParsedFile): readonly Property[] => {
  const found: Property[] = [];
  if (parsed.format === 'yaml') for (const { root } of parsed.documents) flatten(root, '', found);
  else found.push(...fromProperties(parsed.file));
  return found;
});

/** All properties of a component's application files. Only these components make a result depend on the other units' files. */
export function propertiesOf(component: Component, repository: Repository): readonly Property[] {
  return (filesByFolder(repository.everyUnit(applicationFiles)).get(component.folder) ?? []).flatMap(propertiesIn);
}

function flatten(node: YamlNode | undefined, path: string, found: Property[]): void {
  if (node?.kind === 'map') for (const [key, pair] of node.pairs) flatten(pair.value, path === '' ? key : `${path}.${key}`, found);
  if (node?.kind !== 'scalar') return;
  const at = spanInScalar(node, 0, node.text.length) ?? node;
  found.push({
    key: plainKey(path),
    text: node.text,
    unknown: node.unknown !== undefined,
    at,
    set: (text) => [{ change: 'set-scalar', scalar: node, text }],
  });
}

function fromProperties(file: SourceFile): Property[] {
  return parseProperties(file.text).entries.map((entry): Property => {
    const at = { file, ...entry.valueAt };
    return { key: plainKey(entry.key), text: entry.value, unknown: false, at, set: (text) => [{ change: 'replace-text', at, text }] };
  });
}

/** Without Quarkus' profile prefix and without quotes around a client's name. */
function plainKey(key: string): string {
  return key.replace(/^"?%[\w-]+"?\./, '').replaceAll('"', '');
}

/** `keepAliveTime` and `keep-alive-time` are one name for Spring. */
function isNamed(key: string, prefix: string, name: string): boolean {
  return key.startsWith(`${prefix}.`) && relaxed(key.slice(prefix.length + 1)) === relaxed(name);
}

function relaxed(name: string): string {
  return name.toLowerCase().replaceAll('-', '');
}

const CLIENTS: Readonly<Record<Framework, RegExp>> = {
  'net.devh': /^(grpc\.client\.([\w-]+))\.address$/,
  'spring-grpc': /^(spring\.grpc\.client\.(?:channels?\.([\w-]+)|(default-channel)))\.(?:address|target)$/,
  quarkus: /^(quarkus\.grpc\.clients\.([\w-]+))\.host$/,
};

const known = new ObjectMemo<Component, { readonly all: readonly Property[]; readonly clients: readonly FrameworkClient[] }>();

export function frameworkClients(component: Component, repository: Repository): readonly FrameworkClient[] {
  const framework = frameworkOf(component);
  if (!framework) return [];
  const all = propertiesOf(component, repository);
  const before = known.get(component);
  // Each file's properties are the same objects for as long as the file is.
  if (before && sameItems(before.all, all)) return before.clients;
  const clients = readClients(component, framework, all);
  known.set(component, { all, clients });
  return clients;
}

function readClients(component: Component, framework: Framework, all: readonly Property[]): FrameworkClient[] {
  const hasDiscovery =
    dependenciesNamed(component.dependencies, 'maven', /^org\.springframework\.cloud:.*(?:discovery|eureka|consul|kubernetes)/).length > 0;
  return all.flatMap((property): FrameworkClient[] => {
    const match = CLIENTS[framework].exec(property.key);
    const prefix = match?.[1];
    const name = match?.[2] ?? match?.[3];
    if (prefix === undefined || name === undefined) return [];
    const own = (key: string): Property | undefined =>
      all.findLast((one) => one.at.file === property.at.file && isNamed(one.key, prefix, key)) ??
      all.findLast((one) => isNamed(one.key, prefix, key)) ??
      all.findLast((one) => framework === 'net.devh' && isNamed(one.key, 'grpc.client.GLOBAL', key));
    // A discovery client takes names without a scheme for its own.
    if (hasDiscovery && !property.text.includes(':///')) return [];
    if ((own('name-resolver')?.text ?? 'dns') !== 'dns') return [];
    const policy = own(framework === 'quarkus' ? 'load-balancing-policy' : 'default-load-balancing-policy') ?? own('load-balancing');
    const parts = placeholderParts(property);
    const port = framework === 'quarkus' ? (own('port')?.text ?? '9000') : undefined;
    const whole: TargetPart[] = port === undefined ? parts : [...parts, { kind: 'text', text: `:${port}`, at: property.at, plain: false }];
    // TLS is net.devh's default, plain text that of spring-grpc.
    const negotiation = own('negotiation-type')?.text.toLowerCase() ?? (framework === 'spring-grpc' ? 'plaintext' : 'tls');
    return [
      {
        framework,
        name,
        at: property.at,
        target: {
          parts: whole,
          text: whole.every((part) => part.kind === 'text') ? whole.map(({ text }) => text).join('') : undefined,
        },
        overriddenBy: property.key
          .toUpperCase()
          .replace(/-/g, '')
          .replace(/[^A-Z0-9]+/g, '_'),
        policy: policy?.text ?? (framework === 'quarkus' ? undefined : 'round_robin'),
        policyAt: policy?.at,
        plaintext: negotiation === 'plaintext' || own('plain-text')?.text === 'true',
        properties: [prefix, ...(framework === 'net.devh' ? ['grpc.client.GLOBAL'] : [])].flatMap((of) =>
          all.filter((one) => one.key.startsWith(`${of}.`)),
        ),
      },
    ];
  });
}

/** `${NAME:default}` as a hole with its default; nested placeholders aren't followed. */
function placeholderParts({ text, at, unknown }: Property): TargetPart[] {
  const parts: TargetPart[] = [];
  let from = 0;
  const literal = (to: number): void => {
    if (to > from) parts.push({ kind: 'text', text: text.slice(from, to), at, plain: to - from === text.length });
  };
  for (const match of text.matchAll(/\$\{([\w.-]+)(?::([^${}]*))?\}/g)) {
    literal(match.index);
    from = match.index + match[0].length;
    const [, name = '', fallback] = match;
    const filled: TargetPart[] | undefined = fallback === undefined ? undefined : [{ kind: 'text', text: fallback, at, plain: false }];
    parts.push({ kind: /^[A-Z][A-Z0-9_]*$/.test(name) ? 'env' : 'config', name, at, fallback: filled });
  }
  literal(text.length);
  const isCut = parts.some((part) => part.kind === 'text' && part.text.includes('${'));
  return unknown || isCut ? [{ kind: 'unknown', at, why: 'placeholder' }] : parts;
}

/** Spring's durations: `30s`, `5m`, `PT30S`; a bare number counts in seconds. Milliseconds. */
export function springDurationMs(text: string): number | undefined {
  const simple = /^(\d+)\s*(ms|s|m|h|d)?$/i.exec(text.trim());
  if (simple)
    return (
      Number(simple[1]) *
      { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[(simple[2] ?? 's').toLowerCase() as 'ms' | 's' | 'm' | 'h' | 'd']
    );
  const iso = /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/i.exec(text.trim());
  if (!iso) return undefined;
  return (Number(iso[1] ?? 0) * 3600 + Number(iso[2] ?? 0) * 60 + Number(iso[3] ?? 0)) * 1000;
}
