import type { Change } from '../fixes/change.ts';
import { oncePer } from '../text/once.ts';
import type { Anchor } from '../text/source.ts';
import { type YamlMap, scalarAt, spanInScalar } from '../text/yaml.ts';
import type { Container } from './container.ts';
import { parseGoDurationMs } from './duration.ts';
import { type CommandLine, type Flag, readCommandLine } from './flags.ts';
import { chartProcesses } from './kiam-chart.ts';
import type { Assume, Unit } from './unit.ts';
import { isVersionKnown, parseImage, UNKNOWN_VERSION, type VersionRange, versionOfImage, versionRange } from './version.ts';

/** A Kiam process, as a pod template, a compose service or a chart's values describe it. */
export interface KiamProcess {
  readonly role: 'server' | 'agent';
  readonly form: 'manifest' | 'chart';
  readonly version: VersionRange;
  /** The image's tag, else the block that stands for the process: where a default is underlined. */
  readonly at: Anchor;
  readonly flags: readonly KiamFlag[];
  /** A word of the command line, or a layer of the values, isn't seen: any flag may be there. */
  readonly incomplete: boolean;
  /** Sets a flag, or adds it where the others stand. */
  readonly setFlag: ((name: string, text: string) => readonly Change[]) | undefined;
  /** The block of a chart's values that stands for the process. */
  readonly block: YamlMap | undefined;
}

export interface KiamFlag extends Flag {
  /**
   * The process gets this flag twice, which ends it at start (kingpin: "flag 'x' cannot be repeated"): it is written twice, or it stands in
   * `extraArgs` of a chart whose template writes it already.
   */
  readonly repeated: 'written' | 'chart' | undefined;
}

const SWITCHES =
  /^(?:no-)?(?:iptables|iptables-remove|json-log|role-base-arn-autodetect|disable-strict-namespace-regexp|grpc-keepalive-permit-without-stream|allow-ip-query)$/;

/** The Kiam processes of a unit. kube2iam is none. A chart's values go before its templates: they are what is edited. */
export const kiamProcesses = oncePer((unit: Unit): readonly KiamProcess[] => [
  ...unit.releases.flatMap(chartProcesses),
  ...unit.containers.flatMap(processesOf),
]);

/** An image of Kiam by its path: `uswitch/kiam`, `bitnami/kiam`, whatever registry stands before. */
export function isKiamImage(path: string): boolean {
  return /(?:^|\/)kiam$/.test(path);
}

const processesOf = oncePer((container: Container): readonly KiamProcess[] => {
  if (container.surface !== 'kubernetes' && container.surface !== 'compose') return [];
  const image = container.image?.known ? parseImage(container.image.value) : undefined;
  const byImage = image !== undefined && isKiamImage(image.path);
  if (!byImage && !container.args.some((word) => word.known && /kiam|role-base-arn/.test(word.value))) return [];
  const line = readCommandLine(container, (name) => SWITCHES.test(name));
  const role = roleOf(line);
  if (!role || (!byImage && !isKiamCommand(line))) return [];
  // A script may start Kiam in several ways: only list items are surely one command line.
  const isList = !container.args.some((word) => word.known && /\s-/.test(word.value));
  return [
    {
      role,
      form: 'manifest',
      version: byImage ? versionOfImage(image) : UNKNOWN_VERSION,
      at: tagAnchor(container, image?.tagAt) ?? container.at,
      flags: line.flags.map((flag, index) => ({
        ...flag,
        repeated: isList && line.flags.findIndex((other) => other.name === flag.name) < index ? 'written' : undefined,
      })),
      // A word that is a variable of Kubernetes or a shell may be any flag.
      incomplete: line.incomplete || line.words.some(({ text }) => /^\$(?:\(\w+\)|\{?\w+\}?)$/.test(text)),
      setFlag: line.add && ((name, text) => setFlag(line, name, text)),
      block: undefined,
    },
  ];
});

/** From 3.0 one binary with sub-commands, before that `/server` and `/agent`. */
function roleOf(line: CommandLine): KiamProcess['role'] | undefined {
  for (const { text } of line.words) {
    const word = /(?:^|\/)(server|agent|health)$/.exec(text)?.[1];
    if (word === 'server' || word === 'agent') return word;
    if (word === 'health') return undefined;
  }
  if (line.flags.some((flag) => /^(?:role-base-arn|session|sync$|fetchers|prefetch)/.test(flag.name))) return 'server';
  if (line.flags.some((flag) => /^(?:iptables|no-iptables|host-interface|host$|allow-route|whitelist-route)/.test(flag.name)))
    return 'agent';
  return undefined;
}

function isKiamCommand(line: CommandLine): boolean {
  const [program] = line.words;
  if (line.words.some((word) => /(?:^|\/)kiam$/.test(word.text))) return true;
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

/** The version of a process: by its image or chart, else what the user assumes for its file. */
export function kiamVersion(process: KiamProcess, assume: Assume): VersionRange {
  if (isVersionKnown(process.version) || assume.kiam === undefined) return process.version;
  return versionRange(assume.kiam);
}

/** A duration flag: as set, or Kiam's default. */
export interface DurationSetting {
  /** `undefined`: set, but not known or not a Go duration; or not seen. */
  readonly durationMs: number | undefined;
  readonly flag: KiamFlag | undefined;
}

/** Defaults: cmd/kiam/server.go. The charts set the same 15m. */
const DEFAULT_MS = { 'session-duration': 15 * 60_000, 'session-refresh': 5 * 60_000 } as const;

export function durationOf(process: KiamProcess, name: keyof typeof DEFAULT_MS): DurationSetting {
  const flag = process.flags.find((one) => one.name === name && !one.repeated);
  if (!flag) return { durationMs: process.incomplete ? undefined : DEFAULT_MS[name], flag: undefined };
  return { durationMs: flag.value?.known ? parseGoDurationMs(flag.value.value) : undefined, flag };
}
