import kiamFlags from '../../../../data/kiam-flags.json' with { type: 'json' };
import type { Change, Fix } from '../../../fixes/change.ts';
import { type KiamFlag, type KiamProcess, kiamProcesses, kiamVersion } from '../../../model/kiam-process.ts';
import { affected, type VersionRange } from '../../../model/version.ts';
import { textAt, type YamlMap } from '../../../text/yaml.ts';
import type { Report, Rule } from '../../rule.ts';

/**
 * Kiam reads its command line with kingpin, which ends the process at a flag that it doesn't know ("unknown long flag") and at one
 * that is given twice ("flag 'x' cannot be repeated"). Flags came and went: `--session-refresh` with 3.0, `--region` with 3.2, and 4.0
 * renamed two and dropped StatsD (docs/UPGRADING.md). The charts write some flags themselves, so the same one in `extraArgs` is
 * given twice. The table is read from the flags that each release's cmd/ declares.
 */
export const flagNotInVersion: Rule = {
  id: 'kiam/flag-not-in-version',
  title: { en: 'Kiam stops at a flag that its version does not take', zh: 'Kiam 因参数与版本不符而退出' },
  runbook: 'kiam/pods-without-credentials',
  severity: 'error',
  default: 'on',
  affects: 'Kiam, by version',
  fixable: 'safe',
  sources: ['uswitch/kiam:cmd/kiam@v4.2', 'uswitch/kiam:docs/UPGRADING.md', 'alecthomas/kingpin:app.go@v2'],
  messages: {
    notYet: {
      en: 'Kiam {version} does not know --{flag} and stops at start: the flag came with {since}.',
      zh: 'Kiam {version} 不认识 --{flag}，启动即退出：该参数从 {since} 开始支持。',
    },
    gone: {
      en: 'Kiam {version} no longer knows --{flag} and stops at start: {since} took the flag away.',
      zh: 'Kiam {version} 已不再支持 --{flag}，启动即退出：该参数在 {since} 中移除。',
    },
    renamed: {
      en: 'Kiam {version} does not know --{flag} and stops at start: there the flag is called --{name}.',
      zh: 'Kiam {version} 不认识 --{flag}，启动即退出：该版本中它叫 --{name}。',
    },
    repeated: {
      en: '--{flag} is given twice: Kiam stops at start ("flag \'{flag}\' cannot be repeated").',
      zh: "--{flag} 写了两次：Kiam 启动即退出（“flag '{flag}' cannot be repeated”）。",
    },
    repeatedByChart: {
      en: 'The chart passes --{flag} itself; with this one Kiam gets it twice and stops at start ("flag \'{flag}\' cannot be repeated").',
      zh: "chart 自己已经传了 --{flag}；加上这一处就是两次，Kiam 启动即退出（“flag '{flag}' cannot be repeated”）。",
    },
    dead: {
      en: 'From Kiam 3.0 --server-address-refresh does nothing but log an error at start. Remove it.',
      zh: '从 Kiam 3.0 起 --server-address-refresh 不再起作用，只会在启动时记录一条错误日志。请删除。',
    },
    first: { en: 'Given here first', zh: '第一次写在这里' },
    rename: { en: 'Call it --{name}', zh: '改为 --{name}' },
    remove: { en: 'Remove --{flag}', zh: '删除 --{flag}' },
    useValue: { en: 'Use the chart’s value {value} instead', zh: '改用 chart 的值 {value}' },
    upgrade: {
      en: 'Nothing in Kiam {version} does this. Upgrade Kiam to {since} or later, or take the setting out of the values.',
      zh: 'Kiam {version} 没有对应功能。请把 Kiam 升级到 {since} 及以上，或从 values 中去掉该设置。',
    },
  },
  check({ unit, repository, report }) {
    for (const process of kiamProcesses(unit)) {
      const version = kiamVersion(process, repository.assume(process.at.file.path));
      for (const flag of process.flags) {
        const found = flag.repeated ? repeated(process, flag) : judge(process, flag, version);
        if (found) report(found);
      }
    }
  },
};

interface FlagVersions {
  readonly from?: string;
  readonly before?: string;
}

const VERSIONS: ReadonlyMap<string, FlagVersions> = new Map<string, FlagVersions>(Object.entries(kiamFlags.flags));
/** One flag under two names (docs/UPGRADING.md); both take a Go duration, also the one that ends in `-ms`. */
const OTHER_NAME: ReadonlyMap<string, string> = new Map(
  [
    ['whitelist-route-regexp', 'allow-route-regexp'],
    ['grpc-keepalive-time-ms', 'grpc-keepalive-time-duration'],
    ['grpc-keepalive-timeout-ms', 'grpc-keepalive-timeout-duration'],
  ].flatMap(([old = '', now = '']) => [
    [old, now],
    [now, old],
  ]),
);

function judge(process: KiamProcess, flag: KiamFlag, version: VersionRange): Report | undefined {
  const { name } = flag;
  if (name === 'server-address-refresh' && affected(version, { from: '3.0' }) === 'yes') return dead(process, flag);
  const positive = name.replace(/^no-/, '');
  const versions = VERSIONS.get(positive);
  if (!versions || affected(version, versions) !== 'no') return undefined;
  const data = { flag: name, version: version.text };
  const other = OTHER_NAME.get(positive);
  const otherVersions = other === undefined ? undefined : VERSIONS.get(other);
  if (other !== undefined && otherVersions && affected(version, otherVersions) === 'yes') {
    const rename: Fix = { id: 'rename', titleId: 'rename', data: { name: other }, safety: 'safe', changes: flag.rename(other) };
    return { messageId: 'renamed', data: { ...data, name: other }, at: flag.nameAt, fixes: [rename] };
  }
  const early = versions.from !== undefined && affected(version, { before: versions.from }) === 'yes';
  const since = (early ? versions.from : versions.before) ?? '';
  const fixes = removal(flag, 'review');
  const text = `image:\n  tag: v${since}\n`;
  const upgrade = { reasonId: 'upgrade', data: { version: version.text, since }, language: 'yaml', text };
  return {
    messageId: early ? 'notYet' : 'gone',
    data: { ...data, since },
    at: flag.nameAt,
    fixes,
    ...(early && fixes.length === 0 ? { snippet: upgrade } : {}),
  };
}

/** None where the flag stands for a value of the chart, or shares a word with others. */
function removal(flag: KiamFlag, safety: Fix['safety']): Fix[] {
  const changes = flag.remove?.() ?? [];
  return changes.length > 0 ? [{ id: 'remove', titleId: 'remove', data: { flag: flag.name }, safety, changes }] : [];
}

/** The charts write it into their probes, where nobody can take it out; what is judged here was written by hand. */
function dead(process: KiamProcess, flag: KiamFlag): Report | undefined {
  if (process.role !== 'agent') return undefined;
  return { messageId: 'dead', at: flag.nameAt, severity: 'hint', tags: ['unnecessary'], fixes: removal(flag, 'safe') };
}

function repeated(process: KiamProcess, flag: KiamFlag): Report {
  const data = { flag: flag.name };
  if (flag.repeated === 'chart') return { messageId: 'repeatedByChart', data, at: flag.nameAt, fixes: toChartValue(process, flag) };
  const first = process.flags.find((one) => one.name === flag.name);
  return {
    messageId: 'repeated',
    data,
    at: flag.nameAt,
    related: first ? [{ at: first.nameAt, messageId: 'first' }] : [],
    // Of two different values nobody can say which one was meant: removing the later is only an offer.
    fixes: removal(flag, sameValue(first?.value, flag.value) ? 'safe' : 'review'),
  };
}

/** Whether both surely say the same, or are switches. */
function sameValue(first: KiamFlag['value'], second: KiamFlag['value']): boolean {
  if (!first || !second) return first === second;
  return first.known && second.known && first.value === second.value;
}

/** The values by which the charts' templates write these flags; bitnami's chart calls two of them otherwise. */
const CHART_VALUES: Readonly<Record<string, { readonly usual: readonly string[]; readonly bitnami: readonly string[] }>> = {
  'session-duration': { usual: ['sessionDuration'], bitnami: ['sessionDuration'] },
  'role-base-arn': { usual: ['roleBaseArn'], bitnami: ['roleBaseArn'] },
  'assume-role-arn': { usual: ['assumeRoleArn'], bitnami: ['assumeRoleArn'] },
  'gateway-timeout-creation': { usual: ['gatewayTimeoutCreation'], bitnami: ['gatewayTimeoutCreation'] },
  sync: { usual: ['cache', 'syncInterval'], bitnami: ['cacheSyncInterval'] },
  level: { usual: ['log', 'level'], bitnami: ['logLevel'] },
};

function toChartValue({ block, role }: KiamProcess, flag: KiamFlag): Fix[] {
  const paths = CHART_VALUES[flag.name];
  const layout = block && layoutOf(block);
  const path = paths && (paths.usual.join() === paths.bitnami.join() || layout === 'usual' ? paths.usual : layout && paths.bitnami);
  // Where the chart's own value is set already, that one holds.
  if (!block || !path || !flag.value?.known || textAt(block, ...path) !== undefined) return removal(flag, 'review');
  const to: Change = { change: 'set-entry', map: block, path, value: flag.value.value };
  return removal(flag, 'review').map(({ changes }) => ({
    id: 'use-chart-value',
    titleId: 'useValue',
    data: { value: `${role}.${path.join('.')}` },
    safety: 'review',
    changes: [...changes, to],
  }));
}

/** Whose chart the values are for, by keys that only one of them has. */
function layoutOf(block: YamlMap): 'usual' | 'bitnami' | undefined {
  const has = (...keys: readonly string[]): boolean => keys.some((key) => block.pairs.has(key));
  if (has('cacheSyncInterval', 'logLevel', 'logJsonOutput', 'containerPort', 'resourceType', 'metrics', 'hostInterface')) return 'bitnami';
  return has('cache', 'log', 'prometheus', 'probes', 'host', 'image') ? 'usual' : undefined;
}
