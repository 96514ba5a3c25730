import { dump, loadAll } from 'js-yaml';
import type { KubeJson } from '../cluster/api.ts';
import type { PodUsage } from '../cluster/fakes.ts';
import { ago } from './stage.ts';

/** A container that ended, minutes ago. */
export interface StagedEnd {
  readonly reason: string;
  readonly exitCode: number;
  readonly minutes: number;
}

export interface StagedContainerState {
  readonly restarts?: number;
  /** How the run before ended. */
  readonly ended?: StagedEnd;
  /** Waiting, not running: `CrashLoopBackOff`. */
  readonly waiting?: string;
}

/** A Deployment of one container, its present ReplicaSet and one pod. */
export interface StagedDeployment {
  readonly namespace: string;
  readonly name: string;
  /** Of the ReplicaSet: another one after a change of the template. */
  readonly revision: number;
  readonly container: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly memoryLimit: string;
  /** Minutes since the pod is there. */
  readonly minutes: number;
  readonly state?: StagedContainerState;
}

/** The name of the one pod. */
export function podName({ name, revision }: Pick<StagedDeployment, 'name' | 'revision'>): string {
  return `${name}-6b8d7c${revision}-x2x4z`;
}

/**
 * The objects as controllers and a kubelet leave them, as YAML, in an order in which they can be made. An ownerReference's `uid` is `Kind/name` of the
 * owner: whoever makes the objects puts in the one that the server gave it. A status is written behind the object.
 * @param now what ages count from
 */
export function deploymentYaml(staged: StagedDeployment, now: Date): string {
  const { namespace, name, revision, state = {} } = staged;
  const ready = state.waiting === undefined;
  const hash = `6b8d7c${revision}`;
  const labels = { app: name };
  const podLabels = { ...labels, 'pod-template-hash': hash };
  const spec = { containers: [containerSpec(staged)] };
  const counts = { observedGeneration: 1, replicas: 1, readyReplicas: ready ? 1 : 0, availableReplicas: ready ? 1 : 0 };
  const owned = (kind: string, owner: string): object => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind, name: owner, uid: `${kind}/${owner}`, controller: true, blockOwnerDeletion: true }],
  });
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, labels, annotations: { 'deployment.kubernetes.io/revision': String(revision) } },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    status: { ...counts, updatedReplicas: 1 },
  };
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace,
      name: `${name}-${hash}`,
      labels: podLabels,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ...owned('Deployment', name),
    },
    spec: { replicas: 1, selector: { matchLabels: podLabels }, template: { metadata: { labels: podLabels }, spec } },
    status: { ...counts, fullyLabeledReplicas: 1 },
  };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: podName(staged), labels: podLabels, ...owned('ReplicaSet', `${name}-${hash}`) },
    spec: { nodeName: 'node-1', ...spec },
    status: podStatus(staged, now),
  };
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, deployment, replicaSet, pod]
    .map((object) => dump(object, { lineWidth: 150 }))
    .join('---\n');
}

function containerSpec({ container, image, env, memoryLimit }: StagedDeployment): object {
  return {
    name: container,
    image,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    resources: { limits: { memory: memoryLimit }, requests: { memory: memoryLimit } },
  };
}

function podStatus({ container, image, minutes, state = {} }: StagedDeployment, now: Date): object {
  const { restarts = 0, ended, waiting } = state;
  const ready = waiting === undefined;
  const since = ago(now, ready ? Math.min(minutes, ended?.minutes ?? minutes) : minutes);
  const condition = (type: string, holds: boolean): object => ({
    type,
    status: holds ? 'True' : 'False',
    lastTransitionTime: since,
    ...(holds ? {} : { reason: 'ContainersNotReady' }),
  });
  const terminated = ended && {
    reason: ended.reason,
    exitCode: ended.exitCode,
    startedAt: ago(now, ended.minutes + 30),
    finishedAt: ago(now, ended.minutes),
    containerID: 'containerd://before',
  };
  return {
    phase: 'Running',
    startTime: ago(now, minutes),
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: '10.1.3.7',
    podIPs: [{ ip: '10.1.3.7' }],
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: [
      {
        name: container,
        image,
        imageID: `${image}@sha256:${'0'.repeat(64)}`,
        containerID: 'containerd://now',
        ready,
        started: ready,
        restartCount: restarts,
        state: ready
          ? { running: { startedAt: since } }
          : { waiting: { reason: waiting, message: 'back-off restarting failed container' } },
        lastState: terminated ? { terminated } : {},
      },
    ],
  };
}

/** What a metrics server says of the pod. */
export function podUsage(staged: StagedDeployment, memory: string): PodUsage {
  const { namespace, name, container } = staged;
  return { namespace, pod: podName(staged), labels: { app: name }, containers: { [container]: { cpu: '250m', memory } } };
}

export function objectsOf(yaml: string): KubeJson[] {
  return loadAll(yaml) as KubeJson[];
}
