import { load } from 'js-yaml';
import type { KubeJson } from '../../cluster/api.ts';
import type { PodUsage } from '../../cluster/fakes.ts';
import { ago } from '../stage.ts';

export interface StagedPod {
  readonly ip: string;
  /** Minutes since its container runs and it is ready. */
  readonly minutes: number;
  readonly restarts?: number;
  /** Minutes since the kernel killed the run before. */
  readonly killed?: number;
}

export interface StagedWorkload {
  readonly name: string;
  /** Of the ReplicaSet: another one after a change of the template. */
  readonly revision: number;
  /** Lines of the container, YAML. */
  readonly container: string;
  readonly pods: readonly StagedPod[];
}

export const NAMESPACE = 'shop';

/** A Deployment in `shop` with its present ReplicaSet and that one's pods. @param now what ages count from */
export function deployment({ name, revision, container, pods }: StagedWorkload, now: Date): KubeJson[] {
  const hash = `${name}5d9f${revision}`;
  const count = pods.length;
  const template = (labels: string): string => `
    metadata: { labels: { ${labels} } }
    spec:
      containers:
        - name: app
          image: example.com/${name}:${revision}
          ${container.trim().replaceAll('\n', '\n          ')}`;
  const made = objectOf(`
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: ${NAMESPACE}, name: ${name}, labels: { app: ${name} } }
spec:
  replicas: ${count}
  selector: { matchLabels: { app: ${name} } }
  template:${template(`app: ${name}`)}
status: { observedGeneration: 1, replicas: ${count}, updatedReplicas: ${count}, readyReplicas: ${count}, availableReplicas: ${count} }
`);
  const set = objectOf(`
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  namespace: ${NAMESPACE}
  name: ${name}-${hash}
  labels: { app: ${name}, pod-template-hash: ${hash} }
  annotations: { deployment.kubernetes.io/revision: "${revision}" }
  ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: ${name}, uid: Deployment/${name}, controller: true, blockOwnerDeletion: true }]
spec:
  replicas: ${count}
  selector: { matchLabels: { app: ${name}, pod-template-hash: ${hash} } }
  template:${template(`app: ${name}, pod-template-hash: ${hash}`)}
status: { observedGeneration: 1, replicas: ${count}, readyReplicas: ${count}, availableReplicas: ${count}, fullyLabeledReplicas: ${count} }
`);
  return [made, set, ...pods.map((one, at) => podOf(one, `${podPrefix(name, revision)}${at}`, { name, hash, revision, container }, now))];
}

/** Names of a workload's pods, without their number. */
export function podPrefix(name: string, revision: number): string {
  return `${name}-${name}5d9f${revision}-pod`;
}

interface Template {
  readonly name: string;
  readonly hash: string;
  readonly revision: number;
  readonly container: string;
}

function podOf(
  { ip, minutes, restarts = 0, killed }: StagedPod,
  pod: string,
  { name, hash, revision, container }: Template,
  now: Date,
): KubeJson {
  const since = ago(now, minutes);
  const last =
    killed === undefined
      ? '{}'
      : `{ terminated: { reason: OOMKilled, exitCode: 137, startedAt: "${ago(now, killed + 90)}", finishedAt: "${ago(now, killed)}", containerID: "containerd://before" } }`;
  const condition = (type: string): string => `{ type: ${type}, status: "True", lastTransitionTime: "${since}" }`;
  return objectOf(`
apiVersion: v1
kind: Pod
metadata:
  namespace: ${NAMESPACE}
  name: ${pod}
  labels: { app: ${name}, pod-template-hash: ${hash} }
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: ${name}-${hash}, uid: ReplicaSet/${name}-${hash}, controller: true, blockOwnerDeletion: true }]
spec:
  nodeName: node-1
  containers:
    - name: app
      image: example.com/${name}:${revision}
      ${container.trim().replaceAll('\n', '\n      ')}
status:
  phase: Running
  startTime: "${ago(now, minutes + (killed === undefined ? 0 : 90))}"
  hostIP: 127.0.0.1
  hostIPs: [{ ip: 127.0.0.1 }]
  podIP: ${ip}
  podIPs: [{ ip: ${ip} }]
  conditions: [${['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition).join(', ')}]
  containerStatuses:
    - name: app
      image: example.com/${name}:${revision}
      imageID: example.com/${name}@sha256:0000000000000000000000000000000000000000000000000000000000000000
      containerID: containerd://${pod}
      ready: true
      started: true
      restartCount: ${restarts}
      state: { running: { startedAt: "${since}" } }
      lastState: ${last}
`);
}

/** A Service over port 9090 of a workload's pods, with its EndpointSlice. */
export function service(name: string, of: Pick<StagedWorkload, 'name' | 'revision' | 'pods'>, headless = false): KubeJson[] {
  const endpoints = of.pods.map(
    ({ ip }, at) =>
      `{ addresses: ["${ip}"], conditions: { ready: true, serving: true, terminating: false }, nodeName: node-1, targetRef: { kind: Pod, namespace: ${NAMESPACE}, name: ${podPrefix(of.name, of.revision)}${at} } }`,
  );
  return [
    objectOf(`
apiVersion: v1
kind: Service
metadata: { namespace: ${NAMESPACE}, name: ${name} }
spec: { ${headless ? 'clusterIP: None, ' : ''}selector: { app: ${of.name} }, ports: [{ name: grpc, port: 9090, targetPort: 9090 }] }
`),
    objectOf(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  namespace: ${NAMESPACE}
  name: ${name}-abcde
  labels: { kubernetes.io/service-name: ${name}, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io }
  ownerReferences: [{ apiVersion: v1, kind: Service, name: ${name}, uid: Service/${name}, controller: true, blockOwnerDeletion: true }]
addressType: IPv4
ports: [{ name: grpc, port: 9090, protocol: TCP }]
endpoints: [${endpoints.join(', ')}]
`),
  ];
}

export function namespace(): KubeJson {
  return objectOf(`{ apiVersion: v1, kind: Namespace, metadata: { name: ${NAMESPACE} } }`);
}

/** Samples of one minute after the other: millicores of each pod, which wander a little. */
export function samplesOf(
  { name, revision }: Pick<StagedWorkload, 'name' | 'revision'>,
  millicores: readonly number[],
  memory: string,
): PodUsage[][] {
  return [1, 0.96, 1.05, 1.01].map((factor) =>
    millicores.map((cpu, at) => ({
      namespace: NAMESPACE,
      pod: `${podPrefix(name, revision)}${at}`,
      labels: { app: name },
      containers: { app: { cpu: `${Math.round(cpu * factor)}m`, memory } },
    })),
  );
}

function objectOf(yaml: string): KubeJson {
  return load(yaml) as KubeJson;
}
