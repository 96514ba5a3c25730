import type { KubeObject, PodTemplate } from '../../model/kubernetes/objects.ts';
import { objectsOfKind, type Repository, sameNamespace, type Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';
import { itemsAt, textAt } from '../../text/yaml.ts';
import type { GrpcService, ServicePort } from './facts-services.ts';

/**
 * What stands between a client and a Service, by what the product's documents say: Istio's and Linkerd's sidecars balance requests over a
 * ClusterIP Service; Istio's ambient mode does so only through a waypoint; TLS made by the application hides HTTP/2 from them, and an
 * excluded port passes them by. Only the sidecar on the client's side counts.
 */
export interface Mesh {
  /** `yes`: requests are balanced; `maybe`: the repository speaks of a mesh and nothing says whether this client is in it. */
  readonly balances: 'yes' | 'maybe' | 'no';
  /** The client is in a mesh, whether or not that helps: a headless Service would be no cure. */
  readonly meshed: boolean;
  /** A headless Service may stand in its way: something speaks of a mesh. */
  readonly suspected: boolean;
}

const NO_MESH: Mesh = { balances: 'no', meshed: false, suspected: false };

export interface MeshQuestion {
  readonly unit: Unit;
  readonly repository: Repository;
  /** The client's pod; `undefined` when it wasn't found. */
  readonly pod: PodTemplate | undefined;
  readonly service: GrpcService;
  readonly port: ServicePort | undefined;
  readonly tls: boolean;
}

export function meshBetween(question: MeshQuestion): Mesh {
  const { unit, repository, pod, service } = question;
  const injected = injectionOf(unit, pod);
  const assumed = repository.assume(service.object.file.path).mesh;
  // A pod with a sidecar is none of ambient mode's, whatever its namespace says.
  if (injected.istio === true || injected.linkerd === true) return sidecar(question);
  if (injected.ambient ?? assumed === 'ambient') return ambient(unit, service);
  if (injected.other) return { balances: 'maybe', meshed: true, suspected: true };
  if (assumed === 'none') return NO_MESH;
  if (assumed === 'istio' || assumed === 'linkerd') return injected[assumed] === false ? NO_MESH : sidecar(question);
  const open = repository.meshEvidence.some(({ mesh }) => (mesh === 'istio' || mesh === 'linkerd' ? injected[mesh] !== false : true));
  return open ? { balances: 'maybe', meshed: false, suspected: true } : NO_MESH;
}

interface Injection {
  /** `undefined`: nothing is said. */
  readonly istio: boolean | undefined;
  readonly linkerd: boolean | undefined;
  readonly ambient: boolean | undefined;
  readonly other: boolean;
}

const namespacesOf = oncePer((unit: Unit): readonly KubeObject[] => objectsOfKind(unit, 'Namespace'));

function injectionOf(unit: Unit, pod: PodTemplate | undefined): Injection {
  const spaces = namespacesOf(unit).filter((space) => pod && space.name === pod.workload.namespace);
  const said = (part: 'labels' | 'annotations', key: string): string | undefined =>
    spaces.map((space) => textAt(space.root, 'metadata', part, key)).find((value) => value !== undefined);
  const names = [...itemsAt(pod?.spec, 'containers'), ...itemsAt(pod?.spec, 'initContainers')].map((item) => textAt(item, 'name'));
  const own = (key: string): string | undefined => textAt(pod?.labels, key) ?? textAt(pod?.annotations, key);
  const istioPod = own('sidecar.istio.io/inject') ?? (own('istio.io/rev') === undefined ? undefined : 'true');
  const istioSpace = said('labels', 'istio-injection') ?? (said('labels', 'istio.io/rev') === undefined ? undefined : 'enabled');
  const linkerd = own('linkerd.io/inject') ?? said('annotations', 'linkerd.io/inject');
  const mode = own('istio.io/dataplane-mode') ?? said('labels', 'istio.io/dataplane-mode');
  const other = own('consul.hashicorp.com/connect-inject') === 'true' || own('kuma.io/sidecar-injection') === 'enabled';
  return {
    istio: names.includes('istio-proxy') ? true : injects(istioPod, istioSpace),
    linkerd: names.includes('linkerd-proxy') ? true : linkerd === undefined ? undefined : linkerd === 'enabled' || linkerd === 'ingress',
    ambient: mode === undefined ? undefined : mode === 'ambient',
    other,
  };
}

/** Istio's webhook leaves a namespace out that says so, whatever its pods say; else the pod's word goes first. */
function injects(pod: string | undefined, space: string | undefined): boolean | undefined {
  if (space === 'disabled') return false;
  return pod === undefined ? space === 'enabled' || undefined : pod === 'true';
}

/** ztunnel carries connections, not requests; a waypoint of the Service or, if it doesn't say, of its namespace balances. */
function ambient(unit: Unit, { object }: GrpcService): Mesh {
  const waypoint = ({ root }: KubeObject): string | undefined => textAt(root, 'metadata', 'labels', 'istio.io/use-waypoint');
  const spaces = namespacesOf(unit).filter((space) => sameNamespace(space.name, object.namespace));
  const used = [object, ...spaces].map(waypoint).find((value) => value !== undefined) ?? 'none';
  return { balances: used === 'none' ? 'no' : 'yes', meshed: true, suspected: true };
}

const EXCLUDED_PORTS = ['traffic.sidecar.istio.io/excludeOutboundPorts', 'config.linkerd.io/skip-outbound-ports'];

function sidecar({ pod, port, tls }: MeshQuestion): Mesh {
  const excluded = EXCLUDED_PORTS.some((key) => lists(textAt(pod?.annotations, key), port?.port));
  return { balances: tls || excluded ? 'no' : 'yes', meshed: true, suspected: true };
}

/** `3306,9000-9100` names the port. */
function lists(text: string | undefined, port: string | undefined): boolean {
  if (text === undefined) return false;
  return text.split(',').some((part) => {
    const [from, to = from] = part.trim().split('-');
    return Number(from) <= Number(port) && Number(port) <= Number(to);
  });
}
