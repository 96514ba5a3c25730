import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, KubeJson } from './api.ts';
import { type ControlPlane, eventually } from './control-plane.ts';

/**
 * What a cluster without machines lacks: a kubelet that has logs, and metrics.k8s.io. One HTTPS server on 127.0.0.1 is both.
 * It borrows the API server's own certificate: the API server doesn't check a kubelet's (no --kubelet-certificate-authority), and the
 * APIService says insecureSkipTLSVerify.
 */

/** Lines get times one second apart that end now, unless they have their own. */
export type LogLines = readonly (string | { readonly time: Date; readonly text: string })[];

/** How the kubelet answers for one container. */
export type LogBehaviour =
  /** Each line after a pause. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Sends so many lines and then nothing, and never ends. */
  | { readonly kind: 'stalled'; readonly afterLines: number }
  /** Sends so many lines and breaks the connection. */
  | { readonly kind: 'reset'; readonly afterLines: number }
  /** Another answer: what is wrong on the node, in plain text as a kubelet says it. */
  | { readonly kind: 'error'; readonly status: number; readonly text: string };

export interface ContainerLog {
  readonly current?: LogLines;
  /** Of the container's run before the present one; without it the kubelet says that there was none. */
  readonly previous?: LogLines;
  readonly behaviour?: LogBehaviour;
}

/** Resource use as metrics-server gives it: quantities as `12m` and `60Mi`. */
export interface Usage {
  readonly cpu: string;
  readonly memory: string;
}
export interface PodUsage {
  readonly namespace: string;
  readonly pod: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly containers: Readonly<Record<string, Usage>>;
  /** End of the window. Default: now. */
  readonly time?: Date;
  /** Seconds that the sample averages over. Default 15. */
  readonly windowSeconds?: number;
}
export interface NodeUsage extends Usage {
  readonly node: string;
}

export interface Fakes {
  readonly port: number;
  /** Requests that came from the API server: path with query, and for metrics the user in whose name it asked. */
  readonly seen: readonly { readonly url: string; readonly user: string | undefined }[];
  setLog(namespace: string, pod: string, container: string, log: ContainerLog): void;
  /** What the next requests are told; a function is asked at each request, for values that move. */
  setMetrics(metrics: { readonly pods?: Moving<PodUsage>; readonly nodes?: Moving<NodeUsage> }): void;
  /** Makes a Ready Node whose kubelet this is. `labels`, `version` (of the kubelet) as in the object. */
  registerNode(name: string, options?: NodeOptions): Promise<KubeJson>;
  /** Makes the Service and the APIService of metrics.k8s.io, and waits until the API server finds it available. */
  registerMetrics(): Promise<void>;
  /** Takes the APIService away: the group is absent then. */
  unregisterMetrics(): Promise<void>;
  /** Closes every connection; nodes and APIService stay registered, and fail. */
  stop(): Promise<void>;
}
export type Moving<T> = readonly T[] | (() => readonly T[]);

const METRICS = 'metrics.k8s.io/v1beta1';
const METRICS_SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'metrics-server', namespace: 'kube-system' } };
const METRICS_API = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1beta1.metrics.k8s.io' } };

/** Starts them for a control plane; nothing is registered yet. */
export async function startFakes(cluster: ControlPlane): Promise<Fakes> {
  const { admin, dir } = cluster;
  const logs = new Map<string, ContainerLog>();
  const seen: { url: string; user: string | undefined }[] = [];
  let pods: Moving<PodUsage> = [];
  let nodes: Moving<NodeUsage> = [];
  const certificate = { cert: readFileSync(join(dir, 'apiserver.crt')), key: readFileSync(join(dir, 'apiserver.key')) };
  const server = createServer(certificate, (request, reply) => {
    const url = new URL(request.url ?? '/', 'https://kubelet');
    seen.push({ url: request.url ?? '', user: headerText(request, 'x-remote-user') });
    const [, namespace, pod, container] = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (namespace !== undefined && pod !== undefined && container !== undefined) {
      void answerLogs(reply, url.searchParams, { pod, container }, logs.get(`${namespace}/${pod}/${container}`) ?? {});
      return;
    }
    const answer = metricsAnswer(
      url,
      () => now(pods),
      () => now(nodes),
    );
    reply.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify(answer ?? NOT_FOUND));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  server.unref();
  return {
    port,
    seen,
    setLog: (namespace, pod, container, log) => logs.set(`${namespace}/${pod}/${container}`, log),
    setMetrics: (metrics) => {
      pods = metrics.pods ?? pods;
      nodes = metrics.nodes ?? nodes;
    },
    registerNode: (name, options) => admin.create(nodeObject(name, { kubeletPort: port, ...options })),
    registerMetrics: () => registerMetrics(admin, port),
    unregisterMetrics: async () => {
      await admin.delete(METRICS_API);
      await eventually('metrics.k8s.io is gone', async () =>
        (await admin.call('GET', `/apis/${METRICS}`)).status === 404 ? true : undefined,
      );
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

export interface NodeOptions {
  /** Port of 127.0.0.1 where the API server looks for the kubelet; one where nobody listens is a kubelet that is down. */
  readonly kubeletPort?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the kubelet: "v1.36.3". */
  readonly version?: string;
  readonly cpu?: string;
  readonly memory?: string;
  /** Default true. */
  readonly ready?: boolean;
}

/** A Node as a kubelet registers it. */
export function nodeObject(name: string, options: NodeOptions = {}): KubeJson {
  const { kubeletPort = 10250, version = 'v1.36.3', cpu = '8', memory = '32Gi', ready = true } = options;
  const resources = { cpu, memory, pods: '110' };
  const time = new Date().toISOString();
  const readiness = ready
    ? { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux', ...options.labels },
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      capacity: resources,
      allocatable: resources,
      conditions: [{ type: 'Ready', ...readiness, lastHeartbeatTime: time, lastTransitionTime: time }],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        kernelVersion: '6.1.0-18-amd64',
        containerRuntimeVersion: 'containerd://2.1.4',
        kubeletVersion: version,
        kubeProxyVersion: '',
        bootID: '00000000-0000-0000-0000-000000000000',
        machineID: '00000000000000000000000000000000',
        systemUUID: '00000000-0000-0000-0000-000000000000',
      },
    },
  };
}

/** Endpoints may not be loopback addresses, hence a Service that is a name. */
async function registerMetrics(admin: Api, port: number): Promise<void> {
  const service = { namespace: 'kube-system', name: 'metrics-server', port };
  const spec = {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
  };
  await admin.apply([
    { ...METRICS_SERVICE, spec: { type: 'ExternalName', externalName: 'localhost' } },
    { ...METRICS_API, spec: { ...spec, service } },
  ]);
  // Available is the controller's opinion, the proxy's own route comes with it; both are needed.
  await eventually('metrics.k8s.io answers', async () => {
    const reply = await admin.call('GET', `/apis/${METRICS}/nodes`);
    const groups = await admin.call('GET', '/apis');
    return reply.status === 200 && groups.text.includes('"metrics.k8s.io"') ? true : undefined;
  });
}

interface Line {
  readonly time: Date;
  readonly text: string;
}

/** Parameters as a kubelet takes them: since first, then the tail of what is left, then the limit of bytes. */
async function answerLogs(
  reply: ServerResponse,
  query: URLSearchParams,
  subject: { readonly pod: string; readonly container: string },
  log: ContainerLog,
): Promise<void> {
  const { behaviour } = log;
  if (behaviour?.kind === 'error') return refuse(reply, behaviour.status, behaviour.text);
  const previous = query.get('previous') === 'true';
  const lines = previous ? log.previous : log.current;
  const { pod, container } = subject;
  if (lines === undefined && previous) return refuse(reply, 400, `previous terminated container "${container}" in pod "${pod}" not found`);
  if (lines === undefined) return refuse(reply, 400, `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`);
  const texts = selected(timed(lines), query).map(({ time, text }) =>
    query.get('timestamps') === 'true' ? `${stamp(time)} ${text}\n` : `${text}\n`,
  );
  reply.writeHead(200, { 'content-type': 'text/plain' });
  reply.flushHeaders();
  const limitBytes = Number(query.get('limitBytes') ?? Number.POSITIVE_INFINITY);
  let sentBytes = 0;
  for (const [index, text] of texts.entries()) {
    if (behaviour?.kind === 'stalled' && index >= behaviour.afterLines) return;
    if (behaviour?.kind === 'reset' && index >= behaviour.afterLines) return void reply.destroy();
    if (behaviour?.kind === 'slow') await sleep(behaviour.delayMs, undefined, { ref: false });
    const bytes = Buffer.from(text).subarray(0, Math.max(0, limitBytes - sentBytes));
    sentBytes += bytes.length;
    if (bytes.length === 0 || reply.destroyed) break;
    reply.write(bytes);
  }
  if (behaviour?.kind === 'stalled') return;
  // With follow=true a kubelet keeps the connection for what comes later.
  if (query.get('follow') !== 'true') reply.end();
}

function timed(lines: LogLines): Line[] {
  const nowMs = Date.now();
  return lines.map((line, index) =>
    typeof line === 'string' ? { time: new Date(nowMs - (lines.length - 1 - index) * 1000), text: line } : line,
  );
}

function selected(lines: readonly Line[], query: URLSearchParams): readonly Line[] {
  const [seconds, time, tail] = [query.get('sinceSeconds'), query.get('sinceTime'), query.get('tailLines')];
  const sinceMs = seconds !== null ? Date.now() - Number(seconds) * 1000 : time !== null ? Date.parse(time) : Number.NEGATIVE_INFINITY;
  const recent = lines.filter((line) => line.time.getTime() >= sinceMs);
  return tail === null ? recent : recent.slice(Math.max(0, recent.length - Number(tail)));
}

/** Nanoseconds, as the container runtime writes them. */
function stamp(time: Date): string {
  return time.toISOString().replace('Z', '000000Z');
}

function refuse(reply: ServerResponse, status: number, text: string): void {
  reply.writeHead(status, { 'content-type': 'text/plain' });
  reply.end(text);
}

const NOT_FOUND = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'NotFound',
  code: 404,
  message: 'the server could not find the requested resource',
};

function metricsAnswer(url: URL, pods: () => readonly PodUsage[], nodes: () => readonly NodeUsage[]): unknown {
  const path = url.pathname.replace(/\/$/, '');
  const root = `/apis/${METRICS}`;
  if (path === root) return METRICS_RESOURCES;
  const labels = url.searchParams.get('labelSelector');
  if (path === `${root}/nodes`) return { kind: 'NodeMetricsList', apiVersion: METRICS, metadata: {}, items: nodes().map(nodeMetrics) };
  const [, namespace] = /^(?:\/namespaces\/([^/]+))?\/pods$/.exec(path.slice(root.length)) ?? [undefined];
  if (!path.startsWith(root) || !path.endsWith('/pods')) return undefined;
  const items = pods().filter((each) => (namespace === undefined || each.namespace === namespace) && hasLabels(each.labels, labels));
  return { kind: 'PodMetricsList', apiVersion: METRICS, metadata: {}, items: items.map(podMetrics) };
}

/** Metrics-server knows neither pages nor watches. */
const METRICS_RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: METRICS,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

/** Selectors of the form `a=b,c=d`. */
function hasLabels(labels: Readonly<Record<string, string>> = {}, selector: string | null): boolean {
  if (selector === null || selector === '') return true;
  return selector.split(',').every((term) => {
    const [key = '', value] = term.split(/==?/);
    return labels[key] === value;
  });
}

function podMetrics({ namespace, pod, labels, containers, time = new Date(), windowSeconds = 15 }: PodUsage): unknown {
  const metadata = { name: pod, namespace, labels, creationTimestamp: stampSeconds(time) };
  const usages = Object.entries(containers).map(([name, usage]) => ({ name, usage }));
  return { metadata, timestamp: stampSeconds(time), window: `${windowSeconds}s`, containers: usages };
}

function nodeMetrics({ node, cpu, memory }: NodeUsage): unknown {
  const time = stampSeconds(new Date());
  return { metadata: { name: node, creationTimestamp: time }, timestamp: time, window: '15s', usage: { cpu, memory } };
}

function stampSeconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

function now<T>(moving: Moving<T>): readonly T[] {
  return typeof moving === 'function' ? moving() : moving;
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
