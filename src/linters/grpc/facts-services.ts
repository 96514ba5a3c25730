import { groupBy } from '../../text/group-by.ts';
import { type KubeObject, type PodTemplate, podTemplateOf } from '../../model/kubernetes/objects.ts';
import { sameNamespace, type Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { itemsAt, mapAt, scalarAt, textAt, type YamlMap, type YamlNode } from '../../text/yaml.ts';

/** A Service of the unit that selects pods. ExternalName and selector-less Services are none. */
export interface GrpcService {
  readonly object: KubeObject;
  readonly name: string;
  /** Its name in its manifest. */
  readonly at: Anchor;
  /** `clusterIP: None`: its name resolves to the pods. */
  readonly headless: boolean;
  readonly selector: ReadonlyMap<string, string>;
  readonly ports: readonly ServicePort[];
  readonly backends: readonly PodTemplate[];
  readonly pods: PodCount;
}

export interface ServicePort {
  readonly node: YamlNode;
  readonly name: string | undefined;
  /** `undefined` when templated. */
  readonly port: string | undefined;
  /** The port on which the pods listen; `undefined` when it isn't known. */
  readonly targetPort: number | undefined;
  readonly appProtocol: string | undefined;
}

/** How many pods there may be. `most` is unknown for templated replicas, for a DaemonSet and when no workload was seen. */
export interface PodCount {
  readonly most: number | undefined;
  readonly by: 'replicas' | 'autoscaler' | 'unknown';
  readonly at: Anchor | undefined;
}

export const servicesOf = oncePer((unit: Unit): readonly GrpcService[] =>
  unit.objects.filter((object) => object.kind === 'Service' && object.apiVersion === 'v1').flatMap((object) => read(unit, object)),
);

const servicesByName = oncePer(
  (unit: Unit): ReadonlyMap<string, readonly GrpcService[]> => groupBy(servicesOf(unit), ({ name }) => [name]),
);

/** Services of a name, in any namespace. */
export function servicesNamed(unit: Unit, name: string): readonly GrpcService[] {
  return servicesByName(unit).get(name) ?? [];
}

const headlessBySelector = oncePer(
  (unit: Unit): ReadonlyMap<string, readonly GrpcService[]> =>
    groupBy(
      servicesOf(unit).filter((service) => service.headless),
      selectorKey,
    ),
);

function selectorKey({ selector }: GrpcService): string {
  return [...selector]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join();
}

/** The headless Services that select the very same pods by their labels. */
export function headlessTwins(unit: Unit, service: GrpcService): readonly GrpcService[] {
  const twins = headlessBySelector(unit).get(selectorKey(service)) ?? [];
  return twins.filter((twin) => twin.object.namespace === service.object.namespace);
}

/** Pod templates by each of their labels, `key=value`: a Service asks for one of its selector and looks at few. */
const podsByLabel = oncePer((unit: Unit): ReadonlyMap<string, readonly PodTemplate[]> => {
  const pods = unit.objects.flatMap((object) => podTemplateOf(object) ?? []);
  return groupBy(pods, ({ labels }) =>
    [...(labels?.pairs ?? [])].flatMap(([key, { value }]) => (value.kind === 'scalar' ? [`${key}=${value.text}`] : [])),
  );
});

/** Autoscalers by the name of the workload that they scale. */
const autoscalersByTarget = oncePer((unit: Unit): ReadonlyMap<string, readonly KubeObject[]> => {
  return groupBy(unit.objects, ({ root }) => textAt(root, 'spec', 'scaleTargetRef', 'name') ?? []);
});

function read(unit: Unit, object: KubeObject): GrpcService[] {
  const spec = mapAt(object.root, 'spec');
  const at = scalarAt(object.root, 'metadata', 'name');
  const selectorMap = mapAt(spec, 'selector');
  const type = scalarAt(spec, 'type');
  const clusterIP = scalarAt(spec, 'clusterIP');
  if (object.name === undefined || !at || !selectorMap || selectorMap.open) return [];
  if (type?.unknown || clusterIP?.unknown || type?.text === 'ExternalName') return [];
  const selector = new Map<string, string>();
  for (const [key, pair] of selectorMap.pairs) {
    // A masked value joins nothing: which pods are behind isn't known.
    if (pair.value.kind !== 'scalar' || pair.value.unknown) return [];
    selector.set(key, pair.value.text);
  }
  if (selector.size === 0) return [];
  return [new SelectingService(unit, object, at, object.name, clusterIP?.text === 'None', selector, itemsAt(spec, 'ports'))];
}

/** Most Services of a unit are never asked for their pods, and finding those takes a look at every workload. */
class SelectingService implements GrpcService {
  readonly object: KubeObject;
  readonly at: Anchor;
  readonly name: string;
  readonly headless: boolean;
  readonly selector: ReadonlyMap<string, string>;
  private readonly unit: Unit;
  private readonly portNodes: readonly YamlNode[];
  private foundBackends: readonly PodTemplate[] | undefined;
  private readPorts: readonly ServicePort[] | undefined;
  private countedPods: PodCount | undefined;

  constructor(
    unit: Unit,
    object: KubeObject,
    at: Anchor,
    name: string,
    headless: boolean,
    selector: ReadonlyMap<string, string>,
    portNodes: readonly YamlNode[],
  ) {
    this.unit = unit;
    this.object = object;
    this.at = at;
    this.name = name;
    this.headless = headless;
    this.selector = selector;
    this.portNodes = portNodes;
  }

  get backends(): readonly PodTemplate[] {
    this.foundBackends ??= this.candidates().filter(
      (pod) => sameNamespace(pod.workload.namespace, this.object.namespace) && carries(pod.labels, this.selector),
    );
    return this.foundBackends;
  }

  private candidates(): readonly PodTemplate[] {
    const [label] = this.selector;
    return (label && podsByLabel(this.unit).get(`${label[0]}=${label[1]}`)) ?? [];
  }

  get ports(): readonly ServicePort[] {
    this.readPorts ??= this.portNodes.map((node) => readPort(node, this.backends));
    return this.readPorts;
  }

  get pods(): PodCount {
    this.countedPods ??= countPods(this.unit, this.backends);
    return this.countedPods;
  }
}

function carries(labels: YamlMap | undefined, selector: ReadonlyMap<string, string>): boolean {
  return [...selector].every(([key, value]) => textAt(labels, key) === value);
}

function readPort(node: YamlNode, backends: readonly PodTemplate[]): ServicePort {
  const port = textAt(node, 'port');
  const target = scalarAt(node, 'targetPort');
  const number = target === undefined ? port : targetNumber(target.text, backends);
  return {
    node,
    name: textAt(node, 'name'),
    port,
    targetPort: number === undefined ? undefined : Number(number),
    appProtocol: textAt(node, 'appProtocol'),
  };
}

/** A number as it is; a name by the containers' ports, where all backends agree. */
function targetNumber(name: string, backends: readonly PodTemplate[]): string | undefined {
  if (/^\d+$/.test(name)) return name;
  const numbers = backends.flatMap((pod) =>
    itemsAt(pod.spec, 'containers')
      .flatMap((container) => itemsAt(container, 'ports'))
      .flatMap((port) => (textAt(port, 'name') === name ? [textAt(port, 'containerPort')] : [])),
  );
  return new Set(numbers).size === 1 ? numbers[0] : undefined;
}

const UNCOUNTED: PodCount = { most: undefined, by: 'unknown', at: undefined };

/** The pods of all workloads behind a Service; the place is an autoscaler's where one of them has it. */
function countPods(unit: Unit, backends: readonly PodTemplate[]): PodCount {
  if (backends.length === 0) return UNCOUNTED;
  const counts = backends.map(({ workload }) => podsOf(unit, workload));
  let sum = 0;
  for (const { most } of counts) {
    if (most === undefined) return UNCOUNTED;
    sum += most;
  }
  const scaled = counts.find(({ by }) => by === 'autoscaler');
  return { most: sum, by: scaled ? 'autoscaler' : 'replicas', at: (scaled ?? counts.find(({ at }) => at))?.at };
}

/** What the manifest says, or what an autoscaler adds to that. */
function podsOf(unit: Unit, workload: KubeObject): PodCount {
  const replicas = replicasOf(workload);
  const scaled = autoscaled(unit, workload);
  return scaled && !(replicas.most !== undefined && replicas.most >= scaled.most) ? scaled : replicas;
}

/** Replicas as the manifest says; Kubernetes' default is one. */
function replicasOf(workload: KubeObject): PodCount {
  if (workload.kind === 'Pod') return { most: 1, by: 'replicas', at: undefined };
  if (!/^(Deployment|StatefulSet|Rollout|ReplicaSet|ReplicationController)$/.test(workload.kind)) return UNCOUNTED;
  return { most: countAt(workload, 'replicas', 1), by: 'replicas', at: scalarAt(workload.root, 'spec', 'replicas') };
}

/** The most that a HorizontalPodAutoscaler or KEDA's ScaledObject (100 by default) gives a workload. */
function autoscaled(unit: Unit, workload: KubeObject): (PodCount & { readonly most: number }) | undefined {
  if (workload.name === undefined) return undefined;
  for (const object of autoscalersByTarget(unit).get(workload.name) ?? []) {
    const kind = textAt(object.root, 'spec', 'scaleTargetRef', 'kind') ?? 'Deployment';
    if (kind !== workload.kind || !sameNamespace(object.namespace, workload.namespace)) continue;
    const [key, byDefault] = object.kind === 'ScaledObject' ? (['maxReplicaCount', 100] as const) : (['maxReplicas', undefined] as const);
    const most = countAt(object, key, byDefault);
    const at = scalarAt(object.root, 'spec', key) ?? scalarAt(object.root, 'metadata', 'name');
    if (most !== undefined) return { most, by: 'autoscaler', at };
  }
  return undefined;
}

/** A number of an object's `spec`; `undefined` where a template or a variable gives it, or may. */
function countAt(object: KubeObject, key: string, byDefault: number | undefined): number | undefined {
  const spec = mapAt(object.root, 'spec');
  const scalar = scalarAt(spec, key);
  if (!scalar) return spec?.open ? undefined : byDefault;
  return /^\d+$/.test(scalar.text) ? Number(scalar.text) : undefined;
}

/** Domains outside a cluster: `orders.com` is no Service `orders` unless one says that namespace. */
const PUBLIC_SUFFIX = /\.(?:com|net|org|io|dev|app|cloud|cn|co|ai|local|internal|localhost)$/;

/**
 * The Service that a host names, by Kubernetes' DNS: `svc`, `svc.ns`, `svc.ns.svc[.domain]`. Other forms (a StatefulSet's pod, a
 * public name) name none, nor does a name that several Services bear.
 * @param namespace the client's; `undefined` when it isn't known
 */
export function serviceOfHost(unit: Unit, host: string, namespace: string | undefined): GrpcService | undefined {
  const [name, space, third] = host.replace(/\.$/, '').split('.');
  if (third !== undefined && third !== 'svc') return undefined;
  const where = space ?? namespace;
  const hits = servicesNamed(unit, name ?? '').filter((service) => sameNamespace(service.object.namespace, where));
  const exact = hits.filter((service) => service.object.namespace === where);
  const isPublic = third === undefined && PUBLIC_SUFFIX.test(host);
  const [only, ...others] = exact.length > 0 || isPublic ? exact : hits;
  return others.length === 0 ? only : undefined;
}

/** The port of a Service that a client dials; without a port in the target, the only one. */
export function portOf(service: GrpcService, port: string | undefined): ServicePort | undefined {
  if (port === undefined) return service.ports[0];
  return service.ports.find((one) => one.port === port || one.name === port) ?? service.ports.find((one) => one.port === undefined);
}
