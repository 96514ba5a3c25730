import type { Verdict } from '../../src/linters/probe.ts';
import type { KubeJson } from '../cluster/api.ts';
import type { ContainerLog, PodUsage } from '../cluster/fakes.ts';

/** A cluster in an incident, or after its cure: what an API server, its kubelets and its metrics API would say. */
export interface Stage {
  /**
   * With their status, in an order in which they can be made. An ownerReference's `uid` is `Kind/name` of the owner, which stands before: put in the uid
   * that the server gave it.
   */
  readonly objects: readonly KubeJson[];
  /** What metrics.k8s.io says in one minute after the other. */
  readonly samples: readonly (readonly PodUsage[])[];
  readonly logs: readonly { readonly namespace: string; readonly pod: string; readonly container: string; readonly log: ContainerLog }[];
  readonly verdict: Verdict;
}

/** Whole seconds, as Kubernetes writes times. */
export function ago(now: Date, minutes: number): string {
  return new Date(now.getTime() - minutes * 60_000).toISOString().replace(/\.\d+Z$/, 'Z');
}
