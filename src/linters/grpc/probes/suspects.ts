import type { ContainerState, LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin, MINUTE_MS } from '../../../snapshot/times.ts';
import type { ClusterView, LiveWorkload, NotChecked } from '../../probe.ts';

/** Containers whose logs one probe asks for: a cluster has hundreds of clients, and a verdict is wanted in seconds. */
export const LOGS_AT_MOST = 6;

/** A workload whose log may tell, by one of its pods: the one that is worst off. */
export interface Suspect {
  readonly workload: LiveWorkload;
  readonly pod: PodState;
  readonly container: ContainerState;
}

/**
 * The pod of each workload that is worst off: not running before not ready, that before restarted, then by name. The same snapshot gives the same.
 * @param containers of each workload, by the container's name
 */
export function suspectsOf(view: ClusterView, containers: ReadonlyMap<LiveWorkload, string>): readonly Suspect[] {
  const suspects = [...containers].flatMap(([workload, name]): Suspect[] => {
    const all = workload.pods.flatMap((pod) => {
      const container = pod.containers.find((one) => one.name === name);
      return container && !pod.deleting ? [{ workload, pod, container }] : [];
    });
    return all.sort((a, b) => compare(view, a, b)).slice(0, 1);
  });
  return suspects.sort((a, b) => compare(view, a, b));
}

function compare(view: ClusterView, a: Suspect, b: Suspect): number {
  const byState = trouble(view, b) - trouble(view, a) || b.container.restarts - a.container.restarts;
  const key = ({ pod }: Suspect): string => `${pod.namespace}/${pod.name}`;
  return byState || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

function trouble(view: ClusterView, { container }: Suspect): number {
  if (container.state !== 'running') return 3;
  if (!container.ready) return 2;
  return container.restarts > 0 && isWithin(container.lastTermination?.finishedAt, view.now, 60 * MINUTE_MS) ? 1 : 0;
}

/** What to read of the first suspects. A run that has just begun has not said much: then the one before. */
export function logRequests(view: ClusterView, suspects: readonly Suspect[], signatures: readonly LogSignature[]): LogRequest[] {
  return suspects.slice(0, LOGS_AT_MOST).map(({ pod, container }) => ({
    namespace: pod.namespace,
    pod: pod.name,
    container: container.name,
    previous: container.state === 'running' && container.restarts > 0 && isWithin(container.startedAt, view.now, 10 * MINUTE_MS),
    signatures,
  }));
}

/** Suspects beyond the limit. What was refused is told by the probe's needs. */
export function unreadLogs(suspects: readonly Suspect[]): NotChecked[] {
  const rest = suspects.length - LOGS_AT_MOST;
  return rest <= 0 ? [] : [{ what: 'pods/log', reason: 'limit', detail: `${LOGS_AT_MOST} of ${suspects.length} workloads` }];
}
