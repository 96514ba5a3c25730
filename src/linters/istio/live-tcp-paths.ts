import type { Container } from '../../model/container.ts';
import type { Unit } from '../../model/unit.ts';
import type { PodState } from '../../snapshot/snapshot.ts';
import { serviceAddressOf } from '../../snapshot/service-address.ts';
import { oncePer } from '../../text/once.ts';
import { jsonPointer } from '../../text/json-tree.ts';
import { itemsAt, mapAt, nodeAt, scalarAt, textAt } from '../../text/yaml.ts';
import { objectReference } from '../evidence.ts';
import type { ClusterView, Evidence } from '../probe.ts';
import { type MeshHost, meshHosts } from './facts-hosts.ts';
import { type MeshPort, portNumber } from './facts-protocol.ts';
import type { Way } from './live-idle-limit.ts';
import { isVisibleIn, type MeshWorkload, usesWaypoint, waypointName } from './live-mesh.ts';

/** A way on which a workload's proxy carries TCP that clients keep open. */
export interface TcpPath {
  readonly way: Extract<Way, { readonly is: 'outbound' | 'inbound' }>;
  readonly host: MeshHost;
  readonly port: MeshPort;
  /** Where it is said that this workload has such connections. */
  readonly said: Evidence;
}

/** Databases' own ports among those that Istio takes for TCP by their number. */
const BY_NUMBER: ReadonlySet<number> = new Set([3306, 27017]);

/**
 * Declared as TCP, or as a database: what clients keep in pools. HTTPS and TLS are mostly requests to somebody's API, and what is sniffed may be HTTP.
 */
function keepsConnections({ protocol, decidedBy, number }: MeshPort): boolean {
  if (protocol !== 'tcp') return false;
  if (number !== undefined && BY_NUMBER.has(number)) return true;
  return /^(?:tcp|mysql|redis|mongo)(?:-|$)/i.test(decidedBy?.text ?? '');
}

/** @param namespaces those that have workloads of the mesh */
export function tcpPaths(view: ClusterView, mesh: MeshWorkload, namespaces: ReadonlySet<string>): TcpPath[] {
  if (mesh.role === 'waypoint') return waypointPaths(view, mesh);
  return [...dialled(view, mesh), ...entries(view, mesh, namespaces), ...served(view, mesh)];
}

/** Services that the workload's settings name. */
function dialled(view: ClusterView, { workload: { containers, manifest } }: MeshWorkload): TcpPath[] {
  const found = new Map<string, TcpPath>();
  for (const { env, init } of containers) {
    if (init || !manifest) continue;
    for (const variable of env.variables.values()) {
      const address = serviceAddressOf(variable);
      const host = address && serviceHost(view, address.namespace, address.name);
      if (!address || !host) continue;
      for (const port of host.ports) {
        const { number } = port;
        if (number === undefined || !keepsConnections(port)) continue;
        if (address.port !== undefined ? address.port !== number : host.ports.length > 1) continue;
        const at = variable.value.at ?? variable.nameAt;
        const said: Evidence = {
          source: 'config',
          object: objectReference(manifest),
          pointer: at.file === manifest.file ? jsonPointer(manifest.root, at) : '',
          value: `${variable.name} → ${address.name}.${address.namespace}:${number}`,
          explains: { messageId: 'dials', data: { host: `${address.name}.${address.namespace}`, port: number } },
        };
        const key = `${address.namespace}/${address.name}:${number}`;
        if (!found.has(key)) found.set(key, { way: { is: 'outbound', host, port: number }, host, port, said });
      }
    }
  }
  return [...found.values()];
}

function serviceHost({ unit }: ClusterView, namespace: string, name: string): MeshHost | undefined {
  return servicesOf(unit, namespace).find(({ object }) => object.name === name);
}

const NONE: readonly MeshHost[] = [];

const servicesByNamespace = oncePer((unit: Unit): ReadonlyMap<string, readonly MeshHost[]> => {
  const groups = new Map<string, MeshHost[]>();
  for (const host of meshHosts(unit)) {
    const { namespace } = host.object;
    if (host.kind !== 'Service' || namespace === undefined) continue;
    const group = groups.get(namespace);
    if (group) group.push(host);
    else groups.set(namespace, [host]);
  }
  return groups;
});

function servicesOf(unit: Unit, namespace: string): readonly MeshHost[] {
  return servicesByNamespace(unit).get(namespace) ?? NONE;
}

const serviceEntries = oncePer((unit: Unit): readonly MeshHost[] =>
  meshHosts(unit).filter(({ kind, external }) => kind === 'ServiceEntry' && external),
);

/**
 * ServiceEntries for something outside. Nobody says who connects to it: the workloads of the entry's own namespace, or, where an entry stands among no
 * workloads (the root namespace), all that see it.
 */
function entries(view: ClusterView, mesh: MeshWorkload, namespaces: ReadonlySet<string>): TcpPath[] {
  const { namespace } = mesh.object;
  return serviceEntries(view.unit).flatMap((host): readonly TcpPath[] => {
    const own = host.object.namespace ?? '';
    const exportTo = itemsAt(host.object.root, 'spec', 'exportTo').flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
    if (own !== namespace && (namespaces.has(own) || !isVisibleIn(exportTo, own, namespace))) return [];
    return entryPaths(host);
  });
}

const entryPaths = oncePer((host: MeshHost): readonly TcpPath[] =>
  host.ports.filter(keepsConnections).flatMap((port) => pathTo(host, port, 'entry')),
);

function pathTo(host: MeshHost, port: MeshPort, messageId: string): TcpPath[] {
  const { number, numberScalar } = port;
  if (number === undefined) return [];
  const name = host.kind === 'Service' ? `${host.object.name}.${host.object.namespace}` : (host.hosts[0]?.text ?? '');
  const said: Evidence = {
    source: 'config',
    object: objectReference(host.object),
    pointer: numberScalar ? jsonPointer(host.object.root, numberScalar) : '',
    value: `${name}:${number}`,
    explains: { messageId, data: { host: name, port: number } },
  };
  return [{ way: { is: 'outbound', host, port: number }, host, port, said }];
}

/** TCP ports of Services that lead into the workload's own pods: there the server's proxy has a limit, too. */
function served(view: ClusterView, { pods }: MeshWorkload): TcpPath[] {
  const [pod] = pods;
  if (!pod) return [];
  return servicesOf(view.unit, pod.namespace).flatMap((host): TcpPath[] => {
    if (host.external || !selectsPod(host, pod)) return [];
    return host.ports.filter(keepsConnections).flatMap((port) =>
      pathTo(host, port, 'serves').map((path): TcpPath => {
        const target = portNumber(scalarAt(port.node, 'targetPort')) ?? path.way.port;
        return { ...path, way: { is: 'inbound', port: target } };
      }),
    );
  });
}

function selectsPod({ object }: MeshHost, pod: PodState): boolean {
  const selector = mapAt(object.root, 'spec', 'selector');
  if (!selector || selector.pairs.size === 0 || object.namespace !== pod.namespace) return false;
  return [...selector.pairs.keys()].every((name) => pod.labels[name] === textAt(selector, name));
}

/** Services whose clients in ambient mode go through this waypoint. */
function waypointPaths(view: ClusterView, mesh: MeshWorkload): TcpPath[] {
  const name = waypointName(mesh);
  if (name === undefined) return [];
  return meshHosts(view.unit).flatMap((host): TcpPath[] => {
    const { namespace = '', root } = host.object;
    if (namespace !== mesh.object.namespace) return [];
    const own = textAt(root, 'metadata', 'labels', 'istio.io/use-waypoint');
    if (!usesWaypoint(view, own === undefined ? {} : { 'istio.io/use-waypoint': own }, namespace, name)) return [];
    return host.ports.filter(keepsConnections).flatMap((port) => pathTo(host, port, 'waypoint'));
  });
}

const DATABASE =
  /(?:^|_)(?:DB|DATABASE|MYSQL|MARIADB|PG|POSTGRES|POSTGRESQL|MONGO|MONGODB|REDIS|MEMCACHED|RDS|DATASOURCE)(?:_\w+)?_(?:HOST|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER|URL|URI|DSN)$/;

/** Variables that by their name hold the address of a database, and by their value none of this cluster's Services: it may be anywhere. */
export function databaseHints({ workload: { containers, manifest } }: MeshWorkload): Evidence[] {
  if (!manifest) return [];
  return containers.flatMap(({ env, init }): Evidence[] => {
    if (init) return [];
    return [...env.variables.values()].flatMap((variable): Evidence[] => {
      if (!DATABASE.test(variable.name) || variable.value.known || serviceAddressOf(variable)) return [];
      const { nameAt } = variable;
      return [
        {
          source: 'config',
          object: objectReference(manifest),
          pointer: nameAt.file === manifest.file ? jsonPointer(manifest.root, nameAt) : '',
          value: variable.name,
          explains: { messageId: 'database-hint' },
        },
      ];
    });
  });
}

/** Addresses may stand where a snapshot doesn't look: in Secrets, in files of ConfigMaps, in what the workload's manifest would say. */
export function mayDialUnseen({ workload: { containers, manifest } }: MeshWorkload): boolean {
  if (!manifest || containers.length === 0) return true;
  return containers.some((container) => !container.init && (container.env.unseen.length > 0 || hidesValues(container)));
}

function hidesValues({ env, pod }: Container): boolean {
  const isHidden = [...env.variables.values()].some((variable) => !variable.value.known && !serviceAddressOf(variable));
  const mounts = itemsAt(pod?.spec, 'volumes').some((volume) =>
    ['configMap', 'secret', 'projected', 'csi'].some((kind) => nodeAt(volume, kind) !== undefined),
  );
  return isHidden || mounts;
}
