import { objectReference } from '../../evidence.ts';
import type { EnvironmentVariable } from '../../../model/container.ts';
import type { ObjectReference, PodState } from '../../../snapshot/snapshot.ts';
import { jsonPointer } from '../../../text/json-tree.ts';
import { textAt } from '../../../text/yaml.ts';
import type { ClusterView, LiveWorkload } from '../../probe.ts';
import type { ServicePort } from '../facts-services.ts';
import type { GrpcServer, ScoredService } from './grpc-services.ts';
import { addressesOf, namespacesByName, objectsByFile } from './lookups.ts';

/** A live workload whose environment has the address of a Service. What its code does with it can't be seen. */
export interface Client {
  readonly workload: LiveWorkload;
  readonly container: string;
  readonly variable: string;
  /** The object that holds the variable: the workload, or a ConfigMap. */
  readonly writtenIn: ObjectReference;
  readonly pointer: string;
  readonly service: ScoredService;
  /** The port that is dialled; `undefined`: the address names none, or one that the Service doesn't have. */
  readonly port: ServicePort | undefined;
  /** As the address says; missing: none. */
  readonly dialled: number | undefined;
  /** How the value begins, if it has a scheme: `http://`, `dns://`, `dns:///`. */
  readonly prefix: string | undefined;
  /** Its pods that run or come up. */
  readonly pods: readonly PodState[];
}

/** Programs that take connections and make their own: what they do behind is theirs. */
const PROXY = /(?:^|[/-])(?:envoy|nginx|haproxy|traefik|kong)(?:[-:@]|$)/;

/**
 * The clients of a server by their variables, each workload and Service once. Not those that dial themselves (peers), run nowhere, or are proxies.
 * @param ports of the Service that count; the address of another port is no client
 */
export function clientsOf(view: ClusterView, server: GrpcServer): readonly Client[] {
  const backends = new Set(server.services.flatMap(({ service }) => service.backends.map(({ workload }) => workload)));
  return server.services.flatMap((service): Client[] => {
    const found = new Map<LiveWorkload, Client>();
    for (const { workload, container, image, variable, address } of addressesOf(view.workloads).get(keyOf(service)) ?? []) {
      const pods = workload.pods.filter(({ deleting, phase }) => !deleting && (phase === 'Running' || phase === 'Pending'));
      const isPeer = workload.manifest !== undefined && backends.has(workload.manifest);
      const { port: dialled, prefix } = address;
      // `postgres://` to a port that is named grpc, as CockroachDB's is, is no gRPC.
      if (pods.length === 0 || isPeer || PROXY.test(image ?? '') || found.has(workload) || prefix === 'other://') continue;
      const ports = service.ports.map(({ port }) => port);
      const port =
        dialled === undefined ? ports[0] : ports.find((one) => Number(one.port) === dialled || headlessPort(service, one, dialled));
      if (!port && service.service.ports.some((one) => Number(one.port) === dialled)) continue;
      const where = placeOf(view, workload, variable);
      found.set(workload, { workload, container, variable: variable.name, ...where, service, port, dialled, prefix, pods });
    }
    return [...found.values()];
  });
}

function keyOf({ object }: ScoredService): string {
  return `${object.namespace}/${object.name}`;
}

/** Where the address is written: the workload's list of variables, or a ConfigMap. */
function placeOf(
  view: ClusterView,
  { object, manifest }: LiveWorkload,
  variable: EnvironmentVariable,
): Pick<Client, 'writtenIn' | 'pointer'> {
  const at = variable.node ?? variable.nameAt;
  const holder = manifest?.file === at.file ? manifest : objectsByFile(view.unit).get(at.file);
  return holder ? { writtenIn: objectReference(holder), pointer: jsonPointer(holder.root, at) } : { writtenIn: object, pointer: '' };
}

/** A headless name leads to the pods themselves, on the port where they listen. */
function headlessPort({ service }: ScoredService, port: ServicePort, dialled: number): boolean {
  return service.headless && port.targetPort === dialled;
}

/**
 * What stands between a client's live pods and a Service. Sidecars of Istio and Linkerd balance requests over a Service with an address when they read
 * HTTP/2 there; not over a headless one (Istio passes it through: pilot/pkg/serviceregistry/kube/conversion.go; Linkerd: features/load-balancing).
 * Ambient without a waypoint carries connections only. TLS that the application makes hides the requests, and can't be seen here.
 */
export interface Path {
  /** `headless`: the client's own policy decides, mesh or none. `unknown`: something stands there and what it does is not known. */
  readonly balances: 'requests' | 'connections' | 'headless' | 'unknown';
  readonly by: 'istio' | 'linkerd' | 'waypoint' | 'other' | 'nothing';
  /** Pods of the client with nothing that balances requests. */
  readonly bare: number;
}

export function pathOf(view: ClusterView, client: Client): Path {
  if (client.service.service.headless) return { balances: 'headless', by: 'nothing', bare: client.pods.length };
  const paths = client.pods.map((pod) => podPath(view, pod, client));
  const bare = paths.filter(({ balances }) => balances === 'connections').length;
  const worst =
    paths.find(({ balances }) => balances === 'connections') ?? paths.find(({ balances }) => balances === 'unknown') ?? paths[0];
  return worst ? { ...worst, bare } : { balances: 'unknown', by: 'nothing', bare };
}

type PodPath = Pick<Path, 'balances' | 'by'>;

const OTHER_PROXIES: ReadonlySet<string> = new Set(['consul-dataplane', 'envoy-sidecar', 'kuma-sidecar', 'envoy', 'daprd']);

function podPath(view: ClusterView, pod: PodState, { service, port }: Client): PodPath {
  const running = pod.containers.filter(({ role }) => role !== 'init').map(({ name }) => name);
  const { appProtocol = '', name = '' } = port ?? {};
  if (running.includes('istio-proxy')) {
    const included = pod.annotations['traffic.sidecar.istio.io/includeOutboundPorts'];
    const excluded = lists(pod.annotations['traffic.sidecar.istio.io/excludeOutboundPorts'], port);
    const passed = excluded || (included !== undefined && included !== '' && included !== '*' && !lists(included, port));
    // The protocol that the port declares wins over its name's prefix; without either Istio looks at the first bytes.
    const opaque =
      /^(?:tcp|tls|https)$/i.test(appProtocol) || (appProtocol === '' && /^(?:tcp|tls|https|mongo|redis|mysql)(?:-|$)/.test(name));
    return { balances: passed || opaque ? 'connections' : 'requests', by: 'istio' };
  }
  if (running.includes('linkerd-proxy')) {
    if (lists(pod.annotations['config.linkerd.io/skip-outbound-ports'], port)) return { balances: 'connections', by: 'linkerd' };
    // From 2.18 any other appProtocol is opaque to Linkerd; its version is not read.
    const plain =
      appProtocol === '' || appProtocol === 'http' || appProtocol === 'kubernetes.io/h2c' || appProtocol.startsWith('linkerd.io/');
    return { balances: plain ? 'requests' : 'unknown', by: 'linkerd' };
  }
  if (running.some((container) => OTHER_PROXIES.has(container))) return { balances: 'unknown', by: 'other' };
  return ambient(view, pod, service);
}

function ambient(view: ClusterView, pod: PodState, { service, object }: ScoredService): PodPath {
  const labelOf = (namespace: string, key: string): string | undefined =>
    textAt(namespacesByName(view.unit).get(namespace)?.root, 'metadata', 'labels', key);
  const mode = pod.labels['istio.io/dataplane-mode'] ?? labelOf(pod.namespace, 'istio.io/dataplane-mode');
  if (pod.annotations['ambient.istio.io/redirection'] !== 'enabled' && mode !== 'ambient')
    return { balances: 'connections', by: 'nothing' };
  const own = textAt(service.object.root, 'metadata', 'labels', 'istio.io/use-waypoint');
  const waypoint = own ?? labelOf(object.namespace, 'istio.io/use-waypoint');
  if (waypoint !== undefined && waypoint !== 'none') return { balances: 'requests', by: 'waypoint' };
  const unread = view.outcome({ group: '', resource: 'namespaces' }) !== 'read';
  return { balances: own === undefined && unread ? 'unknown' : 'connections', by: 'waypoint' };
}

/** `3306,9000-9100` names the port, or all of them. */
function lists(text: string | undefined, port: ServicePort | undefined): boolean {
  const number = Number(port?.port);
  return (text ?? '').split(',').some((part) => {
    const [from = '', to = from] = part.trim().split('-');
    return from === '*' || (from !== '' && Number(from) <= number && number <= Number(to));
  });
}
