import type { ContainerState, PodState } from './snapshot.ts';

/** How the restarts of a workload are spread over its pods. */
export interface RestartSpread {
  readonly total: number;
  /** The pod with most of them; missing when there is none. */
  readonly worst?: { readonly pod: PodState; readonly container: ContainerState; readonly restarts: number };
  /** The worst pod's share of all restarts, 0 to 1; 0 without restarts. With one pod it is always 1: look at `pods`. */
  readonly concentration: number;
  readonly pods: number;
}

/**
 * Restarts since the pods were made: a count without times, so it says nothing of when. Pods of an older ReplicaSet count as well.
 * @param name of the container; all containers of a pod together without it
 */
export function restartSpread(pods: readonly PodState[], name?: string): RestartSpread {
  let total = 0;
  let worst: RestartSpread['worst'];
  let highest = 0;
  for (const pod of pods) {
    const own = pod.containers.filter((container) => name === undefined || container.name === name);
    const ofPod = own.reduce((sum, container) => sum + container.restarts, 0);
    total += ofPod;
    if (ofPod <= highest) continue;
    const container = own.reduce((most, one) => (one.restarts > most.restarts ? one : most));
    highest = ofPod;
    worst = { pod, container, restarts: ofPod };
  }
  return { total, ...(worst ? { worst } : {}), concentration: total === 0 ? 0 : highest / total, pods: pods.length };
}
