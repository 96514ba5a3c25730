import type { Change, Fix } from '../../../fixes/change.ts';
import { formatDuration } from '../../../model/duration.ts';
import { EXPIRED_WINDOW_MS, generationsOf, STORM_WINDOW_MS, servedLives } from '../../../model/kiam-window.ts';
import type { Repository, Unit } from '../../../model/unit.ts';
import { isVersionKnown } from '../../../model/version.ts';
import { milder, type Related, type Report, type Rule, type Severity } from '../../rule.ts';
import { type Dependant, dependantsOf } from '../dependants.ts';
import { durationOf, type KiamProcess, kiamServers } from '../facts.ts';

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
      en: 'Kiam hands out credentials with as little as {low} left; {sdk} fetches anew on every call below 15m. Raise session-duration and session-refresh together (60m, 26m).',
      zh: 'Kiam 下发的凭证最少只剩 {low}；{sdk} 在剩余不足 15m 时每次调用都会重新获取凭证。请同时调大 session-duration 与 session-refresh（60m、26m）。',
    },
    expired: {
      en: 'Kiam hands out credentials with as little as {low} left; {sdk} goes on signing with them after they have ended. Raise session-duration and session-refresh together (60m, 26m).',
      zh: 'Kiam 下发的凭证最少只剩 {low}；{sdk} 会在凭证过期后继续用它签名。请同时调大 session-duration 与 session-refresh（60m、26m）。',
    },
    window: {
      en: 'Kiam hands out credentials with as little as {low} left. Older AWS SDKs fetch anew on every call below 15m, newer ones may sign with expired ones. Raise session-duration and session-refresh together (60m, 26m).',
      zh: 'Kiam 下发的凭证最少只剩 {low}。旧版 AWS SDK 在不足 15m 时每次调用都重新获取，新版可能用过期凭证签名。请同时调大 session-duration 与 session-refresh（60m、26m）。',
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
    fixBothUnknown: {
      en: 'Set session-duration 60m and session-refresh 26m (needs Kiam 3.0 or later)',
      zh: '设置 session-duration 60m、session-refresh 26m（需要 Kiam 3.0 及以上）',
    },
    fixDuration: { en: 'Set session-duration 60m', zh: '设置 session-duration 60m' },
    upgrade: {
      en: 'Kiam up to 2.6 has no flag for this: credentials always live 15m. Upgrade to 3.0 or later, then set both flags.',
      zh: 'Kiam 2.6 及更早版本没有对应参数，凭证有效期固定 15m。请升级到 3.0 及以上，再设置这两个参数。',
    },
  },
  check(context) {
    for (const server of kiamServers(context.unit)) {
      const found = judge(server);
      if (found) context.report(describe(server, found, context.unit, context.repository));
    }
  },
};

interface Judged {
  readonly lowMs: number;
  readonly certain: boolean;
}

function judge(server: KiamProcess): Judged | undefined {
  const { durationMs } = durationOf(server, 'session-duration');
  const { durationMs: refreshMs } = durationOf(server, 'session-refresh');
  if (durationMs === undefined || refreshMs === undefined) return undefined;
  // A refresh that isn't below the duration is another fault with its own rule.
  const generations = generationsOf(server.version);
  if (generations.includes('3.0') && refreshMs >= durationMs) return undefined;
  const lives = servedLives(server.version, durationMs, refreshMs);
  const bad = lives.filter((life) => life.lowMs < STORM_WINDOW_MS);
  if (bad.length === 0) return undefined;
  return { lowMs: Math.max(0, Math.min(...bad.map((life) => life.lowMs))), certain: bad.length === lives.length };
}

function describe(server: KiamProcess, { lowMs, certain }: Judged, unit: Unit, repository: Repository): Report {
  const low = formatDuration(lowMs);
  const own = dependantsOf(unit);
  const all = repository.units.flatMap((other) => (other === unit ? own : dependantsOf(other)));
  const worst = worstDependant(all, unit, lowMs);
  const related: Related[] = worst
    ? [
        { at: worst.dependant.annotation, messageId: 'dependant', data: { workload: worst.dependant.name } },
        { at: worst.window.at, messageId: 'sdkVersion', data: { sdk: worst.window.sdk, version: worst.window.version } },
      ]
    : [];
  const flag = durationOf(server, 'session-refresh').flag ?? durationOf(server, 'session-duration').flag;
  const at = flag?.value?.at ?? server.at;
  const base = { at, related, ...repair(server) };
  if (!certain)
    return { ...base, messageId: 'maybe', data: { low }, severity: worst?.severity === 'error' ? 'warning' : milder('warning') };
  if (worst) {
    const id = worst.window.behaviour === 'extends' || worst.window.behaviour === 'raised-wait' ? 'expired' : 'storm';
    return { ...base, messageId: id, data: { low, sdk: `${worst.window.sdk} ${worst.window.version}` }, severity: worst.severity };
  }
  if (all.length > 0 && all.every((dependant) => dependant.resolved)) {
    return { ...base, messageId: 'safe', data: { low, count: all.length }, severity: 'information' };
  }
  return { ...base, messageId: 'window', data: { low } };
}

/** The dependant that suffers most: an error inside the unit, a warning when it stands elsewhere in the repository or is joined weakly. */
function worstDependant(
  dependants: readonly Dependant[],
  unit: Unit,
  lowMs: number,
): { dependant: Dependant; window: Dependant['windows'][number]; severity: Severity } | undefined {
  let best: { dependant: Dependant; window: Dependant['windows'][number]; severity: Severity } | undefined;
  for (const dependant of dependants) {
    for (const window of dependant.windows) {
      const hurt =
        window.behaviour === 'storm' ||
        (lowMs < EXPIRED_WINDOW_MS && (window.behaviour === 'extends' || window.behaviour === 'raised-wait'));
      const grazed = window.behaviour === 'extends' && lowMs >= EXPIRED_WINDOW_MS;
      if ((!hurt && !grazed) || !window.certain) continue;
      const severity: Severity = hurt && dependant.unit === unit && dependant.join === 'strong' ? 'error' : 'warning';
      if (!best || (severity === 'error' && best.severity !== 'error')) best = { dependant, window, severity };
    }
  }
  return best;
}

function repair(server: KiamProcess): Pick<Report, 'fixes' | 'snippet'> {
  const generations = generationsOf(server.version);
  if (generations.length === 1 && generations[0] === '2.6') {
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
  const duration = durationOf(server, 'session-duration');
  const changes: Change[] = duration.durationMs === 60 * 60_000 ? [] : [...set('session-duration', '60m')];
  if (generations.length === 1 && generations[0] === '2.7') {
    return { fixes: [{ id: 'raise-duration', titleId: 'fixDuration', data: {}, safety: 'review', changes }] };
  }
  changes.push(...set('session-refresh', '26m'));
  const fix: Fix = {
    id: 'raise-both',
    titleId: isVersionKnown(server.version) ? 'fixBoth' : 'fixBothUnknown',
    data: {},
    safety: 'review',
    changes,
  };
  return { fixes: [fix] };
}
