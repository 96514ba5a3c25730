import type { KubeJson } from '../cluster/api.ts';
import { ago } from './stage.ts';

/** A workload of one container, with one pod that is Ready on node-1; a Deployment with its ReplicaSet between. */
export interface StagedWorkload {
  readonly kind: 'DaemonSet' | 'Deployment';
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Of the workload itself. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the pod template, and of the pod. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** More of the pod's `spec`. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Another one after a change of the template. */
  readonly revision: number;
  /** Minutes since the pod's container runs. */
  readonly minutes: number;
  readonly ip: string;
}

/** The name of the one pod. */
export function podName({ kind, name, revision }: Pick<StagedWorkload, 'kind' | 'name' | 'revision'>): string {
  return kind === 'DaemonSet' ? `${name}-x${revision}x2z` : `${name}-7f9c5d${revision}-x2x4z`;
}

/**
 * As controllers and a kubelet leave them, in an order in which they can be made; owners by `Kind/name`, until the server gives them their uids.
 * @param now what ages count from
 */
export function workloadObjects(staged: StagedWorkload, now: Date): KubeJson[] {
  const { kind, namespace, name, annotations = {}, podAnnotations = {}, revision } = staged;
  const labels = { app: name };
  const spec = podSpec(staged);
  const template = { metadata: { labels, annotations: podAnnotations }, spec };
  const counts = { observedGeneration: 1, replicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const owned = (owner: string, ownerName: string): object => ({
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: owner, name: ownerName, uid: `${owner}/${ownerName}`, controller: true, blockOwnerDeletion: true },
    ],
  });
  const top: KubeJson = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace, name, labels, annotations },
    spec: {
      ...(kind === 'Deployment' ? { replicas: 1 } : { updateStrategy: { type: 'OnDelete' } }),
      selector: { matchLabels: labels },
      template,
    },
    status:
      kind === 'Deployment'
        ? { ...counts, updatedReplicas: 1 }
        : { observedGeneration: 1, currentNumberScheduled: 1, desiredNumberScheduled: 1, numberMisscheduled: 0, numberReady: 1 },
  };
  const setName = `${name}-7f9c5d${revision}`;
  const set: KubeJson = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { namespace, name: setName, labels, ...owned('Deployment', name) },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
    status: { ...counts, fullyLabeledReplicas: 1 },
  };
  const owner = kind === 'Deployment' ? owned('ReplicaSet', setName) : owned('DaemonSet', name);
  const pod: KubeJson = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: podName(staged), labels, annotations: podAnnotations, ...owner },
    spec: { nodeName: 'node-1', ...spec },
    status: podStatus(staged, now),
  };
  return [top, ...(kind === 'Deployment' ? [set] : []), pod];
}

function podSpec({ container, image, command = [], args = [], env = {}, spec = {} }: StagedWorkload): Record<string, unknown> {
  return {
    ...spec,
    containers: [
      {
        name: container,
        image,
        ...(command.length > 0 ? { command } : {}),
        ...(args.length > 0 ? { args } : {}),
        env: Object.entries(env).map(([name, value]) => ({ name, value })),
      },
    ],
  };
}

function podStatus({ container, image, minutes, ip }: StagedWorkload, now: Date): Record<string, unknown> {
  const since = ago(now, minutes);
  const condition = (type: string): object => ({ type, status: 'True', lastTransitionTime: since });
  return {
    phase: 'Running',
    startTime: since,
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: ip,
    podIPs: [{ ip }],
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
    containerStatuses: [
      {
        name: container,
        image,
        imageID: `${image}@sha256:${'0'.repeat(64)}`,
        containerID: 'containerd://now',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: since } },
        lastState: {},
      },
    ],
  };
}

export function namespaceObject(name: string, annotations: Readonly<Record<string, string>> = {}): KubeJson {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } };
}
