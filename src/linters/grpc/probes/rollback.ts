import type { ObjectReference } from '../../../snapshot/snapshot.ts';
import { DAY_MS, isWithin } from '../../../snapshot/times.ts';
import { kubectl, target } from '../../kubectl.ts';
import type { Action, ClusterView } from '../../probe.ts';

/** Back to the revision before, of a Deployment that was rolled out within a day; forward again to the one it has now. Title: `roll-back`. */
export function rollbackAction(view: ClusterView, object: ObjectReference): Action | undefined {
  if (object.kind !== 'Deployment') return undefined;
  const revisions = view.snapshot.replicaSets
    .filter(({ namespace, owner }) => namespace === object.namespace && owner?.kind === object.kind && owner.name === object.name)
    .flatMap(({ revision, createdAt }) => (revision === undefined ? [] : [{ revision, createdAt }]))
    .sort((a, b) => b.revision - a.revision);
  const [present] = revisions;
  if (!present || revisions.length < 2 || !isWithin(present.createdAt, view.now, DAY_MS)) return undefined;
  const undo = (...words: readonly string[]): string => kubectl(object.namespace, 'rollout', 'undo', target(object), ...words);
  return {
    title: { messageId: 'roll-back', data: { workload: target(object), revision: present.revision } },
    command: undo(),
    risk: 'change',
    undo: undo(`--to-revision=${present.revision}`),
  };
}

/** What a workload's container has said lately. Title: `read-log`. */
export function logAction(object: ObjectReference, container: string, since: string): Action {
  return {
    title: { messageId: 'read-log', data: { workload: target(object) } },
    command: kubectl(object.namespace, 'logs', target(object), '-c', container, `--since=${since}`, '--tail=200'),
    risk: 'read',
  };
}
