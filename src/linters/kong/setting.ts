import type { Change } from '../../fixes/change.ts';
import type { EnvironmentVariable } from '../../model/container.ts';
import { known, unknown, type Value } from '../../model/value.ts';
import { type Entry, parseKongConf } from '../../text/key-value.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { isNull, offsetMap, type YamlMap, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import { isKongSetting } from './settings-history.ts';

/** A Kong setting as written in one place. */
export interface KongSetting {
  /** Kong's own name: `db_cache_ttl`. */
  readonly name: string;
  /** As written there: `KONG_DB_CACHE_TTL`, `db_cache_ttl`. */
  readonly written: string;
  readonly nameAt: Anchor;
  readonly value: Value<string>;
  readonly set: ((text: string) => readonly Change[]) | undefined;
  /** Takes Kong's own name; writes it as this place does. */
  readonly rename: ((name: string) => readonly Change[]) | undefined;
  readonly remove: (() => readonly Change[]) | undefined;
}

/** Settings of one place and how to add another there. */
export interface SettingSource {
  readonly settings: readonly KongSetting[];
  readonly add: ((name: string, text: string) => readonly Change[]) | undefined;
}

export function environmentName(name: string): string {
  return `KONG_${name.toUpperCase()}`;
}

/** Kong reads `KONG_` and the name in capitals; anything else in the environment isn't its own. */
export function settingOfVariable(variable: EnvironmentVariable): KongSetting | undefined {
  if (!/^KONG_[A-Z0-9_]+$/.test(variable.name)) return undefined;
  const { rename } = variable;
  return {
    name: variable.name.slice('KONG_'.length).toLowerCase(),
    written: variable.name,
    nameAt: variable.nameAt,
    value: variable.value,
    set: variable.set,
    rename: rename && ((name) => rename(environmentName(name))),
    remove: variable.remove,
  };
}

/** A kong.conf: a file of its own, or the text of a ConfigMap's entry. */
export interface KongConf {
  readonly settings: readonly KongSetting[];
  readonly file: SourceFile;
  readonly scalar: YamlScalar | undefined;
}

export function readKongConf(file: SourceFile): KongConf {
  return kongConf(file, parseKongConf(file.text).entries, undefined);
}

/** `undefined` when escapes or folding leave no way back from the text to the file, or the text is templated. */
export function readEmbeddedKongConf(scalar: YamlScalar): KongConf | undefined {
  const map = scalar.unknown ? undefined : offsetMap(scalar);
  return map && kongConf(scalar.file, parseKongConf(scalar.text, map).entries, scalar);
}

function kongConf(file: SourceFile, entries: readonly Entry[], scalar: YamlScalar | undefined): KongConf {
  return { file, scalar, settings: entries.map((entry) => confSetting(file, entry)) };
}

function confSetting(file: SourceFile, entry: Entry): KongSetting {
  const at = { file, ...entry.valueAt };
  const nameAt = { file, ...entry.keyAt };
  const templated = /\{\{|\$\{|<%/.test(entry.value);
  return {
    name: entry.key,
    written: entry.key,
    nameAt,
    value: templated
      ? unknown({ why: 'templated', expression: entry.value }, 'config-file', at, entry.value)
      : known(entry.value, 'config-file', at),
    set: (text) => [{ change: 'replace-text', at, text }],
    rename: (name) => [{ change: 'replace-text', at: nameAt, text: name }],
    remove: undefined,
  };
}

/** The map `env` of the chart kong/kong: Kong's own names, written in capitals into the environment by the chart. */
export function readChartEnv(env: YamlNode | undefined, values: YamlMap): SettingSource {
  if (env?.kind !== 'map')
    return { settings: [], add: (name, text) => [{ change: 'set-entry', map: values, path: ['env', name], value: text }] };
  const settings = [...env.pairs].flatMap(([written, pair]): KongSetting[] => {
    const scalar = pair.value.kind === 'scalar' ? pair.value : undefined;
    if (scalar && isNull(scalar)) return [];
    return [
      {
        name: written.toLowerCase(),
        written,
        nameAt: pair.key,
        value: chartValue(pair.value, scalar),
        set: scalar && ((text) => [{ change: 'set-scalar', scalar, text, asString: true }]),
        rename: (name) => [{ change: 'rename-key', map: env, key: written, to: name }],
        remove: () => [{ change: 'remove-entry', map: env, path: [written] }],
      },
    ];
  });
  return { settings, add: (name, text) => [{ change: 'set-entry', map: env, path: [name], value: text }] };
}

function chartValue(node: YamlNode, scalar: YamlScalar | undefined): Value<string> {
  if (!scalar) {
    return unknown({ why: 'outside', what: 'valueFrom' }, 'values', node);
  }
  // A dependency's own values.yaml is the chart's default, not what somebody here decided.
  const origin = /(?:^|\/)charts\/(?:kong|ingress)\/values\.ya?ml$/.test(scalar.file.path) ? 'chart-default' : 'values';
  const templated = scalar.unknown ?? (scalar.text.includes('{{') ? { why: 'templated' as const, expression: scalar.text } : undefined);
  return templated ? unknown<string>(templated, origin, scalar, scalar.text) : known(scalar.text, origin, scalar);
}

/** Names a setting of Kong that is no other program's: enough to say whose environment this is. */
export function namesKong(settings: Iterable<KongSetting>): boolean {
  for (const setting of settings) if (isKongSetting(setting.name)) return true;
  return false;
}
