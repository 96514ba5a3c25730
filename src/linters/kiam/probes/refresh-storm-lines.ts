import { type FoundLine, linesOf } from '../../../snapshot/log-matches.ts';
import type { EventState, LogRequest, LogSignature } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import type { ClusterView } from '../../probe.ts';
import { type KiamWorkload, type LiveDependant, mainContainer, runtimeOf } from '../live-kiam.ts';

/** What AWS answers to a key that has ended, and what botocore says when it believes in one longer than it lives (botocore/utils.py@1.25.0: _evaluate_expiration). */
const EXPIRED: LogSignature = {
  id: 'kiam/expired-token',
  pattern: /\bExpiredToken(?:Exception)?\b|security token included in the request is expired|Attempting credential expiration extension/,
};
/** STS refuses for the rate (pkg/aws/sts/cache.go: errors of Issue; pkg/prefetch/manager.go). The code is masked in some lines, the words stay. */
const THROTTLED: LogSignature = {
  id: 'kiam/sts-throttled',
  pattern:
    /(?:error requesting credentials|error warming credentials|error retrieving credentials|error fetching updated credentials).{0,200}?(?:Throttling|RateExceeded|Rate exceeded|RequestLimitExceeded)/,
};
const THROTTLED_MESSAGE = /Throttling|Rate ?exceeded|RequestLimitExceeded/i;

const LOGS_AT_MOST = 6;
const SERVERS_AT_MOST = 2;

/** Two pods of servers, and one pod each of a few dependants; those first whose runtime has an SDK that suffers. */
export function refreshStormLogs(servers: readonly KiamWorkload[], dependants: readonly LiveDependant[]): LogRequest[] {
  const ofServers = servers
    .flatMap(({ pods }) => pods)
    .sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1))
    .slice(0, SERVERS_AT_MOST)
    .map(({ pod, container }) => request(pod.namespace, pod.name, container.name, THROTTLED));
  const ofDependants = [...dependants]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap(({ pods }) => {
      const [pod] = [...pods].sort((a, b) => (a.name < b.name ? -1 : 1));
      const container = pod && mainContainer(pod);
      return pod && container ? [request(pod.namespace, pod.name, container.name, EXPIRED)] : [];
    });
  return [...ofServers, ...ofDependants].slice(0, LOGS_AT_MOST);
}

function request(namespace: string, pod: string, container: string, signature: LogSignature): LogRequest {
  return { namespace, pod, container, previous: false, signatures: [signature] };
}

function rank({ pods }: LiveDependant): number {
  const container = pods[0] && mainContainer(pods[0]);
  const runtime = container && runtimeOf(container);
  return runtime === 'Java' || runtime === 'Python' ? 0 : runtime === undefined ? 1 : 2;
}

export function expiredLines(view: ClusterView, dependants: readonly LiveDependant[], windowMs: number): FoundLine[] {
  return dependants
    .flatMap(({ pods }) => pods.flatMap((pod) => pod.containers.flatMap(({ name }) => linesOf(view.snapshot, pod, name, EXPIRED.id))))
    .filter(({ at }) => isWithin(at, view.now, windowMs));
}

export function throttledLines(view: ClusterView, { pods }: KiamWorkload, windowMs: number): FoundLine[] {
  return pods
    .flatMap(({ pod, container }) => linesOf(view.snapshot, pod, container.name, THROTTLED.id))
    .filter(({ at }) => isWithin(at, view.now, windowMs));
}

/** Kiam's own events on pods that it could not serve because STS refused for the rate. */
export function throttledEvents(view: ClusterView, windowMs: number): EventState[] {
  return view.snapshot.events.filter(
    ({ reason, message, lastAt }) =>
      reason === 'KiamCredentialError' && THROTTLED_MESSAGE.test(message ?? '') && isWithin(lastAt, view.now, windowMs),
  );
}
