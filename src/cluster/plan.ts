import type { ResourceRead } from '../snapshot/snapshot.ts';
import type { Access } from './access.ts';
import type { Discovery, WantedResource } from './discovery.ts';
import type { ListRequest } from './lists.ts';

/** A verb on a resource that a verdict rests on. */
export interface Need {
  readonly verb: 'get' | 'list';
  readonly group: string;
  readonly resource: string;
}

/** One object by its name. */
export interface GetRequest {
  readonly path: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespace: string;
  /** It need not exist; its namespace must. */
  readonly optional: boolean;
}

/** What will be asked, and what is known without asking: not served, or not allowed. */
export interface Plan {
  readonly lists: readonly ListRequest[];
  readonly gets: readonly GetRequest[];
  readonly settled: readonly ResourceRead[];
}

/** Where a cluster's DNS is set up, whatever namespaces the user looks at. */
export const DNS_NAMESPACE = 'kube-system';
const DNS_CONFIG_MAPS: readonly string[] = ['coredns', 'node-local-dns'];
/** Istio's root namespace, unless it was renamed: what stands there holds in every namespace. */
export const MESH_NAMESPACE = 'istio-system';
const MESH_GROUP = /(?:^|\.)istio\.io$/;

/**
 * Most events are Normal and tell of nothing that went wrong; of these only what explains a load that moves. A field selector can't say "or", so
 * each is a list of its own.
 */
export const NORMAL_EVENTS: readonly string[] = ['Killing', 'ScalingReplicaSet', 'SuccessfulRescale'];
const EVENT_SELECTORS: readonly string[] = ['type!=Normal', ...NORMAL_EVENTS.map((reason) => `type=Normal,reason=${reason}`)];

/**
 * @param wanted every resource that the snapshot can hold
 * @param needs what the probes rest on; those that the snapshot can't hold (subresources, metrics) are asked for elsewhere
 * @param namespaces of the scope; missing: all of them
 */
export function planReads(
  wanted: readonly WantedResource[],
  needs: readonly Need[],
  discovery: Discovery,
  access: Access,
  namespaces: readonly string[] | undefined,
): Plan {
  const lists: ListRequest[] = [];
  const gets: GetRequest[] = [];
  const settled: ResourceRead[] = [];
  const list = (one: WantedResource, namespace?: string): void => {
    const { group, resource } = one;
    const about = { verb: 'list', group, resource, ...(namespace === undefined ? {} : { namespace }) } as const;
    const found = discovery.find(one);
    if (!found.ok) {
      // The API server serves it in every namespace or in none.
      settled.push({ ...about, outcome: found.failure.outcome, count: 0, detail: found.failure.detail });
    } else if (access.may('list', group, resource, namespace) === 'no') {
      settled.push({ ...about, outcome: 'forbidden', count: 0 });
    } else {
      const where = { group, resource, served: found.value, ...(namespace === undefined ? {} : { namespace }) };
      const isEvents = group === '' && resource === 'events';
      for (const fieldSelector of isEvents ? EVENT_SELECTORS : [undefined]) {
        lists.push({ ...where, ...(fieldSelector === undefined ? {} : { fieldSelector }) });
      }
    }
  };
  const get = (resource: string, kind: string, namespace: string, name: string, optional: boolean): void => {
    const path = resource === 'namespaces' ? `/api/v1/namespaces/${encodeURIComponent(name)}` : objectPath(resource, namespace, name);
    if (access.may('get', '', resource, namespace, name) !== 'no')
      gets.push({ path, apiVersion: 'v1', kind, resource, namespace, optional });
    else if (!settled.some((read) => read.verb === 'get' && read.resource === resource && read.namespace === namespace)) {
      settled.push({ verb: 'get', group: '', resource, namespace, outcome: 'forbidden', count: 0 });
    }
  };
  for (const one of [...wanted, ...unlisted(wanted, needs)]) {
    if (namespaces === undefined || !one.namespaced) {
      if (one.resource === 'namespaces' && one.group === '' && namespaces)
        for (const name of namespaces) get('namespaces', 'Namespace', name, name, false);
      else list(one);
    } else for (const namespace of namespaces) list(one, namespace);
  }
  if (namespaces) {
    if (!namespaces.includes(DNS_NAMESPACE)) for (const name of DNS_CONFIG_MAPS) get('configmaps', 'ConfigMap', DNS_NAMESPACE, name, true);
    if (!namespaces.includes(MESH_NAMESPACE) && discovery.hasGroup('networking.istio.io')) {
      for (const one of wanted) {
        if (one.namespaced && (MESH_GROUP.test(one.group) || (one.group === '' && one.resource === 'configmaps')))
          list(one, MESH_NAMESPACE);
      }
    }
  }
  return { lists: bySize(lists), gets, settled: onePerResource(settled) };
}

/** Namespaces whose rules must be known before such a plan can be made. */
export function reviewedNamespaces(namespaces: readonly string[]): string[] {
  return [...new Set([...namespaces, DNS_NAMESPACE, MESH_NAMESPACE])];
}

/** What probes need although the snapshot keeps nothing of it: that it was read, or not, counts. */
function unlisted(wanted: readonly WantedResource[], needs: readonly Need[]): WantedResource[] {
  const more = new Map<string, WantedResource>();
  for (const { verb, group, resource } of needs) {
    if (verb !== 'list' || resource.includes('/') || group === 'metrics.k8s.io') continue;
    if (wanted.some((one) => one.group === group && one.resource === resource)) continue;
    more.set(`${resource}.${group}`, { group, resource, kind: '', namespaced: true });
  }
  return [...more.values()];
}

function objectPath(resource: string, namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`;
}

const MOST_PAGES_FIRST: readonly string[] = ['pods', 'endpointslices', 'services', 'replicasets', 'configmaps', 'events'];

/** A list's pages come one after the other: those with most pages begin. */
function bySize(lists: readonly ListRequest[]): ListRequest[] {
  const rank = ({ resource }: ListRequest): number => {
    const place = MOST_PAGES_FIRST.indexOf(resource);
    return place < 0 ? MOST_PAGES_FIRST.length : place;
  };
  return [...lists].sort((a, b) => rank(a) - rank(b));
}

/** What isn't served is told once, not for every namespace. */
function onePerResource(reads: readonly ResourceRead[]): ResourceRead[] {
  const seen = new Set<string>();
  return reads.flatMap((read) => {
    if (read.outcome !== 'absent') return [read];
    const key = `${read.resource}.${read.group}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const { namespace: _, ...everywhere } = read;
    return [everywhere];
  });
}
