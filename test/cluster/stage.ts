import { createHash } from 'node:crypto';
import { type Api, inParallel, type KubeJson, type ObjectMeta } from './api.ts';
import type { PodUsage, Usage } from './fakes.ts';

/**
 * Builders for incidents: objects as the controllers and a kubelet would have left them, in a cluster that has neither. What a builder
 * isn't told is healthy. The server stamps creationTimestamp itself: objects are as old as the test; times inside a status are free.
 */

/** Fields of a pod spec as in a manifest: containers, dnsConfig, … */
export type PodSpec = Readonly<Record<string, unknown>> & { readonly containers: readonly ContainerSpec[] };
export type ContainerSpec = Readonly<Record<string, unknown>> & { readonly name: string; readonly image: string };

export interface WorkloadOptions {
  readonly namespace: string;
  readonly name: string;
  /** Default Deployment, which also gets its ReplicaSet. */
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  /** Of the workload and its pods; default `{ app: name }`, which is also what it selects by. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the workload itself. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the pod template, and of the pods. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  readonly template: PodSpec;
  /** What admission made of the template in the pods (an injected sidecar). Default: nothing. */
  readonly admitted?: (template: PodSpec) => PodSpec;
  /** One entry for each pod; a number is so many healthy ones. Default 2. */
  readonly pods?: number | readonly PodState[];
}

export interface PodState {
  /** Default `node-1`. It need not exist, but without it there are no logs, and the controllers make no endpoint. */
  readonly node?: string;
  /** Default: from a counter in 10.0.0.0/8. */
  readonly ip?: string;
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** Default: when all containers are ready. */
  readonly ready?: boolean;
  /** Default: an hour ago. */
  readonly startedAt?: Date;
  /** By name, of containers and init containers that aren't simply running. */
  readonly containers?: Readonly<Record<string, ContainerState>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ContainerState {
  /** Default: whether it runs. */
  readonly ready?: boolean;
  readonly restarts?: number;
  /** Start of the present run. Default: the pod's. */
  readonly startedAt?: Date;
  /** Not running: why. `CrashLoopBackOff`, `ImagePullBackOff`, … */
  readonly waiting?: { readonly reason: string; readonly message?: string };
  /** Not running: how it ended. */
  readonly terminated?: Termination;
  /** How the run before the present one ended. */
  readonly lastTermination?: Termination;
  readonly imageID?: string;
}

export interface Termination {
  readonly reason: string;
  readonly exitCode: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly message?: string;
}

export interface StagedWorkload {
  readonly workload: KubeJson;
  /** Of a Deployment only. */
  readonly replicaSet?: KubeJson;
  readonly pods: readonly KubeJson[];
}

const HOUR_MS = 3600_000;
let addresses = 0;

/** The container was killed for memory: 137, by the kernel. */
export function oomKilled(finishedAt: Date, ranMs = HOUR_MS): Termination {
  return { reason: 'OOMKilled', exitCode: 137, startedAt: new Date(finishedAt.getTime() - ranMs), finishedAt };
}

/** Makes a workload, its ReplicaSet and its pods with their status. */
export async function stageWorkload(api: Api, options: WorkloadOptions): Promise<StagedWorkload> {
  const { kind = 'Deployment', namespace, name, labels = { app: name }, podAnnotations } = options;
  const states = typeof options.pods === 'object' ? options.pods : Array.from({ length: options.pods ?? 2 }, (): PodState => ({}));
  const template = {
    metadata: { labels, ...(podAnnotations === undefined ? {} : { annotations: podAnnotations }) },
    spec: options.template,
  };
  const spec = {
    selector: { matchLabels: labels },
    template,
    ...(kind === 'DaemonSet' ? {} : { replicas: states.length }),
    ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
  };
  const metadata = { namespace, name, labels, ...(options.annotations === undefined ? {} : { annotations: options.annotations }) };
  const status = workloadStatus(kind, states);
  const workload = await api.create({ apiVersion: 'apps/v1', kind, metadata, spec, status });
  const hash = suffix(`${namespace}/${name}`, 10);
  const podLabels = kind === 'Deployment' ? { ...labels, 'pod-template-hash': hash } : labels;
  const replicaSet =
    kind === 'Deployment' ? await stageReplicaSet(api, workload, { labels: podLabels, hash, replicas: states }) : undefined;
  const owner = replicaSet ?? workload;
  const live = options.admitted?.(options.template) ?? options.template;
  const pods = await inParallel(states, (state, index) => {
    const podName = kind === 'StatefulSet' ? `${name}-${index}` : `${owner.metadata.name}-${suffix(`${namespace}/${name}/${index}`, 5)}`;
    const annotations = { ...podAnnotations, ...state.annotations };
    const meta = {
      namespace,
      name: podName,
      labels: { ...podLabels, ...state.labels },
      annotations,
      ownerReferences: [ownerReference(owner)],
    };
    return stagePod(api, meta, live, state);
  });
  return { workload, ...(replicaSet === undefined ? {} : { replicaSet }), pods };
}

/** Makes one pod, bound to its node, with its status. */
export function stagePod(api: Api, metadata: ObjectMeta, spec: PodSpec, state: PodState = {}): Promise<KubeJson> {
  const bound = { nodeName: state.node ?? 'node-1', ...spec };
  return api.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: bound, status: podStatus(spec, state) });
}

/** A pod's status as a kubelet reports it. */
export function podStatus(spec: PodSpec, state: PodState = {}): Record<string, unknown> {
  const { startedAt = new Date(Date.now() - HOUR_MS), ip = nextAddress(), phase = 'Running' } = state;
  const status = (container: ContainerSpec): ReturnType<typeof containerStatus> =>
    containerStatus(container, state.containers?.[container.name] ?? {}, startedAt);
  const init = Array.isArray(spec.initContainers) ? (spec.initContainers as readonly ContainerSpec[]) : [];
  // An init container with restartPolicy Always is a sidecar and runs on; the others are done.
  const initStatuses = init.map((each) =>
    each.restartPolicy === 'Always' || state.containers?.[each.name] !== undefined ? status(each) : doneStatus(each, startedAt),
  );
  const containerStatuses = spec.containers.map(status);
  const ready = state.ready ?? containerStatuses.every((each) => each.ready);
  const condition = (type: string, holds: boolean): unknown => ({
    type,
    status: holds ? 'True' : 'False',
    lastTransitionTime: time(startedAt),
    ...(holds ? {} : { reason: 'ContainersNotReady' }),
  });
  return {
    phase,
    startTime: time(startedAt),
    podIP: ip,
    podIPs: [{ ip }],
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition(
        'ContainersReady',
        containerStatuses.every((each) => each.ready),
      ),
      condition('Ready', ready),
    ],
    ...(init.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses,
  };
}

/** Changes what the kubelet says of a pod: more restarts, another termination. The address stays. */
export function restage(api: Api, pod: KubeJson, state: PodState): Promise<KubeJson> {
  const status = record(pod.status);
  const ip = typeof status.podIP === 'string' ? { ip: status.podIP } : {};
  const startedAt = typeof status.startTime === 'string' ? { startedAt: new Date(status.startTime) } : {};
  return api.patchStatus(pod, podStatus(pod.spec as PodSpec, { ...ip, ...startedAt, ...state }));
}

/** What scheduler and kubelet do with a pod that a controller made: it is bound to `state.node` and gets its status. */
export async function schedule(api: Api, pod: KubeJson, state: PodState = {}): Promise<KubeJson> {
  const { namespace, name } = pod.metadata;
  const target = { kind: 'Node', name: state.node ?? 'node-1' };
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name }, target };
  const { status, text } = await api.call('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding);
  if (status !== 201) throw new Error(`${status}: ${text.slice(0, 300)}`);
  return restage(api, pod, state);
}

function containerStatus({ name, image }: ContainerSpec, state: ContainerState, podStartedAt: Date): { readonly ready: boolean } {
  const { restarts = 0, waiting, terminated, lastTermination, startedAt = podStartedAt } = state;
  const runs = waiting === undefined && terminated === undefined;
  const now = waiting !== undefined ? { waiting } : terminated !== undefined ? { terminated: termination(terminated) } : undefined;
  const fields = {
    name,
    image,
    imageID: state.imageID ?? `${image.replace(/[:@].*$/, '')}@sha256:${createHash('sha256').update(image).digest('hex')}`,
    containerID: `containerd://${createHash('sha256').update(`${name}${restarts}`).digest('hex')}`,
    ready: state.ready ?? runs,
    started: runs,
    restartCount: restarts,
    state: now ?? { running: { startedAt: time(startedAt) } },
    lastState: lastTermination === undefined ? {} : { terminated: termination(lastTermination) },
  };
  return fields;
}

function doneStatus(container: ContainerSpec, startedAt: Date): { readonly ready: boolean } {
  const terminated = { reason: 'Completed', exitCode: 0, startedAt, finishedAt: startedAt };
  return containerStatus(container, { ready: true, terminated }, startedAt);
}

function termination({ startedAt, finishedAt, ...rest }: Termination): unknown {
  return { ...rest, startedAt: time(startedAt), finishedAt: time(finishedAt) };
}

function workloadStatus(kind: string, states: readonly PodState[]): unknown {
  const count = states.length;
  const readyCount = states.filter((state) => state.ready ?? Object.values(state.containers ?? {}).every(runsReady)).length;
  if (kind === 'DaemonSet') {
    const scheduled = {
      currentNumberScheduled: count,
      desiredNumberScheduled: count,
      numberMisscheduled: 0,
      updatedNumberScheduled: count,
    };
    return { ...scheduled, numberReady: readyCount, numberAvailable: readyCount, observedGeneration: 1 };
  }
  const revision = kind === 'StatefulSet' ? { currentReplicas: count } : {};
  return {
    replicas: count,
    readyReplicas: readyCount,
    availableReplicas: readyCount,
    updatedReplicas: count,
    observedGeneration: 1,
    ...revision,
  };
}

function runsReady({ ready, waiting, terminated }: ContainerState): boolean {
  return ready ?? (waiting === undefined && terminated === undefined);
}

async function stageReplicaSet(
  api: Api,
  deployment: KubeJson,
  {
    labels,
    hash,
    replicas,
  }: { readonly labels: Readonly<Record<string, string>>; readonly hash: string; readonly replicas: readonly PodState[] },
): Promise<KubeJson> {
  const { namespace, name } = deployment.metadata;
  const template = record(record(deployment.spec).template);
  const spec = {
    replicas: replicas.length,
    selector: { matchLabels: labels },
    template: { ...template, metadata: { ...record(template.metadata), labels } },
  };
  const { updatedReplicas: _, ...status } = record(workloadStatus('Deployment', replicas));
  const annotations = { 'deployment.kubernetes.io/revision': '1', 'deployment.kubernetes.io/desired-replicas': String(replicas.length) };
  const metadata = { namespace, name: `${name}-${hash}`, labels, annotations, ownerReferences: [ownerReference(deployment)] };
  return api.create({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec, status });
}

/** As a controller writes it into what it makes. */
export function ownerReference({ apiVersion, kind, metadata }: KubeJson): Record<string, unknown> {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number;
  readonly appProtocol?: string;
}

export interface ServiceOptions {
  /** Default: the workload's. */
  readonly name?: string;
  readonly ports: readonly ServicePort[];
  /** `clusterIP: None`. */
  readonly headless?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** More fields of the spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Makes a Service for a workload's pods, and its EndpointSlice with what the pods' conditions say. */
export async function stageService(
  api: Api,
  staged: StagedWorkload,
  options: ServiceOptions,
): Promise<{ service: KubeJson; slice: KubeJson }> {
  const { namespace, name: workloadName } = staged.workload.metadata;
  const { name = workloadName, ports, headless = false, annotations } = options;
  const selector = record(record(staged.workload.spec).selector).matchLabels;
  const service = await api.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, ...(annotations === undefined ? {} : { annotations }) },
    spec: { selector, ports, ...(headless ? { clusterIP: 'None' } : {}), ...options.spec },
  });
  const slice = await api.create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name}-${suffix(`${namespace}/${name}`, 5)}`,
      labels: { 'kubernetes.io/service-name': name, 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' },
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    ports: ports.map(({ name = '', port, targetPort, appProtocol }) => ({
      name,
      port: targetPort ?? port,
      protocol: 'TCP',
      ...(appProtocol === undefined ? {} : { appProtocol }),
    })),
    endpoints: staged.pods.map(endpoint),
  });
  return { service, slice };
}

function endpoint(pod: KubeJson): unknown {
  const status = record(pod.status);
  const conditions = Array.isArray(status.conditions) ? status.conditions.map(record) : [];
  const ready = conditions.some((each) => each.type === 'Ready' && each.status === 'True');
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses: [status.podIP],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: record(pod.spec).nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

export interface EventOptions {
  readonly reason: string;
  readonly message: string;
  /** Default Warning. */
  readonly type?: 'Normal' | 'Warning';
  /** Default 1. */
  readonly count?: number;
  readonly firstAt?: Date;
  /** Default: now. */
  readonly lastAt?: Date;
  /** Default kubelet. */
  readonly component?: string;
}

/** Makes an Event about an object, as the kubelet and the older controllers write them (core/v1, with count and times). */
export function stageEvent(api: Api, about: KubeJson, options: EventOptions): Promise<KubeJson> {
  const { reason, message, type = 'Warning', count = 1, lastAt = new Date(), firstAt = lastAt, component = 'kubelet' } = options;
  const { namespace = 'default', name, uid } = about.metadata;
  return api.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, name: `${name}.${suffix(`${reason}${message}${lastAt.getTime()}`, 16)}` },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace: about.metadata.namespace, name, uid },
    reason,
    message,
    type,
    count,
    firstTimestamp: time(firstAt),
    lastTimestamp: time(lastAt),
    source: { component },
    reportingComponent: component,
  });
}

/** What `Fakes.setMetrics` wants for a pod. */
export function usageOf(pod: KubeJson, containers: Readonly<Record<string, Usage>>): PodUsage {
  const { namespace = 'default', name = '', labels } = pod.metadata;
  return { namespace, pod: name, labels: record(labels) as Readonly<Record<string, string>>, containers };
}

/** Letters and digits as Kubernetes makes them for names (no vowels), always the same for the same seed. */
function suffix(seed: string, length: number): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return [...createHash('sha256').update(seed).digest().subarray(0, length)].map((byte) => alphabet[byte % alphabet.length]).join('');
}

function nextAddress(): string {
  addresses++;
  return `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
}

/** Whole seconds, as Kubernetes writes times. */
function time(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
