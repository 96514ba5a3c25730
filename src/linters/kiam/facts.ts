import type { Change } from '../../fixes/change.ts';
import type { Container } from '../../model/container.ts';
import { parseGoDurationMs } from '../../model/duration.ts';
import { type CommandLine, type Flag, readCommandLine } from '../../model/flags.ts';
import type { HelmRelease, Unit } from '../../model/unit.ts';
import { parseImage, UNKNOWN_VERSION, type VersionRange, versionOfImage, versionOfTag } from '../../model/version.ts';
import type { Anchor } from '../../text/source.ts';
import { isNull, mapAt, pairAt, scalarAt, spanInScalar, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';

/** A Kiam process, as a pod template, a compose service or a chart's values describe it. */
export interface KiamProcess {
  readonly role: 'server' | 'agent';
  readonly form: 'manifest' | 'chart';
  readonly version: VersionRange;
  /** The image's tag, else the block that stands for the process: where a default is underlined. */
  readonly at: Anchor;
  readonly flags: readonly KiamFlag[];
  /** A word of the command line isn't known: any flag may be there. */
  readonly incomplete: boolean;
  /** Sets a flag, or adds it where the others stand. */
  readonly setFlag: ((name: string, text: string) => readonly Change[]) | undefined;
}

export interface KiamFlag extends Omit<Flag, 'value'> {
  readonly value: Flag['value'];
  /** The flag stands in `extraArgs` of a chart that already writes it itself. */
  readonly duplicates: boolean;
}

const SWITCHES = /^(?:no-)?(?:iptables|iptables-remove|json-log|role-base-arn-autodetect|disable-strict-namespace-regexp|debug)$/;

const facts = new WeakMap<Unit, readonly KiamProcess[]>();

/** The Kiam processes of a unit. kube2iam is none. */
export function kiamProcesses(unit: Unit): readonly KiamProcess[] {
  let known = facts.get(unit);
  if (!known) {
    known = [...unit.containers.flatMap(fromContainer), ...unit.releases.flatMap(fromRelease)];
    facts.set(unit, known);
  }
  return known;
}

export function kiamServers(unit: Unit): KiamProcess[] {
  return kiamProcesses(unit).filter((process) => process.role === 'server');
}

/** An image of Kiam by its path: `uswitch/kiam`, `bitnami/kiam`, whatever registry stands before. */
function isKiamImage(path: string): boolean {
  return /(?:^|\/)kiam$/.test(path);
}

function fromContainer(container: Container): KiamProcess[] {
  if (container.surface === 'dockerfile' || container.surface === 'env-file') return [];
  const image = container.image?.known ? parseImage(container.image.value) : undefined;
  const byImage = image !== undefined && isKiamImage(image.path);
  if (!byImage && container.args.length === 0) return [];
  const line =
    byImage || container.args.some((word) => word.known && /kiam|role-base-arn/.test(word.value))
      ? readCommandLine(container, isSwitch)
      : undefined;
  if (!line) return [];
  const role = roleOf(line);
  if (!role || (!byImage && !isKiamCommand(line))) return [];
  return [
    {
      role,
      form: 'manifest',
      version: byImage ? versionOfImage(image) : UNKNOWN_VERSION,
      at: tagAnchor(container, image?.tagAt) ?? container.at,
      flags: line.flags.map((flag) => ({ ...flag, duplicates: line.flags.filter((other) => other.name === flag.name).length > 1 })),
      incomplete: line.incomplete,
      setFlag: line.add && ((name, text) => setFlag(line, name, text)),
    },
  ];
}

function isSwitch(name: string): boolean {
  return SWITCHES.test(name);
}

/** From 3.0 one binary with sub-commands, before that `/server` and `/agent`. */
function roleOf(line: CommandLine): KiamProcess['role'] | undefined {
  for (const { text } of line.words) {
    const word = /(?:^|\/)(server|agent)$/.exec(text)?.[1];
    if (word === 'server' || word === 'agent') return word;
    if (/(?:^|\/)health$/.test(text)) return undefined;
  }
  if (line.flags.some((flag) => /^(?:role-base-arn|session|sync$|fetchers|prefetch)/.test(flag.name))) return 'server';
  if (line.flags.some((flag) => /^(?:iptables|no-iptables|host-interface|host$|allow-route|whitelist-route)/.test(flag.name)))
    return 'agent';
  return undefined;
}

function isKiamCommand(line: CommandLine): boolean {
  const [program] = line.words;
  if (program && /(?:^|\/)kiam$/.test(program.text)) return true;
  return program?.text === '/server' && line.flags.some((flag) => flag.name.startsWith('role-base-arn'));
}

function tagAnchor(container: Container, span: { readonly start: number; readonly end: number } | undefined): Anchor | undefined {
  const image = container.node && scalarAt(container.node, 'image');
  if (!image || !span) return undefined;
  return spanInScalar(image, span.start, span.end);
}

function setFlag(line: CommandLine, name: string, text: string): readonly Change[] {
  const flag = line.flags.find((one) => one.name === name);
  if (flag) return flag.set?.(text) ?? [];
  return line.add?.(`--${name}=${text}`) ?? [];
}

/** Chart values that stand for flags. All three known charts (uswitch, stable, bitnami) use these names. */
const CHART_VALUES: Readonly<Record<string, string>> = {
  sessionDuration: 'session-duration',
  gatewayTimeoutCreation: 'gateway-timeout-creation',
};
/** Flags that the charts' server template writes by itself: a second one from `extraArgs` ends the process ("cannot be repeated"). */
const WRITTEN_BY_CHART = new Set(['session-duration', 'sync', 'level', 'bind', 'cert', 'key', 'ca', 'role-base-arn', 'json-log']);

function fromRelease(release: HelmRelease): KiamProcess[] {
  const values = release.chart === 'kiam' ? release.values : release.chart === undefined ? kiamValues(release.values) : undefined;
  if (!values) return [];
  return (['server', 'agent'] as const).flatMap((role): KiamProcess[] => {
    const pair = pairAt(values, role);
    const map = mapAt(values, role);
    if (!map || !pair) return [];
    const tag = scalarAt(map, 'image', 'tag') ?? scalarAt(values, 'image', 'tag');
    const flags = [...valueFlags(map), ...extraFlags(map)];
    return [
      {
        role,
        form: 'chart',
        version: tag && !tag.unknown ? versionOfTag(tag.text) : UNKNOWN_VERSION,
        at: tag && !isNull(tag) ? tag : pair.key,
        flags,
        incomplete: map.open,
        setFlag: (name, text) => setValue(map, name, text),
      },
    ];
  });
}

/** A values file of unknown chart is Kiam's when it has its two blocks and one of its own keys. */
function kiamValues(values: YamlMap): YamlMap | undefined {
  const inner = mapAt(values, 'kiam');
  for (const map of inner ? [inner, values] : [values]) {
    const server = mapAt(map, 'server');
    if (!server) continue;
    const own = ['sessionDuration', 'roleBaseArn', 'assumeRoleArn', 'gatewayTimeoutCreation', 'prefetchBufferSize'].some((key) =>
      server.pairs.has(key),
    );
    const hosts = mapAt(map, 'agent', 'host')?.pairs.has('iptables') ?? false;
    const image = textAt(map, 'server', 'image', 'repository') ?? textAt(map, 'image', 'repository') ?? '';
    if (own || hosts || isKiamImage(image)) return map;
  }
  return undefined;
}

function valueFlags(map: YamlMap): KiamFlag[] {
  return Object.entries(CHART_VALUES).flatMap(([key, name]) => {
    const scalar = scalarAt(map, key);
    return scalar && !isNull(scalar) ? [scalarFlag(map, [key], name, scalar, false)] : [];
  });
}

function extraFlags(map: YamlMap): KiamFlag[] {
  const extra = mapAt(map, 'extraArgs');
  return [...(extra?.pairs ?? [])].flatMap(([name, pair]) =>
    pair.value.kind === 'scalar' ? [scalarFlag(map, ['extraArgs', name], name, pair.value, WRITTEN_BY_CHART.has(name), pair.key)] : [],
  );
}

function scalarFlag(
  map: YamlMap,
  path: readonly string[],
  name: string,
  scalar: YamlScalar,
  duplicates: boolean,
  key?: YamlScalar,
): KiamFlag {
  return {
    name,
    nameAt: key ?? scalar,
    value: scalar.unknown
      ? { known: false, unknown: scalar.unknown, at: scalar, layers: [] }
      : {
          known: true,
          value: isNull(scalar) ? '' : scalar.text,
          at: scalar,
          layers: [{ origin: 'values', text: scalar.text, at: scalar }],
        },
    set: (text) => [{ change: 'set-scalar', scalar, text }],
    rename: (to) => {
      const parent = path.length === 2 ? mapAt(map, 'extraArgs') : map;
      return parent ? [{ change: 'rename-key', map: parent, key: path.at(-1) ?? name, to }] : [];
    },
    remove: () => [{ change: 'remove-entry', map, path, prune: true }],
    duplicates,
  };
}

function setValue(map: YamlMap, name: string, text: string): readonly Change[] {
  const key = Object.entries(CHART_VALUES).find(([, flag]) => flag === name)?.[0];
  return [{ change: 'set-entry', map, path: key ? [key] : ['extraArgs', name], value: text }];
}

/** A duration flag: as set, or Kiam's default. */
export interface DurationSetting {
  /** `undefined`: set, but not known or not a Go duration. */
  readonly durationMs: number | undefined;
  readonly flag: KiamFlag | undefined;
}

/** Defaults: cmd/kiam/server.go. The charts set the same 15m. */
const DEFAULT_MS: Readonly<Record<string, number>> = { 'session-duration': 15 * 60_000, 'session-refresh': 5 * 60_000 };

export function durationOf(process: KiamProcess, name: 'session-duration' | 'session-refresh'): DurationSetting {
  const flag = process.flags.find((one) => one.name === name && !(process.form === 'chart' && one.duplicates));
  if (!flag) return { durationMs: process.incomplete ? undefined : DEFAULT_MS[name], flag: undefined };
  return { durationMs: flag.value?.known ? parseGoDurationMs(flag.value.value) : undefined, flag };
}
