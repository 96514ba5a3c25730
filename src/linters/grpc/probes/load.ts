import type { PodState } from '../../../snapshot/snapshot.ts';
import { ageMs, MINUTE_MS } from '../../../snapshot/times.ts';
import { itemsAt, textAt } from '../../../text/yaml.ts';
import type { ClusterView } from '../../probe.ts';
import type { GrpcServer } from './grpc-services.ts';
import { endpointsByService, podsByName, usageByPod } from './lookups.ts';
import { median, rankCorrelation, type Skew, skewOf } from './skew.ts';

/** metrics-server has a new value every 15 to 60 s (its `--metric-resolution`): three samples within less may be one. */
const SAMPLES = 3;
const SPAN_MS = 1.5 * MINUTE_MS;
/** A pod that has just started warms its caches, and its clients are still coming. */
const SETTLED_MS = 10 * MINUTE_MS;
const READY_MS = 5 * MINUTE_MS;

export interface PodLoad {
  readonly pod: PodState;
  /** Median of the samples, the application's container only. Millicores. */
  readonly cpu: number;
}

export interface Load {
  /** `young`: fewer than two pods have been ready for ten minutes. `few-samples`: one, or several of the same moment. `no-samples`: none at all. */
  readonly state: 'measured' | 'few-samples' | 'no-samples' | 'young';
  readonly samples: number;
  readonly minutes: number;
  /** When the last sample was taken. */
  readonly at: string | undefined;
  /** Pods that can be compared, the busiest first: settled, of one template. With few samples what these say, which proves nothing. */
  readonly pods: readonly PodLoad[];
  readonly skew: Skew;
  /** Rank correlation of load and the time since which a pod is ready: -1 is "the older the busier". */
  readonly withStart: number | undefined;
  /** Pods that came after the busiest, have been ready for five minutes, and have less than a tenth of the mean. */
  readonly idleNewcomers: readonly PodLoad[];
  /** Live pods of more than one template stand behind the Service. */
  readonly rollout: boolean;
}

/** Pods behind the ready addresses of the Services of a server, each once. */
export function readyPods(view: ClusterView, server: GrpcServer): readonly PodState[] {
  const endpoints = server.services.flatMap(
    ({ object }) => endpointsByService(view.snapshot.endpoints).get(`${object.namespace}/${object.name}`) ?? [],
  );
  const pods = endpoints.flatMap(({ ready, namespace, pod }) =>
    ready ? (podsByName(view.snapshot.pods).get(`${namespace}/${pod}`) ?? []) : [],
  );
  return [...new Set(pods)].filter(({ deleting }) => !deleting);
}

/** @param quietMillicores below this mean nothing can be told */
export function loadOf(view: ClusterView, server: GrpcServer, quietMillicores: number): Load {
  const ready = readyPods(view, server);
  const templates = groupByTemplate(ready);
  const [same = []] = [...templates.values()].sort((a, b) => b.length - a.length);
  const container = grpcContainer(server);
  const measured = same.flatMap((pod) => measure(view, pod, container));
  const settled = measured.filter(({ pod }) => readyForMs(view, pod) >= SETTLED_MS);
  const times = view.snapshot.usage.map(({ at }) => Date.parse(at)).filter((at) => !Number.isNaN(at));
  const spanMs = times.length === 0 ? 0 : Math.max(...times) - Math.min(...times);
  const full = settled.filter(({ count }) => count >= SAMPLES);
  const enough = view.snapshot.usage.length >= SAMPLES && spanMs >= SPAN_MS;
  const compared = enough ? full : settled;
  const pods = compared.map(({ pod, cpu }) => ({ pod, cpu })).sort((a, b) => b.cpu - a.cpu || (a.pod.name < b.pod.name ? -1 : 1));
  const skew = skewOf(
    pods.map(({ cpu }) => cpu),
    quietMillicores,
  );
  const state = measured.length === 0 ? 'no-samples' : !enough ? 'few-samples' : pods.length < 2 ? 'young' : 'measured';
  return {
    state,
    samples: view.snapshot.usage.length,
    minutes: Math.round(spanMs / MINUTE_MS),
    at: view.snapshot.usage.at(-1)?.at,
    pods,
    skew,
    withStart: rankCorrelation(pods.map(({ pod, cpu }) => [startOf(pod), cpu])),
    idleNewcomers: state === 'measured' ? newcomers(view, measured, pods, skew.mean) : [],
    rollout: templates.size > 1,
  };
}

function newcomers(
  view: ClusterView,
  measured: readonly (PodLoad & { count: number })[],
  pods: readonly PodLoad[],
  mean: number,
): PodLoad[] {
  const [busiest] = pods;
  if (!busiest) return [];
  return measured
    .filter(({ pod, cpu, count }) => count >= SAMPLES && cpu < mean / 10 && readyForMs(view, pod) >= READY_MS)
    .filter(({ pod }) => startOf(pod) - startOf(busiest.pod) >= READY_MS);
}

/** The connections of a pod are as old as its readiness: clients come when it is an endpoint, and leave when its process ends. */
function startOf({ readySince, createdAt }: PodState): number {
  return Date.parse(readySince ?? createdAt);
}

function readyForMs(view: ClusterView, { readySince }: PodState): number {
  return ageMs(readySince, view.now) ?? 0;
}

/** By ReplicaSet, or the hash of a StatefulSet's or DaemonSet's revision. */
function groupByTemplate(pods: readonly PodState[]): Map<string, PodState[]> {
  const groups = new Map<string, PodState[]>();
  for (const pod of pods) {
    const { owner, via, labels } = pod;
    const key = [owner.kind, owner.name, via ?? '', labels['pod-template-hash'] ?? labels['controller-revision-hash'] ?? ''].join('/');
    const group = groups.get(key);
    if (group) group.push(pod);
    else groups.set(key, [pod]);
  }
  return groups;
}

/** The container that listens on the port, if its manifest says which; sidecars' load is not the application's. */
function grpcContainer({ services }: GrpcServer): string | undefined {
  const names = services.flatMap(({ service, ports }) =>
    service.backends.flatMap(({ spec }) =>
      itemsAt(spec, 'containers').flatMap((container) =>
        itemsAt(container, 'ports').some((own) => ports.some(({ port }) => Number(textAt(own, 'containerPort')) === port.targetPort))
          ? (textAt(container, 'name') ?? [])
          : [],
      ),
    ),
  );
  return new Set(names).size === 1 ? names[0] : undefined;
}

const MESH_CONTAINERS: ReadonlySet<string> = new Set(['istio-proxy', 'linkerd-proxy', 'consul-dataplane', 'kuma-sidecar', 'daprd']);

function measure(view: ClusterView, pod: PodState, container: string | undefined): (PodLoad & { count: number })[] {
  const names = pod.containers
    .filter(({ name, role }) => role === 'main' && !MESH_CONTAINERS.has(name) && (container === undefined || name === container))
    .map(({ name }) => name);
  const values = view.snapshot.usage.flatMap((sample) => {
    const own = (usageByPod(sample).get(`${pod.namespace}/${pod.name}`) ?? []).filter((one) => names.includes(one.container));
    return own.length === 0 ? [] : [own.reduce((sum, { cpuMillicores }) => sum + cpuMillicores, 0)];
  });
  const cpu = median(values);
  return cpu === undefined ? [] : [{ pod, cpu, count: values.length }];
}
