import type { KubeObject } from '../model/kubernetes/objects.ts';
import type { LimitUse, OomKill } from '../snapshot/memory.ts';
import type { FoundLine } from '../snapshot/log-matches.ts';
import type { ObjectReference, PodState } from '../snapshot/snapshot.ts';
import { jsonPointer } from '../text/json-tree.ts';
import type { Anchor } from '../text/source.ts';
import type { Evidence, LiveFinding, Said } from './probe.ts';
import { compareSeverity } from './rule.ts';

export function podReference({ namespace, name }: PodState): ObjectReference {
  return { kind: 'Pod', namespace, name };
}

export function objectReference({ kind, namespace, name }: KubeObject): ObjectReference {
  return { kind, namespace: namespace ?? '', name: name ?? '' };
}

/** A container that was killed for memory: the reason in its pod's status. */
export function killEvidence(kill: OomKill, explains: Said): Evidence {
  return {
    source: 'status',
    object: podReference(kill.pod),
    pointer: kill.pointer,
    value: `${kill.container.name}: ${kill.termination.reason}`,
    ...(kill.at === undefined ? {} : { time: kill.at }),
    explains,
  };
}

/** A working set against its limit. */
export function useEvidence(use: LimitUse, explains: Said): Evidence {
  return {
    source: 'metrics',
    object: podReference(use.pod),
    pointer: '',
    value: `${use.container.name}: ${Math.round(use.memoryMiB)} MiB of ${Math.floor(use.limitMiB)} MiB`,
    time: use.at,
    explains,
  };
}

/** Lines of a container's log: the last of them, and how many there are. */
export function lineEvidence(line: FoundLine, explains: Said): Evidence {
  return {
    source: 'log',
    object: { kind: 'Pod', namespace: line.log.namespace, name: line.log.pod },
    pointer: '',
    value: line.count > 1 ? `${line.line} (× ${line.count})` : line.line,
    ...(line.at === undefined ? {} : { time: line.at }),
    explains,
  };
}

/** Something that is set in an object. `at` stands in the object's own tree; elsewhere the pointer stays empty. */
export function configEvidence(object: KubeObject, at: Anchor | undefined, value: string, explains: Said): Evidence {
  return {
    source: 'config',
    object: objectReference(object),
    pointer: at && at.file === object.file ? jsonPointer(object.root, at) : '',
    value,
    explains,
  };
}

/** What a rule calls at least a warning makes an incident latent; what it calls information or a hint does not. */
export function isWarning({ severity }: LiveFinding): boolean {
  return compareSeverity(severity, 'warning') <= 0;
}
