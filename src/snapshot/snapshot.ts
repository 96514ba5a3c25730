/**
 * What was read of a cluster: nothing but fields that are allow-listed, so that nothing needs scrubbing later. Plain data: it is saved as JSON,
 * replayed, and sent across threads. Times are RFC 3339 as Kubernetes writes them; quantities are numbers with their unit in the name.
 */

import type { JsonValue } from '../text/json-tree.ts';

export type { JsonValue };

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export const SNAPSHOT_VERSION = 1;

export interface Snapshot {
  readonly format: 'runbook-lens-snapshot';
  readonly version: typeof SNAPSHOT_VERSION;
  /** When the first request was sent; for kubectl files, when the newest of their objects' times is. All ages count from here. */
  readonly takenAt: string;
  readonly cluster: ClusterIdentity;
  /** Every resource that was asked for, with what became of it. What isn't here was not asked for. */
  readonly reads: readonly ResourceRead[];
  /**
   * Workloads (top of their owner chain only), Services, ConfigMaps of the technologies, routes, custom resources, HPAs, Namespaces, in Kubernetes'
   * own shape with allow-listed fields: what rules read.
   */
  readonly objects: readonly LiveObject[];
  readonly pods: readonly PodState[];
  readonly endpoints: readonly EndpointState[];
  readonly replicaSets: readonly ReplicaSetState[];
  readonly nodes: readonly NodeState[];
  readonly events: readonly EventState[];
  /** One sample of metrics.k8s.io, or several with `--observe`, oldest first. */
  readonly usage: readonly UsageSample[];
  readonly logs: readonly LogState[];
  /** What services answered through the API server's proxy (`--deep` only). */
  readonly answers: readonly ServiceAnswer[];
  /** Requests that were sent, retries included. */
  readonly requests: { readonly count: number; readonly durationMs: number };
}

export interface ClusterIdentity {
  /** Name of the kubeconfig's context; empty for files. */
  readonly context: string;
  /** URL of the API server without user, password and query; for files, the path that was given. */
  readonly server: string;
  /** `v1.36.0`; empty when it could not be read. */
  readonly version: string;
  readonly scope: 'all' | 'listed';
  /** The namespaces that were asked for; empty for `all`. */
  readonly namespaces: readonly string[];
  /** Nobody chose the namespaces: listing all of them is not allowed, so that of the context was read. */
  readonly narrowed?: true;
}

export interface ObjectReference {
  readonly kind: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** An API object with allow-listed fields. */
export interface LiveObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: LiveMetadata;
}

/** `name`, and as far as the object has them `namespace`, `creationTimestamp`, `generation`, `labels` and allow-listed `annotations`. */
export interface LiveMetadata extends JsonObject {
  readonly name: string;
}

/**
 * - `absent`: the API server doesn't serve it: the technology's CRDs or the metrics API are not installed.
 * - `forbidden` 403 · `unauthorized` 401 · `expired` the token ended in the middle, or 410 twice · `timeout` the deadline of a request or of the whole
 * - `limit`: more than is read (pages, log containers) · `not-asked`: only with `--deep` or `--observe`, or files that do not hold it
 */
export type ReadOutcome =
  | 'read'
  | 'absent'
  | 'forbidden'
  | 'unauthorized'
  | 'expired'
  | 'timeout'
  | 'unreachable'
  | 'server-error'
  | 'cancelled'
  | 'limit'
  | 'not-asked';

export interface ResourceRead {
  readonly verb: 'get' | 'list';
  /** `''` for the core group. */
  readonly group: string;
  /** Plural, with the subresource: `pods`, `pods/log`, `services/proxy`. */
  readonly resource: string;
  /** Missing: all namespaces, or cluster-scoped. */
  readonly namespace?: string;
  readonly outcome: ReadOutcome;
  /** Objects that were taken in; also where reading ended in the middle. */
  readonly count: number;
  /** For people, in English: HTTP status and the server's own message, masked. */
  readonly detail?: string;
}

export interface PodState {
  readonly namespace: string;
  readonly name: string;
  /** The top of the owner chain: a Deployment rather than its ReplicaSet, a CronJob rather than its Job, the pod itself without an owner. */
  readonly owner: ObjectReference;
  /** The ReplicaSet or Job between. */
  readonly via?: string;
  readonly node: string;
  readonly phase: string;
  readonly ip: string;
  readonly createdAt: string;
  /** Missing: not ready. */
  readonly readySince?: string;
  /** Has a deletion timestamp. */
  readonly deleting: boolean;
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly dnsPolicy: string;
  readonly containers: readonly ContainerState[];
}

export interface ContainerState {
  readonly name: string;
  readonly image: string;
  /** `sidecar`: an init container with `restartPolicy: Always`. */
  readonly role: 'main' | 'init' | 'sidecar';
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: 'running' | 'waiting' | 'terminated' | 'unknown';
  /** Of a waiting or terminated state: `CrashLoopBackOff`. */
  readonly reason?: string;
  readonly startedAt?: string;
  /** How it ended, while its state is terminated. */
  readonly termination?: Termination;
  readonly lastTermination?: Termination;
  /** RFC 6901 in the pod: `/status/containerStatuses/0`. Missing: the kubelet has not reported it. */
  readonly statusAt?: string;
  readonly memoryLimitMiB?: number;
  readonly memoryRequestMiB?: number;
  readonly cpuLimitCores?: number;
  readonly cpuRequestCores?: number;
  /** Allow-listed settings of the environment, as the pod has them. */
  readonly env: Readonly<Record<string, string>>;
  /** Command and arguments of containers whose flags are read (Kiam, istio-init, Kong's controller); allow-listed flags only. */
  readonly args: readonly string[];
}

export interface Termination {
  /** `OOMKilled`, `Error`, `Completed`. */
  readonly reason: string;
  readonly exitCode: number;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

/** An address behind a Service. */
export interface EndpointState {
  readonly namespace: string;
  readonly service: string;
  readonly ip: string;
  readonly ready: boolean;
  /** Missing: not a pod. */
  readonly pod?: string;
  readonly node?: string;
  readonly zone?: string;
  /** Zones that topology-aware routing or trafficDistribution sends here from. */
  readonly forZones?: readonly string[];
}

export interface ReplicaSetState {
  readonly namespace: string;
  readonly name: string;
  readonly owner?: ObjectReference;
  readonly createdAt: string;
  /** Annotation deployment.kubernetes.io/revision. */
  readonly revision?: number;
  readonly replicas: number;
}

export interface NodeState {
  readonly name: string;
  readonly kubeletVersion: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly instanceType?: string;
  readonly ready: boolean;
}

export interface EventState {
  readonly object: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly count: number;
  readonly firstAt?: string;
  readonly lastAt?: string;
  /** Masked, at most 300 characters; only of reasons that a probe asks for. */
  readonly message?: string;
}

export interface UsageSample {
  readonly at: string;
  readonly containers: readonly ContainerUsage[];
}

export interface ContainerUsage {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly cpuMillicores: number;
  /** Working set. */
  readonly memoryMiB: number;
}

export interface LogState {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The log of the run before the last restart. */
  readonly previous: boolean;
  readonly lines: number;
  readonly matches: readonly LogMatch[];
}

export interface LogMatch {
  /** Id of the signature, e.g. `kong/worker-killed`. */
  readonly signature: string;
  readonly count: number;
  /** The last line that matched: masked, at most 300 characters. */
  readonly line: string;
  /** Of the last line that matched. */
  readonly at?: string;
  /** Numbers that the signature's groups caught, one entry a match, the last 50: `{ "durationMs": [3600012] }`. */
  readonly numbers?: Readonly<Record<string, readonly number[]>>;
}

/** What to look for in the last lines of a container. */
export interface LogSignature {
  readonly id: string;
  /** Tested a line at a time. Named groups catch numbers. Linear time: no nested quantifiers. */
  readonly pattern: RegExp;
}

/** A container whose last lines are worth reading, and for what. */
export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly signatures: readonly LogSignature[];
}

/** What a Service answered through the API server's proxy, reduced to allow-listed numbers and words. */
export interface ServiceAnswer {
  readonly namespace: string;
  readonly service: string;
  readonly path: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** A GET through the API server's service proxy, sent with `--deep` only, and what of the answer is kept. */
export interface ServiceRequest {
  readonly namespace: string;
  /** `name`, `name:port` or `https:name:port`, as the proxy takes it. */
  readonly service: string;
  readonly path: string;
  readonly read: (body: string) => Readonly<Record<string, string | number>>;
}
