import type { KubeObject } from '../../model/kubernetes/objects.ts';
import { sameNamespace, type Unit } from '../../model/unit.ts';
import type { Lookup } from '../../model/value.ts';
import { oncePer } from '../../text/once.ts';
import { itemsAt, nodeAt, scalarAt, textAt, type YamlMap, type YamlScalar } from '../../text/yaml.ts';
import { type MeshPort, serviceEntryPort, servicePort } from './facts-protocol.ts';
import { ofKind } from './objects.ts';

/** A Service or ServiceEntry: what Istio has listeners and clusters for. */
export interface MeshHost {
  readonly kind: 'Service' | 'ServiceEntry';
  readonly object: KubeObject;
  /** A ServiceEntry's hosts; for a Service none, its name says it. */
  readonly hosts: readonly YamlScalar[];
  readonly ports: readonly MeshPort[];
  /** No template hole among the ports. */
  readonly portsSeen: boolean;
  /** Outside the cluster: an entry that is not MESH_INTERNAL. */
  readonly external: boolean;
}

const services = oncePer((unit: Unit): readonly MeshHost[] =>
  ofKind(unit, 'Service')
    .filter(({ apiVersion }) => apiVersion === 'v1')
    .map(hostOfService),
);

const serviceEntries = oncePer((unit: Unit): readonly MeshHost[] =>
  ofKind(unit, 'ServiceEntry').filter(isIstioNetworking).map(hostOfEntry),
);

export const meshHosts = oncePer((unit: Unit): readonly MeshHost[] => [...services(unit), ...serviceEntries(unit)]);

const servicesByName = oncePer((unit: Unit): ReadonlyMap<string, readonly MeshHost[]> => {
  const names = new Map<string, MeshHost[]>();
  for (const service of services(unit)) {
    const { name } = service.object;
    if (name === undefined) continue;
    const group = names.get(name);
    if (group) group.push(service);
    else names.set(name, [service]);
  }
  return names;
});

const hostOfService = oncePer((object: KubeObject): MeshHost => hostOf(object, 'Service'));
const hostOfEntry = oncePer((object: KubeObject): MeshHost => hostOf(object, 'ServiceEntry'));

export function isIstioNetworking(object: KubeObject): boolean {
  return object.apiVersion.startsWith('networking.istio.io/');
}

function hostOf(object: KubeObject, kind: MeshHost['kind']): MeshHost {
  const list = nodeAt(object.root, 'spec', 'ports');
  const maps = itemsAt(list).filter((item): item is YamlMap => item.kind === 'map');
  const location = textAt(object.root, 'spec', 'location');
  return {
    kind,
    object,
    hosts: itemsAt(object.root, 'spec', 'hosts').filter((item): item is YamlScalar => item.kind === 'scalar'),
    ports: maps.map(kind === 'Service' ? servicePort : serviceEntryPort),
    portsSeen: !(list?.kind === 'sequence' && list.open) && !(list === undefined && specIsOpen(object)),
    external: kind === 'ServiceEntry' ? location !== 'MESH_INTERNAL' : scalarAt(object.root, 'spec', 'externalName') !== undefined,
  };
}

function specIsOpen(object: KubeObject): boolean {
  const spec = nodeAt(object.root, 'spec');
  return spec?.kind === 'map' && spec.open;
}

/** `reviews.prod.svc.cluster.local`: the Service behind a fully qualified name. */
export function serviceOfName(host: string): { readonly name: string; readonly namespace: string } | undefined {
  const match = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)$/.exec(host);
  return match ? { name: match[1] ?? '', namespace: match[2] ?? '' } : undefined;
}

/** Two host names, either of which may begin with a wildcard. */
function overlap(a: string, b: string): boolean {
  return matchesPattern(a, b) || matchesPattern(b, a);
}

function matchesPattern(host: string, pattern: string): boolean {
  return pattern === host || (pattern.startsWith('*') && host.endsWith(pattern.slice(1)));
}

/**
 * The Service or ServiceEntries that a DestinationRule's `host` names, as Istio resolves it: a name without a dot is a Service of the
 * rule's own namespace, anything else is taken as fully qualified.
 * @param namespace of the object that names the host; `undefined` when templated
 */
export function lookupHost(unit: Unit, host: string, namespace: string | undefined, complete: boolean): Lookup<MeshHost> {
  const short = host.includes('.') ? serviceOfName(host) : { name: host, namespace };
  const byPattern = host.startsWith('*')
    ? services(unit).filter(({ object: { name, namespace: at } }) => {
        return name !== undefined && at !== undefined && `${name}.${at}.svc.cluster.local`.endsWith(host.slice(1));
      })
    : [];
  const byName = servicesByName(unit).get(short?.name ?? '') ?? [];
  const hits = [
    ...byPattern,
    ...byName.filter(({ object }) => sameNamespace(object.namespace, short?.namespace)),
    ...serviceEntries(unit).filter(({ hosts }) => hosts.some((one) => overlap(host, one.text))),
  ];
  const [first, ...more] = hits;
  if (first && more.length === 0) return { is: 'found', value: first };
  if (first) return { is: 'several', values: hits };
  if (complete) return { is: 'absent', closedBy: 'assume.complete' };
  // Nobody keeps all Services of a cluster in one folder: a host that isn't here is unseen, not absent.
  return { is: 'unseen', gaps: unit.gaps };
}
