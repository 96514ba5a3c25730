import { itemsAt, textAt, at } from './raw.ts';
import type { ObjectReference, ReplicaSetState } from './snapshot.ts';

/** The object that controls another one, by its ownerReferences. */
export function controllerOf(raw: unknown): ObjectReference | undefined {
  const references = itemsAt(raw, 'metadata', 'ownerReferences');
  const reference = references.find((one) => at(one, 'controller') === true) ?? references[0];
  const kind = textAt(reference, 'kind');
  const name = textAt(reference, 'name');
  return kind === undefined || name === undefined ? undefined : { kind, name, namespace: textAt(raw, 'metadata', 'namespace') ?? '' };
}

export interface Owner {
  readonly owner: ObjectReference;
  /** The ReplicaSet or Job between. */
  readonly via?: string;
}

/** What is known of the links between pods and workloads. */
export interface Chain {
  readonly replicaSets: ReadonlyMap<string, Pick<ReplicaSetState, 'owner'>>;
  /** Owners of Jobs, by `namespace/name`; none for a Job of its own. */
  readonly jobs: ReadonlyMap<string, ObjectReference | undefined>;
}

/**
 * The top of a pod's owner chain.
 * @param controller the pod's own; `undefined` for a pod that nobody controls
 * @param labels the pod's, whose `pod-template-hash` tells a ReplicaSet's Deployment where ReplicaSets could not be listed
 */
export function ownerOf(
  pod: { readonly namespace: string; readonly name: string },
  controller: ObjectReference | undefined,
  labels: Readonly<Record<string, string>>,
  chain: Chain,
): Owner {
  if (!controller) return { owner: { kind: 'Pod', namespace: pod.namespace, name: pod.name } };
  const key = `${controller.namespace}/${controller.name}`;
  if (controller.kind === 'ReplicaSet') {
    const set = chain.replicaSets.get(key);
    if (set) return set.owner ? { owner: set.owner, via: controller.name } : { owner: controller };
    const hash = labels['pod-template-hash'];
    const isDeployments = hash !== undefined && hash !== '' && controller.name.endsWith(`-${hash}`);
    if (!isDeployments) return { owner: controller };
    const kind = labels['rollouts-pod-template-hash'] === undefined ? 'Deployment' : 'Rollout';
    return { owner: { kind, namespace: controller.namespace, name: controller.name.slice(0, -(hash.length + 1)) }, via: controller.name };
  }
  if (controller.kind === 'Job') {
    const owner = chain.jobs.get(key);
    if (owner) return { owner, via: controller.name };
    // A CronJob names its Jobs by the minute: `report-29381040`.
    const cron = chain.jobs.has(key) ? undefined : /^(.+)-\d{8}$/.exec(controller.name)?.[1];
    return cron === undefined
      ? { owner: controller }
      : { owner: { kind: 'CronJob', namespace: controller.namespace, name: cron }, via: controller.name };
  }
  return { owner: controller };
}
