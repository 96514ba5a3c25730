import type { Change, Fix } from '../../../fixes/change.ts';
import { formatDuration } from '../../../model/duration.ts';
import { durationOf, kiamProcesses } from '../../../model/kiam-process.ts';
import { isRefreshTooLate, type KiamService, kiamService } from '../../../model/kiam-window.ts';
import type { Report, Rule } from '../../rule.ts';

const MINUTE_MS = 60_000;

/**
 * From 3.0 Kiam's cache keeps an answer for duration minus refresh (pkg/aws/sts/cache.go). The cache library takes a time of zero or less
 * as "never ends" (patrickmn/go-cache, cache.go: `Set` with d == 0 uses the default, which `New(0, …)` makes -1; d <= 0 stores without
 * end), so a refresh that isn't below the duration makes Kiam hand out one credential for ever: from its end on every call of every pod
 * fails with ExpiredToken. Raising only `--session-refresh` to 15m, with the duration at its default of 15m, does exactly this.
 */
export const refreshNotBelowDuration: Rule = {
  id: 'kiam/refresh-not-below-duration',
  title: {
    en: 'Kiam’s session-refresh is not below session-duration',
    zh: 'Kiam 的 session-refresh 没有小于 session-duration',
  },
  runbook: 'kiam/credential-refresh-storm',
  severity: 'error',
  default: 'on',
  affects: 'Kiam 3.0 and later',
  fixable: 'review',
  sources: ['uswitch/kiam:pkg/aws/sts/cache.go@v4.2', 'patrickmn/go-cache:cache.go@v2.1.0'],
  messages: {
    forever: {
      en: 'session-refresh {refresh} is not below session-duration {duration}: Kiam caches the first credentials for ever, and after {duration} every pod signs with expired ones. Set session-duration 60m.',
      zh: 'session-refresh {refresh} 没有小于 session-duration {duration}：Kiam 会永久缓存第一份凭证，{duration} 之后所有 Pod 都在用过期凭证签名。请把 session-duration 设为 60m。',
    },
    foreverMaybe: {
      en: 'On Kiam 3.0 and later (the version isn’t known here) session-refresh {refresh}, not below session-duration {duration}, caches the first credentials for ever: after {duration} every pod signs with expired ones.',
      zh: '在 Kiam 3.0 及以上（此处版本未知），session-refresh {refresh} 没有小于 session-duration {duration}，第一份凭证会被永久缓存：{duration} 之后所有 Pod 都在用过期凭证签名。',
    },
    late: {
      en: 'Between session-refresh {refresh} and session-duration {duration} Kiam’s cache keeps an answer for {gap} only, no longer than its cleaner’s round of 1m: every role goes to STS again about every minute, and pods wait for it. Set session-duration 60m.',
      zh: 'session-refresh {refresh} 与 session-duration {duration} 之间只剩 {gap} 的缓存时间，不超过缓存清理周期 1m：每个角色几乎每分钟都要重新请求 STS，Pod 只能等待。请把 session-duration 设为 60m。',
    },
    lateMaybe: {
      en: 'On Kiam 3.0 and later (the version isn’t known here) the cache keeps an answer for {gap} only, between session-refresh {refresh} and session-duration {duration}: every role goes to STS again about every minute.',
      zh: '在 Kiam 3.0 及以上（此处版本未知），session-refresh {refresh} 与 session-duration {duration} 之间只剩 {gap} 的缓存时间：每个角色几乎每分钟都要重新请求 STS。',
    },
    duration: { en: 'session-duration {duration}', zh: 'session-duration {duration}' },
    fixDuration: { en: 'Set session-duration 60m', zh: '设置 session-duration 60m' },
    fixBoth: { en: 'Set session-duration 60m and session-refresh 26m', zh: '设置 session-duration 60m、session-refresh 26m' },
  },
  check({ unit, repository, report }) {
    for (const process of kiamProcesses(unit)) {
      const service = process.role === 'server' ? kiamService(process, repository) : undefined;
      if (service && isRefreshTooLate(service)) report(describe(service));
    }
  },
};

function describe(service: KiamService): Report {
  const { server, durationMs, refreshMs, lives } = service;
  const refreshFlag = durationOf(server, 'session-refresh').flag;
  const durationFlag = durationOf(server, 'session-duration').flag;
  const forever = refreshMs >= durationMs;
  const certain = lives.length === 1;
  const duration = formatDuration(durationMs);
  const data = { refresh: formatDuration(refreshMs), duration, gap: formatDuration(Math.max(0, durationMs - refreshMs)) };
  const durationAt = durationFlag?.value?.at;
  return {
    messageId: forever ? (certain ? 'forever' : 'foreverMaybe') : certain ? 'late' : 'lateMaybe',
    data,
    at: refreshFlag?.value?.at ?? durationAt ?? server.at,
    severity: forever ? (certain ? 'error' : 'warning') : certain ? 'warning' : 'information',
    related: refreshFlag && durationAt ? [{ at: durationAt, messageId: 'duration', data: { duration } }] : [],
    fixes: repair(service),
  };
}

/** A refresh of 15 to 45 minutes is good as it is below a duration of 60m; any other is put right with it. */
function repair({ server, durationMs, refreshMs }: KiamService): Fix[] {
  const set = server.setFlag;
  if (!set) return [];
  const changes: Change[] = durationMs === 60 * MINUTE_MS ? [] : [...set('session-duration', '60m')];
  if (refreshMs >= 15 * MINUTE_MS && refreshMs <= 45 * MINUTE_MS)
    return [{ id: 'raise-duration', titleId: 'fixDuration', data: {}, safety: 'review', changes }];
  return [{ id: 'set-both', titleId: 'fixBoth', data: {}, safety: 'review', changes: [...changes, ...set('session-refresh', '26m')] }];
}
