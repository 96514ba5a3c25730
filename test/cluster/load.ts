import { connect, inParallel, type KubeJson } from './api.ts';
import type { ControlPlane } from './control-plane.ts';
import { nodeObject } from './fakes.ts';
import { ownerReference, type PodSpec, podStatus } from './stage.ts';

/** How much to stage. */
export interface LoadOptions {
  readonly pods: number;
  /** Each is a Deployment with its ReplicaSet, Service and EndpointSlice; the pods are spread over them. */
  readonly services: number;
  readonly nodes: number;
  /** Default 20. */
  readonly namespaces?: number;
  /** Requests at a time. Default 24. */
  readonly parallel?: number;
  readonly progress?: (done: number, total: number) => void;
}

export interface LoadResult {
  readonly requests: number;
  readonly durationMs: number;
}

/** Fills a cluster with what an ordinary big one holds: one small container per pod, everything healthy. */
export async function loadCluster(cluster: ControlPlane, options: LoadOptions): Promise<LoadResult> {
  const { pods, services, nodes, namespaces = 20, parallel = 24 } = options;
  const startMs = performance.now();
  const api = connect({ server: cluster.server, ca: cluster.ca, token: cluster.token(), maxSockets: parallel });
  const total = nodes + services * 4 + pods;
  let done = 0;
  let requests = 0;
  const make = async (object: KubeJson): Promise<KubeJson> => {
    const made = await api.create(object);
    requests += object.status === undefined ? 1 : 2;
    done++;
    if (done % 1000 === 0) options.progress?.(done, total);
    return made;
  };
  try {
    await inParallel(numbers(nodes), (index) => make(nodeObject(`load-node-${index}`)), parallel);
    await inParallel(
      numbers(services),
      async (index) => {
        const names = { namespace: `load-${index % namespaces}`, name: `app-${index}`, labels: { app: `app-${index}` } };
        const count = Math.floor(pods / services) + (index < pods % services ? 1 : 0);
        const replicaSet = await makeWorkload(make, names, count);
        const made: KubeJson[] = [];
        for (let each = 0; each < count; each++) {
          const node = nodes === 0 ? 'load-node-0' : `load-node-${(index * 7 + each) % nodes}`;
          made.push(await make(podObject(names, replicaSet, each, node)));
        }
        await makeService(make, names, made);
      },
      parallel,
    );
  } finally {
    api.close();
  }
  return { requests, durationMs: performance.now() - startMs };
}

type Make = (object: KubeJson) => Promise<KubeJson>;
interface Names {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const HASH = '6d4c9f7b5x';

function podSpec(name: string): PodSpec {
  const resources = { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } };
  const env = [{ name: 'UPSTREAM', value: `http://${name}.example.internal:8080` }];
  return {
    containers: [{ name: 'app', image: `registry.example/${name}:1.0`, ports: [{ containerPort: 8080 }], env, resources } as const],
  };
}

async function makeWorkload(make: Make, { namespace, name, labels }: Names, replicas: number): Promise<KubeJson> {
  const spec = { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(name) } };
  const deployment = await make({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name, labels }, spec });
  const podLabels = { ...labels, 'pod-template-hash': HASH };
  const metadata = { namespace, name: `${name}-${HASH}`, labels: podLabels, ownerReferences: [ownerReference(deployment)] };
  const template = { metadata: { labels: podLabels }, spec: podSpec(name) };
  return make({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { replicas, selector: { matchLabels: podLabels }, template } });
}

function podObject({ namespace, name, labels }: Names, replicaSet: KubeJson, index: number, node: string): KubeJson {
  const spec = podSpec(name);
  const metadata = {
    namespace,
    name: `${name}-${HASH}-${index}`,
    labels: { ...labels, 'pod-template-hash': HASH },
    ownerReferences: [ownerReference(replicaSet)],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: node, ...spec }, status: podStatus(spec) };
}

async function makeService(make: Make, { namespace, name, labels }: Names, pods: readonly KubeJson[]): Promise<void> {
  const spec = { selector: labels, ports: [{ port: 80, targetPort: 8080 }] };
  await make({ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec });
  const endpoints = pods.map(({ metadata, status }) => ({
    addresses: [(status as { readonly podIP: string }).podIP],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: 'Pod', namespace, name: metadata.name, uid: metadata.uid },
  }));
  await make({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-abcde`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints,
  });
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
