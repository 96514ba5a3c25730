import type { Change } from '../fixes/change.ts';
import { isNull, mapAt, nodeAt, pairAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../text/yaml.ts';
import type { KiamFlag, KiamProcess } from './kiam-process.ts';
import type { HelmRelease } from './unit.ts';
import { affected, UNKNOWN_VERSION, type VersionRange, versionOfTag, versionRange } from './version.ts';

/**
 * Kiam by its chart's values. The three known charts (uswitch, stable, bitnami) pass `server.sessionDuration`, and every entry of
 * `extraArgs` as `--key=value`; they have no value for the refresh.
 * Sources: uswitch/kiam helm/kiam/templates, helm/charts stable/kiam, bitnami/charts bitnami/kiam.
 */
export function chartProcesses(release: HelmRelease): KiamProcess[] {
  const alone = release.chart === undefined;
  const values = release.chart === 'kiam' ? release.values : alone ? kiamValues(release.values) : undefined;
  if (!values) return [];
  return (['server', 'agent'] as const).flatMap((role): KiamProcess[] => {
    const pair = pairAt(values, role);
    const map = mapAt(values, role);
    if (!map || !pair || textAt(map, 'enabled') === 'false') return [];
    const tag = scalarAt(map, 'image', 'tag') ?? scalarAt(values, 'image', 'tag');
    const written = tag && !isNull(tag) && tag.text !== '' ? tag : undefined;
    const own = [...valueFlags(map, role), ...extraFlags(map, role)];
    // A values file alone says what its process gets if it is the one that sets the flags; else another layer may.
    const says = alone ? own.length > 0 : release.complete;
    return [
      {
        role,
        form: 'chart',
        version: written ? (written.unknown ? UNKNOWN_VERSION : versionOfTag(written.text)) : chartsOwnVersion(release, values, map),
        at: written ?? pair.key,
        flags: own,
        incomplete: !says || map.open || values.open || mapAt(map, 'extraArgs')?.open === true,
        setFlag: (name, text) => setValue(map, role, name, text),
        block: map,
      },
    ];
  });
}

/** Default image of uswitch's chart by chart version (helm/kiam/Chart.yaml and values.yaml through its history). */
const USWITCH_IMAGES = [
  { from: '6.0.0', before: '7', tag: 'v4.0' },
  { from: '5.9.0', before: '6.0.0', tag: 'v3.6' },
  { from: '5.5.0', before: '5.9.0', tag: 'v3.5' },
  { from: '3.1.0', before: '5.5.0', tag: 'v3.4' },
  { from: '2.5.1', before: '3.1.0', tag: 'v3.3' },
] as const;

/** No tag in the values: the chart's own, where every layer is seen and the chart is uswitch's. */
function chartsOwnVersion(release: HelmRelease, values: YamlMap, map: YamlMap): VersionRange {
  if (!release.complete || release.chartVersion === undefined || !/uswitch/.test(release.repository ?? '')) return UNKNOWN_VERSION;
  if (nodeAt(map, 'image', 'repository') || nodeAt(values, 'image')) return UNKNOWN_VERSION;
  const version = versionRange(release.chartVersion);
  const own = USWITCH_IMAGES.find(({ from, before }) => affected(version, { from, before }) === 'yes');
  return own ? versionOfTag(own.tag) : UNKNOWN_VERSION;
}

/** A values file of unknown chart is Kiam's when it has its two blocks and one of its own keys. */
function kiamValues(values: YamlMap): YamlMap | undefined {
  const inner = mapAt(values, 'kiam');
  for (const map of inner ? [inner, values] : [values]) {
    const server = mapAt(map, 'server');
    if (!server) continue;
    const own = ['sessionDuration', 'roleBaseArn', 'assumeRoleArn', 'gatewayTimeoutCreation'].some((key) => server.pairs.has(key));
    const hosts = mapAt(map, 'agent', 'host')?.pairs.has('iptables') ?? false;
    const image = textAt(map, 'server', 'image', 'repository') ?? textAt(map, 'image', 'repository') ?? '';
    if (own || hosts || /(?:^|\/)kiam$/.test(image)) return map;
  }
  return undefined;
}

/** Values that stand for flags of the process itself. The server's `gatewayTimeoutCreation` is that of its probes. */
const VALUES: Readonly<Record<KiamProcess['role'], Readonly<Record<string, string>>>> = {
  server: { sessionDuration: 'session-duration' },
  agent: { gatewayTimeoutCreation: 'gateway-timeout-creation' },
};
/** Flags that all three charts' templates write whatever the values say. */
const ALWAYS_WRITTEN: Readonly<Record<KiamProcess['role'], ReadonlySet<string>>> = {
  server: new Set(['session-duration', 'sync', 'level', 'bind', 'cert', 'key', 'ca']),
  agent: new Set(['host-interface', 'level', 'port', 'cert', 'key', 'ca', 'server-address', 'gateway-timeout-creation']),
};
/** Flags that they write when a value is set: the value, by its paths in the charts. */
const WRITTEN_IF_SET: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'role-base-arn': [['roleBaseArn']],
  'assume-role-arn': [['assumeRoleArn']],
  'json-log': [['log', 'jsonOutput'], ['logJsonOutput']],
  iptables: [['host', 'iptables'], ['iptables']],
  'prometheus-listen-addr': [
    ['prometheus', 'scrape'],
    ['metrics', 'enabled'],
  ],
};

function isWritten(map: YamlMap, role: KiamProcess['role'], flag: string): boolean {
  if (ALWAYS_WRITTEN[role].has(flag)) return true;
  return (WRITTEN_IF_SET[flag] ?? []).some((path) => !['', 'false'].includes(textAt(map, ...path) ?? ''));
}

function valueFlags(map: YamlMap, role: KiamProcess['role']): KiamFlag[] {
  return Object.entries(VALUES[role]).flatMap(([key, name]) => {
    const scalar = scalarAt(map, key);
    return scalar && !isNull(scalar) ? [chartFlag(map, [key], name, scalar, undefined)] : [];
  });
}

function extraFlags(map: YamlMap, role: KiamProcess['role']): KiamFlag[] {
  return [...(mapAt(map, 'extraArgs')?.pairs ?? [])].flatMap(([name, pair]) =>
    pair.value.kind === 'scalar' && !pair.key.unknown
      ? [{ ...chartFlag(map, ['extraArgs', name], name, pair.value, isWritten(map, role, name) ? 'chart' : undefined), nameAt: pair.key }]
      : [],
  );
}

function chartFlag(map: YamlMap, path: readonly string[], name: string, scalar: YamlScalar, repeated: KiamFlag['repeated']): KiamFlag {
  const extra = path.length === 2 ? mapAt(map, 'extraArgs') : undefined;
  return {
    name,
    nameAt: scalar,
    value: scalar.unknown
      ? { known: false, unknown: scalar.unknown, at: scalar, layers: [] }
      : {
          known: true,
          value: isNull(scalar) ? '' : scalar.text,
          at: scalar,
          layers: [{ origin: 'values', text: scalar.text, at: scalar }],
        },
    set: (text) => [{ change: 'set-scalar', scalar, text }],
    rename: (to) => (extra ? [{ change: 'rename-key', map: extra, key: name, to }] : []),
    // What stands for a flag of the template itself can't be taken away: the template has a default for it.
    remove: extra && (() => [{ change: 'remove-entry', map, path, prune: true }]),
    repeated,
  };
}

function setValue(map: YamlMap, role: KiamProcess['role'], name: string, text: string): readonly Change[] {
  const key = Object.entries(VALUES[role]).find(([, flag]) => flag === name)?.[0];
  return [{ change: 'set-entry', map, path: key ? [key] : ['extraArgs', name], value: text }];
}
