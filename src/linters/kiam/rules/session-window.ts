import type { Change, Fix } from '../../../fixes/change.ts';
import { allDependants, type Dependant } from '../../../model/credential-dependants.ts';
import { formatDuration } from '../../../model/duration.ts';
import { durationOf, kiamProcesses } from '../../../model/kiam-process.ts';
import {
  EXPIRED_WINDOW_MS,
  harmOf,
  isRefreshTooLate,
  type KiamService,
  kiamService,
  type ServedLife,
  STORM_WINDOW_MS,
} from '../../../model/kiam-window.ts';
import type { CredentialWindow } from '../../../model/aws-credentials.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import { milder, type Related, type Report, type Rule, type Severity } from '../../rule.ts';

/**
 * Kiam from 3.0 serves one cached credential until only `--session-refresh` of its life is left (cache TTL = duration - refresh,
 * pkg/aws/sts/cache.go), 5 minutes by default. The Java SDK v1 before 1.12.187, v2 before 2.17.159 and botocore before 1.25.0 fetch anew on
 * every call while less than 15 minutes are left; so raising the duration alone leaves the storm in every cycle (17 % of calls at
 * 60m/5m). The condition is the lower end of the served life, not the duration. Simulated over 6 hours a configuration; uswitch/kiam
 * issues 41, 93, 270.
 */
export const sessionWindow: Rule = {
  id: 'kiam/session-window',
  title: { en: 'Kiam serves credentials with less than 15 minutes left', zh: 'Kiam 下发的凭证剩余有效期不足 15 分钟' },
  runbook: 'kiam/credential-refresh-storm',
  severity: 'warning',
  default: 'on',
  affects: 'Kiam, all versions',
  fixable: 'review',
  sources: ['uswitch/kiam:pkg/aws/sts/cache.go@v4.2', 'uswitch/kiam:cmd/kiam/server.go@v4.2', 'https://github.com/uswitch/kiam/issues/270'],
  messages: {
    storm: {
      en: 'Kiam hands out credentials with as little as {low} left; {sdk} fetches anew on every call below {window}. From Kiam 3.0: session-duration 60m and session-refresh 26m, together.',
      zh: 'Kiam 下发的凭证最少只剩 {low}；{sdk} 在剩余不足 {window} 时每次调用都会重新获取凭证。Kiam 3.0 起请同时设置 session-duration 60m 与 session-refresh 26m。',
    },
    expired: {
      en: 'Kiam hands out credentials with as little as {low} left; {sdk} goes on signing with them after they have ended. From Kiam 3.0: session-duration 60m and session-refresh 26m, together.',
      zh: 'Kiam 下发的凭证最少只剩 {low}；{sdk} 会在凭证过期后继续用它签名。Kiam 3.0 起请同时设置 session-duration 60m 与 session-refresh 26m。',
    },
    window: {
      en: 'Kiam hands out credentials with as little as {low} left. Older AWS SDKs fetch anew on every call below 15m, newer ones may sign with expired ones. From Kiam 3.0: session-duration 60m and session-refresh 26m, together.',
      zh: 'Kiam 下发的凭证最少只剩 {low}。旧版 AWS SDK 在不足 15m 时每次调用都重新获取，新版可能用过期凭证签名。Kiam 3.0 起请同时设置 session-duration 60m 与 session-refresh 26m。',
    },
    maybe: {
      en: 'Depending on its version (not known here), Kiam hands out credentials with as little as {low} left; older AWS SDKs fetch anew on every call below 15m.',
      zh: '视 Kiam 版本而定（此处未知），下发的凭证可能最少只剩 {low}；旧版 AWS SDK 在不足 15m 时每次调用都会重新获取。',
    },
    safe: {
      en: 'Kiam hands out credentials with as little as {low} left. The {count} workloads that depend on it here use SDKs that cope; the next one may not.',
      zh: 'Kiam 下发的凭证最少只剩 {low}。此仓库中依赖它的 {count} 个工作负载所用 SDK 都能应对，但下一个未必。',
    },
    dependant: { en: '{workload} takes its credentials from Kiam', zh: '{workload} 从 Kiam 获取凭证' },
    sdkVersion: { en: '{sdk} {version}', zh: '{sdk} {version}' },
    fixBoth: { en: 'Set session-duration 60m and session-refresh 26m', zh: '设置 session-duration 60m、session-refresh 26m' },
    fixDuration: { en: 'Set session-duration 60m', zh: '设置 session-duration 60m' },
    fixDurationUnknown: {
      en: 'Set session-duration 60m (needs Kiam 2.7 or later)',
      zh: '设置 session-duration 60m（需要 Kiam 2.7 及以上）',
    },
    fixBothUnknown: {
      en: 'Set session-duration 60m and session-refresh 26m (needs Kiam 3.0 or later)',
      zh: '设置 session-duration 60m、session-refresh 26m（需要 Kiam 3.0 及以上）',
    },
    upgrade: {
      en: 'Kiam up to 2.6 has no flag for this: credentials always live 15m. Upgrade to 3.0 or later, then set both flags.',
      zh: 'Kiam 2.6 及更早版本没有对应参数，凭证有效期固定 15m。请升级到 3.0 及以上，再设置这两个参数。',
    },
  },
  check({ unit, repository, report }) {
    for (const process of kiamProcesses(unit)) {
      const service = process.role === 'server' ? kiamService(process, repository) : undefined;
      const found = service && describe(service, unit, repository);
      if (found) report(found);
    }
  },
};

function describe(service: KiamService, unit: Unit, repository: Repository): Report | undefined {
  // A refresh that isn't below the duration is another fault with its own rule.
  if (isRefreshTooLate(service)) return undefined;
  const short = service.lives.filter((life) => life.lowMs < STORM_WINDOW_MS);
  const [worstLife] = short.toSorted((a, b) => a.lowMs - b.lowMs);
  if (!worstLife) return undefined;
  const low = formatDuration(worstLife.lowMs);
  const dependants = allDependants(repository);
  const worst = worstSdk(dependants, unit, worstLife);
  const related: Related[] = worst
    ? [
        { at: worst.dependant.annotation, messageId: 'dependant', data: { workload: worst.dependant.name } },
        { at: worst.window.at, messageId: 'sdkVersion', data: { sdk: worst.window.sdk, version: worst.window.version } },
      ]
    : [];
  const { server } = service;
  const flag = durationOf(server, 'session-refresh').flag ?? durationOf(server, 'session-duration').flag;
  const base = { at: flag?.value?.at ?? server.at, related, ...repair(service) };
  if (short.length < service.lives.length)
    return { ...base, messageId: 'maybe', data: { low }, severity: worst?.severity === 'error' ? 'warning' : milder('warning') };
  if (worst) {
    const sdk = `${worst.window.sdk} ${worst.window.version}`;
    const window = worst.window.behaviour === 'short-window' ? '5m' : '15m';
    return { ...base, messageId: worst.harm, data: { low, sdk, window }, severity: worst.severity };
  }
  const copes = (dependant: Dependant): boolean =>
    dependant.resolved && dependant.sdks.every(({ window }) => harmOf(window.behaviour, worstLife) === 'none');
  if (dependants.length > 0 && dependants.every(copes))
    return { ...base, messageId: 'safe', data: { low, count: dependants.length }, severity: 'information' };
  return { ...base, messageId: 'window', data: { low } };
}

interface WorstSdk {
  readonly dependant: Dependant;
  readonly window: CredentialWindow;
  readonly harm: 'storm' | 'expired';
  readonly severity: Severity;
}

/** The SDK that suffers most: an error inside the unit, a warning when it stands elsewhere in the repository or is joined weakly. */
function worstSdk(dependants: readonly Dependant[], unit: Unit, life: ServedLife): WorstSdk | undefined {
  let worst: WorstSdk | undefined;
  for (const dependant of dependants) {
    for (const { window, join } of dependant.sdks) {
      const harm = harmOf(window.behaviour, life);
      if (!window.certain || (harm !== 'storm' && harm !== 'expired')) continue;
      const grave = harm === 'storm' || life.lowMs < EXPIRED_WINDOW_MS;
      const severity: Severity = grave && dependant.unit === unit && join === 'strong' ? 'error' : 'warning';
      if (!worst || (severity === 'error' && worst.severity !== 'error')) worst = { dependant, window, harm, severity };
    }
  }
  return worst;
}

function repair({ server, lives, durationMs }: KiamService): Pick<Report, 'fixes' | 'snippet'> {
  const generations = lives.map(({ generation }) => generation);
  const certain = generations.length === 1;
  if (generations[0] === '2.6') {
    return {
      snippet: {
        reasonId: 'upgrade',
        data: {},
        language: 'yaml',
        text: 'image: quay.io/uswitch/kiam:v4.2\nargs:\n  - --session-duration=60m\n  - --session-refresh=26m\n',
      },
    };
  }
  const set = server.setFlag;
  if (!set) return {};
  const changes: Change[] = durationMs === 60 * 60_000 ? [] : [...set('session-duration', '60m')];
  if (!generations.includes('3.0')) {
    const titleId = certain ? 'fixDuration' : 'fixDurationUnknown';
    return { fixes: [{ id: 'raise-duration', titleId, data: {}, safety: 'review', changes }] };
  }
  changes.push(...set('session-refresh', '26m'));
  const fix: Fix = { id: 'raise-both', titleId: certain ? 'fixBoth' : 'fixBothUnknown', data: {}, safety: 'review', changes };
  return { fixes: [fix] };
}
