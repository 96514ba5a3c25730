import { load } from 'js-yaml';
import type { KubeJson } from '../../cluster/api.ts';
import { ago, type Stage } from '../stage.ts';

/** What an incident's stages have in common: Deployment `orders` in the injected namespace `shop`, one revision of it, and its pods with a sidecar. */
export interface StagedOrders {
  /** Of the ReplicaSet: another one after a change of the template. */
  readonly revision: number;
  /** Of the Deployment itself. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of the pod template. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Of the live pods alone: what the injector adds. */
  readonly injectedAnnotations?: Readonly<Record<string, string>>;
  /** Items of the application's `env`, YAML. */
  readonly env?: string;
  /** Items of the proxy's `env`, YAML. */
  readonly proxyEnv?: string;
  /** Arguments of istio-init. */
  readonly initArgs?: readonly string[];
  /** Minutes since each pod was started; none: it has no pod. */
  readonly pods: readonly number[];
}

const HASH = 'orders7c9d';

export function setName(revision: number): string {
  return `orders-${HASH}${revision}`;
}

export function podName(revision: number, at = 0): string {
  return `${setName(revision)}-pod${at}`;
}

/** The Deployment, its ReplicaSet of this revision, and that one's pods. @param now what ages count from */
export function ordersOf(staged: StagedOrders, now: Date): KubeJson[] {
  return [deployment(staged), replicaSet(staged), ...staged.pods.map((minutes, at) => livePod(staged, at, minutes, now))];
}

/** The Deployment alone: two templates share one. */
export function deployment({ annotations = {}, pods, ...staged }: StagedOrders): KubeJson {
  return objectOf(`
apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: orders, labels: { app: orders }, annotations: ${JSON.stringify(annotations)} }
spec:
  replicas: 1
  selector: { matchLabels: { app: orders } }
  template: ${template(staged, 'app: orders')}
status: { observedGeneration: 1, replicas: ${pods.length}, updatedReplicas: ${pods.length}, readyReplicas: ${pods.length}, availableReplicas: ${pods.length} }
`);
}

export function replicaSet({ pods, ...staged }: StagedOrders): KubeJson {
  const { revision } = staged;
  const labels = `app: orders, pod-template-hash: ${HASH}${revision}`;
  return objectOf(`
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  namespace: shop
  name: ${setName(revision)}
  labels: { ${labels} }
  annotations: { deployment.kubernetes.io/revision: "${revision}" }
  ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: orders, uid: Deployment/orders, controller: true, blockOwnerDeletion: true }]
spec:
  replicas: 1
  selector: { matchLabels: { ${labels} } }
  template: ${template(staged, labels)}
status: { observedGeneration: 1, replicas: ${pods.length}, readyReplicas: ${pods.length}, availableReplicas: ${pods.length} }
`);
}

function template({ podAnnotations = {}, env = '', revision }: Omit<StagedOrders, 'pods'>, labels: string): string {
  return `
    metadata: { labels: { ${labels} }, annotations: ${JSON.stringify(podAnnotations)} }
    spec: { containers: [{ name: app, image: 'example.com/orders:${revision}', env: [${env}] }] }`;
}

/** A pod as the injector made it: istio-init, the application, istio-proxy. */
export function livePod(staged: StagedOrders, at: number, minutes: number, now: Date): KubeJson {
  const { revision, podAnnotations = {}, injectedAnnotations = {}, env = '', proxyEnv = '', initArgs = [] } = staged;
  const since = ago(now, minutes);
  const annotations = {
    ...podAnnotations,
    ...injectedAnnotations,
    'sidecar.istio.io/status': '{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}',
  };
  const status = (name: string, image: string): string =>
    `{ name: ${name}, image: '${image}', imageID: '${image}@sha256:${'0'.repeat(64)}', containerID: 'containerd://${name}-${revision}-${at}', ready: true, started: true, restartCount: 0, state: { running: { startedAt: "${since}" } }, lastState: {} }`;
  const init = `{ name: istio-init, image: 'docker.io/istio/proxyv2:1.24.2', imageID: '', containerID: 'containerd://init-${revision}-${at}', ready: true, started: false, restartCount: 0, state: { terminated: { reason: Completed, exitCode: 0, startedAt: "${since}", finishedAt: "${since}", containerID: 'containerd://init-${revision}-${at}' } }, lastState: {} }`;
  const condition = (type: string): string => `{ type: ${type}, status: "True", lastTransitionTime: "${since}" }`;
  const ip = `10.1.${revision}.${11 + at}`;
  return objectOf(`
apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: ${podName(revision, at)}
  creationTimestamp: "${since}"
  labels: { app: orders, pod-template-hash: ${HASH}${revision} }
  annotations: ${JSON.stringify(annotations)}
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: ${setName(revision)}, uid: ReplicaSet/${setName(revision)}, controller: true, blockOwnerDeletion: true }]
spec:
  nodeName: node-1
  initContainers: [{ name: istio-init, image: 'docker.io/istio/proxyv2:1.24.2', args: ${JSON.stringify(['istio-iptables', '-p', '15001', '-i', '*', ...initArgs])} }]
  containers:
    - { name: app, image: 'example.com/orders:${revision}', env: [${env}] }
    - { name: istio-proxy, image: 'docker.io/istio/proxyv2:1.24.2', args: [proxy, sidecar], env: [${proxyEnv}] }
status:
  phase: Running
  startTime: "${since}"
  hostIP: 127.0.0.1
  hostIPs: [{ ip: 127.0.0.1 }]
  podIP: ${ip}
  podIPs: [{ ip: ${ip} }]
  conditions: [${['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition).join(', ')}]
  initContainerStatuses: [${init}]
  containerStatuses: [${status('app', `example.com/orders:${revision}`)}, ${status('istio-proxy', 'docker.io/istio/proxyv2:1.24.2')}]
`);
}

export function namespaces(...names: readonly string[]): KubeJson[] {
  return names.map((name) => {
    const labels = name === 'shop' ? { 'istio-injection': 'enabled' } : {};
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  });
}

export function objectOf(yaml: string): KubeJson {
  return load(yaml) as KubeJson;
}

/** A TCP connection in Istio's default text format (istio/istio:pilot/pkg/model/telemetry_logging.go). @param address `10.1.2.3:3307` */
export function accessLine(
  now: Date,
  minutes: number,
  durationMs: number,
  address: string,
  cluster: string,
  bytes: readonly [number, number],
): string {
  return `[${ago(now, minutes)}] "- - -" 0 - - - "-" ${bytes[0]} ${bytes[1]} ${durationMs} - "-" "-" "-" "-" "${cluster === '-' ? '-' : address}" ${cluster} 10.1.1.11:45678 ${address} 10.1.1.11:45676 - -`;
}

/** The logs of one pod, each line with its time. */
export function logsOf(now: Date, pod: string, container: string, lines: readonly string[]): Stage['logs'][number] {
  return {
    namespace: 'shop',
    pod,
    container,
    log: { current: lines.map((text) => ({ time: new Date(now.getTime() - 5 * 60_000), text })) },
  };
}
