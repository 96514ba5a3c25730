import type { LogMatch, LogState, PodState, Snapshot } from './snapshot.ts';

export interface FoundLine extends LogMatch {
  readonly log: LogState;
}

/** What the logs of a pod's container said of some signatures, the present run before the one that ended. */
export function linesOf(snapshot: Snapshot, pod: PodState, container: string, ...signatures: readonly string[]): FoundLine[] {
  return logsOf(snapshot, pod, container).flatMap((log) =>
    log.matches.filter(({ signature }) => signatures.includes(signature)).map((match) => ({ ...match, log })),
  );
}

/** The logs that were read of a pod's container: none, the present run's, the previous one's, or both. */
export function logsOf(snapshot: Snapshot, pod: PodState, container: string): LogState[] {
  return snapshot.logs
    .filter((log) => log.namespace === pod.namespace && log.pod === pod.name && log.container === container)
    .sort((a, b) => Number(a.previous) - Number(b.previous));
}
