import type { JsonValue } from '../snapshot/snapshot.ts';
import { isRecord } from './kubeconfig.ts';
import type { Answer, Failure, Requests } from './requests.ts';
import type { Run } from './run.ts';

/** Something that is read, if the cluster serves it. */
export interface WantedResource {
  readonly group: string;
  /** Plural. */
  readonly resource: string;
  readonly kind: string;
  /** Those that the reader knows, preferred first; missing: whatever the server prefers. */
  readonly versions?: readonly string[];
  readonly namespaced: boolean;
}

export interface ServedResource {
  /** `/api/v1`, `/apis/apps/v1` */
  readonly root: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** The API server says so; otherwise only trying tells. */
  readonly certain: boolean;
}

/** What the API server serves, by group and version. */
export interface Discovery {
  /** @returns where it is served; else why it can't be read */
  find(wanted: WantedResource): Answer<ServedResource>;
  /** Some resource of the group is served. */
  hasGroup(group: string): boolean;
}

interface Version {
  readonly version: string;
  /** Missing: its resources were not told (a stale aggregated API), or could not be read. */
  readonly resources?: ReadonlyMap<string, { readonly kind: string; readonly namespaced: boolean }>;
  readonly failure?: Failure;
}

type Groups = ReadonlyMap<string, readonly Version[]>;

/** https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery: one request; older servers answer with the plain list. */
const AGGREGATED = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

/**
 * Asks what is served: the core group as it always was, the others in one request, or one for each wanted group and version on servers before
 * aggregated discovery (1.26).
 */
export async function discover(requests: Requests, run: Run, wanted: readonly WantedResource[]): Promise<Discovery> {
  const answer = await requests.getJson(run, '/apis', { accept: AGGREGATED });
  if (!answer.ok) return withoutDiscovery(answer.failure);
  const groups = isRecord(answer.value) && answer.value.kind === 'APIGroupDiscoveryList' ? aggregated(answer.value) : undefined;
  return fromGroups(groups ?? (await eachGroup(requests, run, answer.value, wanted)));
}

function aggregated(list: Readonly<Record<string, JsonValue>>): Groups {
  const groups = new Map<string, Version[]>();
  for (const group of records(list.items)) {
    const metadata = isRecord(group.metadata) ? group.metadata : {};
    const versions = records(group.versions).map((version): Version => {
      const resources = new Map(
        records(version.resources).flatMap((one) =>
          typeof one.resource === 'string'
            ? [[one.resource, { kind: kindOf(one.responseKind), namespaced: one.scope === 'Namespaced' }] as const]
            : [],
        ),
      );
      return { version: text(version.version), ...(version.freshness === 'Stale' ? {} : { resources }) };
    });
    groups.set(text(metadata.name), versions);
  }
  return groups;
}

async function eachGroup(requests: Requests, run: Run, list: JsonValue, wanted: readonly WantedResource[]): Promise<Groups> {
  const names = new Set(wanted.map(({ group }) => group));
  const found = records(isRecord(list) ? list.groups : undefined).filter((group) => names.has(text(group.name)));
  const entries = await Promise.all(
    found.map(async (group) => {
      const name = text(group.name);
      const versions = records(group.versions).map((version) => text(version.version));
      return [name, await Promise.all(versions.map((version) => oneVersion(requests, run, name, version)))] as const;
    }),
  );
  return new Map(entries);
}

async function oneVersion(requests: Requests, run: Run, group: string, version: string): Promise<Version> {
  const answer = await requests.getJson(run, `/apis/${group}/${version}`);
  if (!answer.ok) return { version, failure: answer.failure };
  const list = records(isRecord(answer.value) ? answer.value.resources : undefined);
  return {
    version,
    resources: new Map(list.map((one) => [text(one.name), { kind: text(one.kind), namespaced: one.namespaced === true }])),
  };
}

function fromGroups(groups: Groups): Discovery {
  return {
    hasGroup: (group) => (groups.get(group)?.length ?? 0) > 0,
    find: (wanted) => {
      if (wanted.group === '') return core(wanted);
      const versions = groups.get(wanted.group);
      if (!versions || versions.length === 0) return absent(`the API server does not serve the group ${wanted.group}`);
      const serving = preferred(versions, wanted.versions).filter((one) => one.resources?.has(wanted.resource));
      const best = serving[0];
      if (best) {
        const { namespaced = wanted.namespaced, kind = wanted.kind } = best.resources?.get(wanted.resource) ?? {};
        return served(wanted.group, best.version, kind || wanted.kind, namespaced);
      }
      const unreadable = versions.find(({ failure }) => failure);
      if (unreadable?.failure && unreadable.failure.status !== 404) return { ok: false, failure: unreadable.failure };
      // Announced, but the server behind it does not say what it has: only trying tells.
      const silent = preferred(versions, wanted.versions).find(({ resources }) => !resources);
      if (silent) return served(wanted.group, silent.version, wanted.kind, wanted.namespaced, false);
      return absent(`the API server serves no version of ${wanted.resource}.${wanted.group}`);
    },
  };
}

/** The versions that the reader knows in its own order, then the others in the server's. */
function preferred(versions: readonly Version[], order: readonly string[] = []): Version[] {
  const known = order.flatMap((name) => versions.filter(({ version }) => version === name));
  return [...known, ...versions.filter((version) => !known.includes(version))];
}

/** Who may not even ask what is served: what every cluster has is tried, the rest stays unknown. */
function withoutDiscovery(failure: Failure): Discovery {
  return {
    hasGroup: () => false,
    find: (wanted) => {
      if (wanted.group === '') return core(wanted);
      const version = BUILT_IN[wanted.group];
      return version !== undefined && failure.outcome === 'forbidden'
        ? served(wanted.group, version, wanted.kind, wanted.namespaced, false)
        : { ok: false, failure };
    },
  };
}

/** Of Kubernetes itself, in versions that every supported release serves: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ */
const BUILT_IN: Readonly<Record<string, string>> = {
  apps: 'v1',
  batch: 'v1',
  autoscaling: 'v2',
  'networking.k8s.io': 'v1',
  'discovery.k8s.io': 'v1',
  'events.k8s.io': 'v1',
  policy: 'v1',
};

function core({ kind, namespaced }: WantedResource): Answer<ServedResource> {
  return { ok: true, value: { root: '/api/v1', apiVersion: 'v1', kind, namespaced, certain: true } };
}

function served(group: string, version: string, kind: string, namespaced: boolean, certain = true): Answer<ServedResource> {
  return { ok: true, value: { root: `/apis/${group}/${version}`, apiVersion: `${group}/${version}`, kind, namespaced, certain } };
}

function absent(detail: string): Answer<never> {
  return { ok: false, failure: { outcome: 'absent', detail, code: 'server-error' } };
}

function kindOf(responseKind: JsonValue | undefined): string {
  return isRecord(responseKind) ? text(responseKind.kind) : '';
}

function records(value: JsonValue | undefined): Record<string, JsonValue>[] {
  return Array.isArray(value) ? value.filter((one): one is Record<string, JsonValue> => isRecord(one)) : [];
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
