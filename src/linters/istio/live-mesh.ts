import { parseImage, type VersionRange, versionOfImage } from '../../model/version.ts';
import type { ContainerState, ObjectReference, PodState } from '../../snapshot/snapshot.ts';
import { oncePer } from '../../text/once.ts';
import { textAt } from '../../text/yaml.ts';
import type { ClusterView, LiveWorkload } from '../probe.ts';
import { injectedPods } from './facts-injection.ts';
import { meshConfigs } from './facts-mesh-config.ts';
import { ofKind } from './objects.ts';

/** The name that the injector, the gateway charts and hand-written proxies share. */
export const PROXY = 'istio-proxy';
/** What istiod puts on the waypoints that it makes (istio/istio:pkg/config/constants/constants.go, ManagedGatewayMeshControllerLabel). */
const MANAGED_BY = 'gateway.istio.io/managed';
const MESH_CONTROLLER = 'istio.io-mesh-controller';
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
const TRAFFIC = 'traffic.sidecar.istio.io/';
const INTERCEPTION = 'sidecar.istio.io/interceptionMode';
/** Pods that end by themselves seldom wait an hour. */
const SHORT_LIVED: ReadonlySet<string> = new Set(['Job', 'CronJob']);

/** A workload whose live pods carry an Envoy for themselves (`sidecar`), or are one for others (`waypoint`). Labels and annotations only promise it. */
export interface MeshWorkload {
  readonly object: ObjectReference;
  readonly workload: LiveWorkload;
  readonly role: 'sidecar' | 'waypoint';
  /** Those that have the proxy, the oldest first: its connections had the most time to be idle. */
  readonly pods: readonly PodState[];
  /** One of each sort: pods of one template are alike in all that matters here, and in a rollout there are two. */
  readonly sorts: readonly PodState[];
  readonly version: VersionRange;
}

/** Sidecars and waypoints. Gateways are left out, and so are ambient pods: ztunnel has no idle limit for TCP (istio/ztunnel:src/config.rs). */
export function meshWorkloads(view: ClusterView): MeshWorkload[] {
  return view.workloads.flatMap((workload): MeshWorkload[] => {
    if (SHORT_LIVED.has(workload.object.kind)) return [];
    const pods = workload.pods.filter((pod) => isAlive(pod) && roleOf(pod) !== undefined).sort(byAge);
    const [first] = pods;
    const role = first && roleOf(first);
    if (!first || !role) return [];
    const image = parseImage(proxyOf(first)?.image ?? '');
    return [{ object: workload.object, workload, role, pods, sorts: sortsOf(pods), version: versionOfImage(image) }];
  });
}

/** Workloads that ask for a sidecar and have no pod at all, refused perhaps: nobody sees what their proxies would do. */
export function asksInVain({ unit, repository, workloads }: ClusterView): boolean {
  const asking = new Set(injectedPods(unit, repository.assume('.')).proven.map(({ pod }) => pod.workload));
  return workloads.some(
    ({ object, manifest, pods }) =>
      manifest !== undefined &&
      asking.has(manifest) &&
      !SHORT_LIVED.has(object.kind) &&
      textAt(manifest.root, 'spec', 'replicas') !== '0' &&
      !pods.some(isAlive),
  );
}

function sortsOf(pods: readonly PodState[]): PodState[] {
  const sorts = new Map<string, PodState>();
  for (const pod of pods) {
    const labels = Object.entries(pod.labels).filter(([name]) => !OF_ONE_POD.has(name));
    const annotations = Object.entries(pod.annotations).filter(([name]) => name.startsWith(TRAFFIC) || name === INTERCEPTION);
    const key = JSON.stringify([labels, annotations, proxyOf(pod)?.env, initOf(pod)?.args]);
    if (!sorts.has(key)) sorts.set(key, pod);
  }
  return [...sorts.values()];
}

/** Labels that controllers give each pod or each of their templates. */
const OF_ONE_POD: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
]);

function isAlive({ deleting, phase }: PodState): boolean {
  return !deleting && phase !== 'Succeeded' && phase !== 'Failed';
}

function byAge(a: PodState, b: PodState): number {
  return a.createdAt === b.createdAt ? (a.name < b.name ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1;
}

function roleOf(pod: PodState): MeshWorkload['role'] | undefined {
  if (!proxyOf(pod)) return undefined;
  if (pod.containers.some(({ name, role }) => role === 'main' && name !== PROXY)) return 'sidecar';
  return pod.labels[MANAGED_BY] === MESH_CONTROLLER ? 'waypoint' : undefined;
}

/** The proxy's container: beside the others, or an init container that stays (a native sidecar). */
export function proxyOf(pod: PodState): ContainerState | undefined {
  return pod.containers.find(({ name, role }) => name === PROXY && role !== 'init');
}

/** The first container that is the application's. */
export function applicationOf(pod: PodState): ContainerState | undefined {
  return pod.containers.find(({ name, role }) => role === 'main' && name !== PROXY);
}

/** The Gateway that a waypoint's pods are for: what Services name in `istio.io/use-waypoint`. */
export function waypointName({ pods }: MeshWorkload): string | undefined {
  return pods[0]?.labels[GATEWAY_NAME];
}

/**
 * Whether Istio is in the cluster: proxies or a control plane in pods, objects or served APIs of its own. `absent` only where discovery said that
 * the API server doesn't serve them (what it refuses it does serve); where nobody asked, it isn't known.
 */
export function istioPresence(view: ClusterView): 'there' | 'absent' | 'unknown' {
  const { pods, reads } = view.snapshot;
  const isPart = ({ name, image }: ContainerState): boolean =>
    name === PROXY || /^(?:pilot|proxyv2|ztunnel|istiod)$/.test(parseImage(image)?.name ?? '');
  if (pods.some(({ containers }) => containers.some(isPart))) return 'there';
  if (view.unit.objects.some(({ apiVersion }) => apiVersion.startsWith('networking.istio.io/'))) return 'there';
  const served = reads.filter(({ group }) => group === 'networking.istio.io');
  if (served.some(({ outcome }) => outcome === 'read' || outcome === 'forbidden' || outcome === 'limit')) return 'there';
  return served.length > 0 && served.every(({ outcome }) => outcome === 'absent') ? 'absent' : 'unknown';
}

/** Namespace whose Istio resources hold in all others. */
export function rootNamespace(view: ClusterView): string {
  for (const { root } of meshConfigs(view.unit)) {
    const named = textAt(root, 'rootNamespace');
    if (named !== undefined && named !== '') return named;
  }
  return 'istio-system';
}

/** What of a pod's outgoing traffic reaches its Envoy, as the live pod has it: the injector writes the effective lists onto it. */
export function capturesPort(pod: PodState, port: number | undefined): 'yes' | 'no' | 'maybe' {
  const { excluded, included, addresses } = captureOf(pod);
  if (port !== undefined && excluded.includes(port)) return 'no';
  if (addresses === 'none' && (included.length === 0 || (port !== undefined && !included.includes(port)))) return 'no';
  return addresses === 'all' ? 'yes' : 'maybe';
}

/** Ports that bypass the sidecar: the annotation, and with Istio's own init container its `-o`. */
export function excludedPorts(pod: PodState): readonly number[] {
  return captureOf(pod).excluded;
}

interface Capture {
  readonly excluded: readonly number[];
  readonly included: readonly number[];
  readonly addresses: 'all' | 'some' | 'none';
}

const captureOf = oncePer((pod: PodState): Capture => {
  const args = initOf(pod)?.args ?? [];
  const at = args.indexOf('-o');
  const excluded = [...listed(pod.annotations[`${TRAFFIC}excludeOutboundPorts`]), ...(at < 0 ? [] : listed(args[at + 1]))];
  const include = pod.annotations[`${TRAFFIC}includeOutboundIPRanges`] ?? '*';
  const included = listed(pod.annotations[`${TRAFFIC}includeOutboundPorts`]);
  const isNone = include === '' || pod.annotations[INTERCEPTION] === 'NONE';
  const isAll = include === '*' && (pod.annotations[`${TRAFFIC}excludeOutboundIPRanges`] ?? '') === '';
  return {
    excluded: [...new Set(excluded)],
    included: pod.annotations[INTERCEPTION] === 'NONE' ? [] : included,
    addresses: isNone ? 'none' : isAll ? 'all' : 'some',
  };
});

function initOf(pod: PodState): ContainerState | undefined {
  return pod.containers.find(({ name }) => name === 'istio-init' || name === 'istio-validation');
}

/** Ports on which the pod takes connections without its sidecar. */
export function excludesInbound(pod: PodState, port: number): boolean {
  return listed(pod.annotations[`${TRAFFIC}excludeInboundPorts`]).includes(port);
}

function listed(text: string | undefined): number[] {
  return (text ?? '').split(',').flatMap((item) => (/^\s*\d{1,5}\s*$/.test(item) ? [Number(item)] : []));
}

/** Whether labels (an EnvoyFilter's or DestinationRule's `workloadSelector`) select a pod. */
export function hasLabels(pod: PodState, wanted: readonly (readonly [string, string])[]): boolean {
  return wanted.every(([name, text]) => pod.labels[name] === text);
}

/** Mesh-wide: addresses that Istio doesn't know are refused rather than passed through. */
export function refusesUnknown(view: ClusterView): boolean {
  const configs = meshConfigs(view.unit);
  return configs.length > 0 && configs.every(({ root }) => textAt(root, 'outboundTrafficPolicy', 'mode') === 'REGISTRY_ONLY');
}

/** Namespaces that a resource's `exportTo` lets see it; no list is all of them. */
export function isVisibleIn(exportTo: readonly string[], own: string, namespace: string): boolean {
  return exportTo.length === 0 || exportTo.some((one) => one === '*' || (one === '.' ? own === namespace : one === namespace));
}

/** Services of one namespace, or the Service itself, are handled by a waypoint of this name. */
export function usesWaypoint(view: ClusterView, labels: Readonly<Record<string, string>>, namespace: string, name: string): boolean {
  const own = labels['istio.io/use-waypoint'];
  if (own !== undefined) return own === name;
  const holder = ofKind(view.unit, 'Namespace').find((one) => one.name === namespace);
  return textAt(holder?.root, 'metadata', 'labels', 'istio.io/use-waypoint') === name;
}
