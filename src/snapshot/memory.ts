import { oncePer } from '../text/once.ts';
import type { ContainerState, ContainerUsage, PodState, Snapshot, Termination, UsageSample } from './snapshot.ts';
import { ageMs } from './times.ts';

/** A container that the kernel killed for memory. The API keeps the last end of a container only, so there is at most one each. */
export interface OomKill {
  readonly pod: PodState;
  readonly container: ContainerState;
  readonly termination: Termination;
  /** When it ended, RFC 3339. Missing: the status does not say, so nobody can call it recent. */
  readonly at?: string;
  /** Ended within the window that was asked for. */
  readonly recent: boolean;
  /** RFC 6901 to the reason in the pod; empty when the place of the container's status isn't known. */
  readonly pointer: string;
}

/**
 * The last OOM kill of a pod's container, recent or not. Only the reason `OOMKilled` counts: exit code 137 alone is any SIGKILL, such as that of a
 * liveness probe. Where the kernel kills single processes (cgroup v1, kubelet before 1.28, `singleProcessOOMKill`), a worker dies without it.
 * @param now milliseconds since 1970
 * @param windowMs how old it may be to be recent
 */
export function oomKill(pod: PodState, container: ContainerState, now: number, windowMs: number): OomKill | undefined {
  const ends: readonly (readonly [Termination | undefined, string])[] = [
    [container.termination, 'state'],
    [container.lastTermination, 'lastState'],
  ];
  for (const [termination, field] of ends) {
    if (termination?.reason !== 'OOMKilled') continue;
    const { finishedAt } = termination;
    const age = ageMs(finishedAt, now);
    return {
      pod,
      container,
      termination,
      ...(finishedAt === undefined ? {} : { at: finishedAt }),
      recent: age !== undefined && age <= windowMs,
      pointer: container.statusAt === undefined ? '' : `${container.statusAt}/${field}/terminated/reason`,
    };
  }
  return undefined;
}

/**
 * The OOM kills of pods' containers, the latest first.
 * @param name of the container; all containers without it
 */
export function oomKills(pods: readonly PodState[], name: string | undefined, now: number, windowMs: number): OomKill[] {
  return pods
    .flatMap((pod) =>
      pod.containers
        .filter((container) => name === undefined || container.name === name)
        .flatMap((container) => oomKill(pod, container, now, windowMs) ?? []),
    )
    .sort((a, b) => (Date.parse(b.at ?? '') || 0) - (Date.parse(a.at ?? '') || 0));
}

export interface WorkingSet {
  readonly memoryMiB: number;
  /** Of the sample, RFC 3339. */
  readonly at: string;
}

/** The working set of a container in the newest sample that has it. Without metrics `undefined`. */
export function workingSet(snapshot: Snapshot, pod: PodState, container: string): WorkingSet | undefined {
  return workingSets(snapshot, pod, container).at(-1);
}

/** All samples of a container, oldest first: more than one only with `--observe`. */
export function workingSets(snapshot: Snapshot, pod: PodState, container: string): WorkingSet[] {
  const key = usageKey(pod.namespace, pod.name, container);
  return snapshot.usage.flatMap((sample) => {
    const own = byContainer(sample).get(key);
    return own ? [{ memoryMiB: own.memoryMiB, at: sample.at }] : [];
  });
}

/** Each of ten thousand pods looks itself up. */
const byContainer = oncePer(
  ({ containers }: UsageSample): ReadonlyMap<string, ContainerUsage> =>
    new Map(containers.map((one) => [usageKey(one.namespace, one.pod, one.container), one])),
);

function usageKey(namespace: string, pod: string, container: string): string {
  return `${namespace}/${pod}/${container}`;
}

/** How much of its memory limit a container uses. */
export interface LimitUse extends WorkingSet {
  readonly pod: PodState;
  readonly container: ContainerState;
  readonly limitMiB: number;
  /** Working set / limit. */
  readonly share: number;
}

/** How much of its limit each pod's container uses, the fullest first; those without a limit or a sample are left out. */
export function limitUses(snapshot: Snapshot, pods: readonly PodState[], name: string): LimitUse[] {
  return pods
    .flatMap((pod) =>
      pod.containers.flatMap((container) => {
        const limitMiB = container.memoryLimitMiB;
        const used = container.name === name ? workingSet(snapshot, pod, name) : undefined;
        if (!used || limitMiB === undefined || limitMiB <= 0) return [];
        return [{ ...used, pod, container, limitMiB, share: used.memoryMiB / limitMiB }];
      }),
    )
    .sort((a, b) => b.share - a.share);
}
