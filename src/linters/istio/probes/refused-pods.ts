import type { EventState, ObjectReference } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import type { ClusterView, Evidence } from '../../probe.ts';

/**
 * The injector's refusal of a pod for one of its annotations, in the event of whoever tried to make it (istio/istio:pkg/kube/inject/validate.go,
 * validateAnnotations; the API server words the rest). An injector that can't be reached "failed calling webhook", which is another incident.
 */
const REFUSED = /sidecar-injector\.istio\.io\\?" denied the request: .*invalid value /;

export interface Refusal {
  readonly event: EventState;
  /** The Deployment rather than its ReplicaSet. */
  readonly owner: ObjectReference;
  /** `traffic.sidecar.istio.io/excludeOutboundPorts`; `undefined` when the message was cut before it. */
  readonly key: string | undefined;
}

/** Refusals within the window that still stand: not those of a template that was replaced, nor those after which a pod did come. */
export function refusals(view: ClusterView, windowMs: number): Refusal[] {
  const { snapshot, now } = view;
  return snapshot.events.flatMap((event): Refusal[] => {
    const { reason, message = '', lastAt, object } = event;
    if (reason !== 'FailedCreate' || !REFUSED.test(message) || !isWithin(lastAt, now, windowMs)) return [];
    const owner = ownerOf(view, object);
    if (isReplaced(view, object, owner) || cameAfter(view, object, owner, lastAt ?? '')) return [];
    const key = /for annotation '([\w./-]{1,120})'/.exec(message)?.[1];
    return [{ event, owner, key }];
  });
}

function ownerOf(view: ClusterView, object: ObjectReference): ObjectReference {
  const { kind, namespace, name } = object;
  if (kind !== 'ReplicaSet') return object;
  const listed = view.snapshot.replicaSets.find((one) => one.namespace === namespace && one.name === name)?.owner;
  if (listed) return listed;
  // ReplicaSets may not be listed: the Deployment's name and a hash.
  const deployment = view.workload({ kind: 'Deployment', namespace, name: name.replace(/-[a-z0-9]{5,10}$/, '') });
  return deployment?.object ?? object;
}

function isReplaced(view: ClusterView, set: ObjectReference, owner: ObjectReference): boolean {
  const own = view.snapshot.replicaSets.filter((one) => one.namespace === set.namespace && one.owner?.name === owner.name);
  const revision = own.find(({ name }) => name === set.name)?.revision;
  return revision !== undefined && own.some((one) => (one.revision ?? 0) > revision);
}

function cameAfter(view: ClusterView, { kind, name }: ObjectReference, owner: ObjectReference, at: string): boolean {
  const pods = view.workload(owner)?.pods ?? [];
  return pods.some(({ createdAt, via }) => (kind !== 'ReplicaSet' || via === name) && Date.parse(createdAt) > Date.parse(at));
}

export function refusalEvidence({ event }: Refusal): Evidence {
  const text = event.message ?? '';
  return {
    source: 'event',
    object: event.object,
    pointer: '',
    value: event.count > 1 ? `${text} (× ${event.count})` : text,
    ...(event.lastAt === undefined ? {} : { time: event.lastAt }),
    explains: { messageId: 'refused' },
  };
}
