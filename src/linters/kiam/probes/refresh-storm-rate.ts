import { MINUTE_MS, runningSince } from '../../../snapshot/times.ts';
import type { ClusterView, Evidence } from '../../probe.ts';
import type { KiamWorkload, LiveDependant } from '../live-kiam.ts';
import { metricsAnswers } from '../live-metrics.ts';

/** Younger counters say nothing: a start fetches once for every pod. */
const YOUNGEST_MS = 10 * MINUTE_MS;

export interface FetchRate {
  /** At least so many fetches a second for each dependant, on average since the start. */
  readonly perSecond: number;
  readonly evidence: Evidence;
}

/**
 * The mean rate at which one agent hands out credentials, or one server is asked for them, for each dependant. A Service's proxy doesn't tell which pod
 * answered, so it is divided by what makes it smallest: the age of the oldest, and the most dependants that one node has (for a server, all of them).
 */
export function fetchRates(view: ClusterView, workload: KiamWorkload, dependants: readonly LiveDependant[]): FetchRate[] {
  const since = workload.pods.map(({ container }) => runningSince(container) ?? Number.NaN);
  const ageMs = view.now - Math.min(...since);
  const all = dependants.flatMap(({ pods }) => pods);
  const nodes = new Set(workload.pods.map(({ pod }) => pod.node));
  const onNode = [...nodes].map((node) => all.filter((pod) => pod.node === node).length);
  const most = workload.role === 'agent' ? Math.max(0, ...onNode) : all.length;
  // Without an age of each one nobody knows what the count is of.
  if (!(ageMs >= YOUNGEST_MS) || since.some(Number.isNaN) || most === 0) return [];
  return metricsAnswers(view, workload).flatMap(({ values, service }): FetchRate[] => {
    const count = workload.role === 'agent' ? values.fetches : values.hits;
    if (typeof count !== 'number') return [];
    const perSecond = count / (ageMs / 1000) / most;
    return [
      {
        perSecond,
        evidence: {
          source: 'metrics',
          object: { kind: 'Service', namespace: workload.object.namespace, name: service.replace(/:\d+$/, '') },
          pointer: '',
          value: `${count} in at most ${Math.round(ageMs / MINUTE_MS)} min`,
          time: view.snapshot.takenAt,
          explains: {
            messageId: workload.role === 'agent' ? 'rate-agent' : 'rate-server',
            data: { rate: perSecond.toFixed(3), count: most },
          },
        },
      },
    ];
  });
}
