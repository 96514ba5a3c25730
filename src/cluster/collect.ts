import { SnapshotBuilder } from '../snapshot/builder.ts';
import { RESOURCES } from '../snapshot/resources.ts';
import type { ClusterIdentity, JsonValue, LogRequest, ResourceRead, ServiceRequest, Snapshot } from '../snapshot/snapshot.ts';
import { type Access, mayListEverywhere, reviewAccess } from './access.ts';
import { type Discovery, discover, type ServedResource } from './discovery.ts';
import { readList } from './lists.ts';
import { readLogs } from './logs.ts';
import { type GetRequest, type Need, planReads, reviewedNamespaces } from './plan.ts';
import type { Requests } from './requests.ts';
import type { Run } from './run.ts';
import { askServices, servicesNotAsked } from './service-proxy.ts';

export type Scope =
  | { readonly kind: 'default' }
  | { readonly kind: 'all' }
  | { readonly kind: 'listed'; readonly namespaces: readonly string[] };

export interface Progress {
  readonly step: 'access' | 'discovery' | 'list' | 'logs' | 'ask' | 'observe';
  /** `pods`, `destinationrules.networking.istio.io`; empty where the step is not about one. */
  readonly resource: string;
  readonly count: number;
  /** Where it is known. */
  readonly total?: number;
  readonly done: boolean;
}

export interface CollectRequest {
  /** `default`: all namespaces if the user may list pods in all of them, else that of the context. */
  readonly scope: Scope;
  /** What the probes rest on. */
  readonly needs: readonly Need[];
  /** Several samples of metrics.k8s.io over this time, and the pods once more at its end. */
  readonly observeMs?: number;
  /** Send what `followUp` asks of services. */
  readonly deep?: boolean;
  /** For all of it, the time of observing apart. Default: a minute. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Which logs are worth reading, and what to ask of services, by what was read so far. */
  readonly followUp?: (snapshot: Snapshot) => { readonly logs: readonly LogRequest[]; readonly asks: readonly ServiceRequest[] };
}

/** What a collection is made with. */
export interface Collector {
  readonly requests: Requests;
  readonly run: Run;
  readonly identity: Pick<ClusterIdentity, 'context' | 'server' | 'version'>;
  /** Namespace of the context. */
  readonly namespace: string;
}

const METRICS = { group: 'metrics.k8s.io', resource: 'pods', kind: 'PodMetrics', versions: ['v1beta1'], namespaced: true } as const;
/** metrics-server scrapes every 15 s by default; three samples a minute apart are what the skew of a load is judged by. */
const SAMPLE_EVERY_MS = 60_000;
const SAMPLES_AT_LEAST = 3;

/** Reads a cluster. Never rejects: what could not be read stands in the snapshot's `reads`. */
export async function collect(collector: Collector, request: CollectRequest): Promise<Snapshot> {
  const { requests, run } = collector;
  const takenAt = new Date();
  const tell = (progress: Progress): void => request.onProgress?.(progress);
  const { namespaces, access, discovery, narrowed } = await prepare(collector, request.scope, tell);
  const builder = new SnapshotBuilder();
  const plan = planReads(RESOURCES, request.needs, discovery, access, namespaces);
  const reads: ResourceRead[] = [...plan.settled];
  const lists = plan.lists.map(async (list) => {
    const { served } = list;
    const take = (items: readonly JsonValue[]): void => {
      for (const item of items) builder.add(item, served);
    };
    const resource = nameOf(list.group, list.resource);
    const read = await readList(requests, run, list, take, (progress) => tell({ step: 'list', resource, ...progress, done: false }));
    reads.push(read);
    tell({ step: 'list', resource, count: read.count, done: true });
  });
  await Promise.all([...lists, getObjects(requests, run, plan.gets, builder, reads)]);
  const metrics = await sampleMetrics(collector, request, { namespaces, access, discovery, builder, tell });
  reads.push(...metrics);
  const cluster: ClusterIdentity = {
    ...collector.identity,
    scope: namespaces === undefined ? 'all' : 'listed',
    namespaces: namespaces ?? [],
    ...(narrowed ? { narrowed: true } : {}),
  };
  const finish = (): Snapshot =>
    builder.finish({
      takenAt: takenAt.toISOString(),
      cluster,
      reads: sorted(reads),
      requests: { count: requests.count, durationMs: Date.now() - takenAt.getTime() },
    });
  const first = finish();
  const follow = request.followUp?.(first) ?? { logs: [], asks: [] };
  const [logs, services] = await Promise.all([
    readLogs(requests, run, follow.logs, {
      access,
      inNamespace: namespaces !== undefined,
      unseen: unseenPods(first.reads),
      onProgress: (count, total) => tell({ step: 'logs', resource: 'pods/log', count, total, done: count === total }),
    }),
    request.deep ? askServices(requests, run, follow.asks, access) : { answers: [], reads: [servicesNotAsked()] },
  ]);
  reads.push(...logs.reads, ...services.reads);
  return {
    ...first,
    reads: sorted(reads),
    logs: logs.logs,
    answers: services.answers,
    requests: { count: requests.count, durationMs: Date.now() - takenAt.getTime() },
  };
}

/** Where it isn't known which pods there are, and so whose logs would be read. */
function unseenPods(reads: readonly ResourceRead[]): (string | undefined)[] {
  return reads.flatMap(({ group, resource, outcome, namespace }) =>
    group === '' && resource === 'pods' && outcome !== 'read' ? [namespace] : [],
  );
}

interface Prepared {
  /** Missing: all of them. */
  readonly namespaces: readonly string[] | undefined;
  readonly narrowed: boolean;
  readonly access: Access;
  readonly discovery: Discovery;
}

async function prepare({ requests, run, namespace }: Collector, scope: Scope, tell: (progress: Progress) => void): Promise<Prepared> {
  const chosen = scope.kind === 'listed' ? [...new Set(scope.namespaces)] : scope.kind === 'default' ? [namespace] : [];
  const [discovery, access] = await Promise.all([
    discover(requests, run, [...RESOURCES, METRICS]),
    reviewAccess(requests, run, scope.kind === 'all' ? [] : reviewedNamespaces(chosen)),
  ]);
  tell({ step: 'discovery', resource: '', count: 1, done: true });
  const everywhere = access.may('list', '', 'pods');
  const narrowed =
    scope.kind === 'default' && (everywhere === 'no' || (everywhere === 'unsure' && !(await mayListEverywhere(requests, run, '', 'pods'))));
  tell({ step: 'access', resource: '', count: 1, done: true });
  return { namespaces: scope.kind === 'listed' || narrowed ? chosen : undefined, narrowed, access, discovery };
}

async function getObjects(
  requests: Requests,
  run: Run,
  gets: readonly GetRequest[],
  builder: SnapshotBuilder,
  reads: ResourceRead[],
): Promise<void> {
  const done = new Map<string, ResourceRead>();
  await Promise.all(
    gets.map(async ({ path, apiVersion, kind, resource, namespace, optional }) => {
      const answer = await requests.getJson(run, path);
      const key = `${resource} ${namespace}`;
      const known = done.get(key);
      const count = (known?.count ?? 0) + (answer.ok ? 1 : 0);
      const about = { verb: 'get', group: '', resource, namespace, count } as const;
      if (answer.ok) {
        builder.add(answer.value, { apiVersion, kind });
        done.set(key, { ...about, outcome: known?.outcome ?? 'read', ...(known?.detail ? { detail: known.detail } : {}) });
      } else if (optional && answer.failure.outcome === 'absent') done.set(key, { ...about, outcome: known?.outcome ?? 'read' });
      else {
        // A namespace that isn't there must not pass for one that is empty.
        const { outcome, detail } = answer.failure;
        done.set(key, { ...about, outcome: outcome === 'absent' ? 'server-error' : outcome, detail });
      }
    }),
  );
  reads.push(...done.values());
}

interface Sampling extends Pick<Prepared, 'namespaces' | 'access' | 'discovery'> {
  readonly builder: SnapshotBuilder;
  readonly tell: (progress: Progress) => void;
}

/** One sample of what containers use, or several; the pods again after the last, as some may have restarted meanwhile. */
async function sampleMetrics({ requests, run }: Collector, { observeMs = 0 }: CollectRequest, sampling: Sampling): Promise<ResourceRead[]> {
  const { namespaces, access, discovery, builder, tell } = sampling;
  const found = discovery.find(METRICS);
  const { group, resource } = METRICS;
  if (!found.ok) return [{ verb: 'list', group, resource, outcome: found.failure.outcome, count: 0, detail: found.failure.detail }];
  const samples = observeMs === 0 ? 1 : Math.max(SAMPLES_AT_LEAST, 1 + Math.floor(observeMs / SAMPLE_EVERY_MS));
  const everyMs = samples === 1 ? 0 : observeMs / (samples - 1);
  run.extend(observeMs);
  let reads: ResourceRead[] = [];
  for (let sample = 1; sample <= samples; sample++) {
    if (sample > 1) await run.wait(everyMs);
    const at = new Date().toISOString();
    const items: JsonValue[] = [];
    reads = await Promise.all(
      (namespaces ?? [undefined]).map((namespace): Promise<ResourceRead> => {
        const list = { group, resource, served: found.value, unpaged: true, ...(namespace === undefined ? {} : { namespace }) } as const;
        if (access.may('list', group, resource, namespace) === 'no') {
          const { served: _, unpaged: __, ...about } = list;
          return Promise.resolve({ verb: 'list', ...about, outcome: 'forbidden', count: 0 });
        }
        return readList(
          requests,
          run,
          list,
          (page) => items.push(...page),
          () => {},
        );
      }),
    );
    if (items.length > 0) builder.addUsage(items, at);
    if (samples > 1) tell({ step: 'observe', resource: nameOf(group, resource), count: sample, total: samples, done: sample === samples });
    if (reads.every(({ outcome }) => outcome !== 'read')) return reads;
  }
  if (samples > 1) await listPodsAgain(requests, run, namespaces, access, builder);
  return reads;
}

async function listPodsAgain(
  requests: Requests,
  run: Run,
  namespaces: readonly string[] | undefined,
  access: Access,
  builder: SnapshotBuilder,
): Promise<void> {
  const served: ServedResource = { root: '/api/v1', apiVersion: 'v1', kind: 'Pod', namespaced: true, certain: true };
  const take = (items: readonly JsonValue[]): void => {
    for (const item of items) builder.add(item, served);
  };
  await Promise.all(
    (namespaces ?? [undefined]).map(async (namespace) => {
      if (access.may('list', '', 'pods', namespace) === 'no') return;
      await readList(
        requests,
        run,
        { group: '', resource: 'pods', served, ...(namespace === undefined ? {} : { namespace }) },
        take,
        () => {},
      );
    }),
  );
}

/** One line for what was asked in several requests and came to the same. The same cluster gives the same order, whatever came first. */
function sorted(reads: readonly ResourceRead[]): ResourceRead[] {
  const byKey = new Map<string, ResourceRead>();
  for (const read of reads) {
    const key = [read.group, read.resource, read.namespace ?? '', read.verb, read.outcome].join(' ');
    const known = byKey.get(key);
    byKey.set(key, known ? { ...read, ...known, count: known.count + read.count } : read);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, read]) => read);
}

function nameOf(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}
