import type { ContainerState, JsonValue, LiveObject, ObjectReference, PodState, Snapshot } from '../snapshot/snapshot.ts';

/**
 * An object of a snapshot in Kubernetes' own shape, as far as it was kept, so that the pointers of evidence fit. A pod is put together from its
 * state. `undefined` where the snapshot does not hold it.
 */
export function liveObject(snapshot: Snapshot, { kind, namespace, name }: ObjectReference): JsonValue | undefined {
  const isIt = (one: { readonly namespace: string; readonly name: string }): boolean => one.namespace === namespace && one.name === name;
  if (kind === 'Pod') {
    const pod = snapshot.pods.find(isIt);
    return pod && podObject(pod);
  }
  if (kind === 'Node') {
    const node = snapshot.nodes.find((one) => one.name === name);
    return node && { apiVersion: 'v1', kind, metadata: { name }, status: plain(node) };
  }
  if (kind === 'ReplicaSet') {
    const set = snapshot.replicaSets.find(isIt);
    if (set) return { apiVersion: 'apps/v1', kind, metadata: { namespace, name, creationTimestamp: set.createdAt }, status: plain(set) };
  }
  return snapshot.objects.find((object) => isSame(object, kind, namespace, name));
}

function isSame(object: LiveObject, kind: string, namespace: string, name: string): boolean {
  const own = typeof object.metadata.namespace === 'string' ? object.metadata.namespace : '';
  return object.kind === kind && own === namespace && object.metadata.name === name;
}

function podObject(pod: PodState): JsonValue {
  const { namespace, name, createdAt, labels, annotations, owner, via } = pod;
  const lists: Record<string, JsonValue[]> = {};
  for (const container of pod.containers) {
    const [list, at] = statusPlace(container);
    const statuses = lists[list] ?? [];
    lists[list] = statuses;
    statuses[at ?? statuses.length] = containerStatus(container);
  }
  const ownedBy = via ?? owner.name;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      creationTimestamp: createdAt,
      ...(ownedBy === name ? {} : { ownedBy: via === undefined ? `${owner.kind} ${owner.name}` : `${owner.kind} ${owner.name}, ${via}` }),
      labels: plain(labels),
      annotations: plain(annotations),
    },
    spec: {
      nodeName: pod.node,
      dnsPolicy: pod.dnsPolicy,
      hostNetwork: pod.hostNetwork,
      containers: pod.containers.filter(({ role }) => role !== 'init').map(containerSpec),
    },
    status: {
      phase: pod.phase,
      podIP: pod.ip,
      ...(pod.readySince === undefined ? {} : { readySince: pod.readySince }),
      // Places that were not kept would be holes.
      ...Object.fromEntries(Object.entries(lists).map(([list, statuses]) => [list, Array.from(statuses, (status) => status ?? null)])),
    },
  };
}

/** Where the kubelet reports a container: `/status/containerStatuses/0`. */
function statusPlace({ statusAt, role }: ContainerState): [string, number | undefined] {
  const [, list, index] = /^\/status\/(\w+)\/(\d+)$/.exec(statusAt ?? '') ?? [];
  if (list !== undefined && index !== undefined) return [list, Number(index)];
  return [role === 'init' || role === 'sidecar' ? 'initContainerStatuses' : 'containerStatuses', undefined];
}

function containerSpec({ name, image, args, env, ...rest }: ContainerState): JsonValue {
  const { memoryLimitMiB, memoryRequestMiB, cpuLimitCores, cpuRequestCores } = rest;
  const limits: JsonValue = { ...(cpuLimitCores === undefined ? {} : { cpu: String(cpuLimitCores) }), ...mebibytes(memoryLimitMiB) };
  const requests: JsonValue = {
    ...(cpuRequestCores === undefined ? {} : { cpu: String(cpuRequestCores) }),
    ...mebibytes(memoryRequestMiB),
  };
  return {
    name,
    image,
    ...(args.length === 0 ? {} : { args: [...args] }),
    ...(Object.keys(env).length === 0 ? {} : { env: Object.entries(env).map(([key, value]) => ({ name: key, value })) }),
    resources: { limits, requests },
  };
}

function mebibytes(amount: number | undefined): Record<string, string> {
  return amount === undefined ? {} : { memory: `${amount}Mi` };
}

function containerStatus({
  name,
  image,
  ready,
  restarts,
  state,
  reason,
  startedAt,
  termination,
  lastTermination,
}: ContainerState): JsonValue {
  const now: JsonValue =
    state === 'terminated'
      ? { terminated: termination ? plain(termination) : { reason: reason ?? '' } }
      : state === 'waiting'
        ? { waiting: { reason: reason ?? '' } }
        : { running: { startedAt: startedAt ?? '' } };
  const before: JsonValue = lastTermination ? { terminated: plain(lastTermination) } : {};
  return { name, image, ready, restartCount: restarts, state: state === 'unknown' ? {} : now, lastState: before };
}

/** Plain data as JSON has it: what is not set is not there. */
function plain(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
