import { type ObjectType, SnapshotBuilder } from './builder.ts';
import { LogMatcher } from './match-log.ts';
import { at, isMap, itemsAt, textAt } from './raw.ts';
import type { SnapshotProblem } from './read-saved.ts';
import { RESOURCES } from './resources.ts';
import { documentsIn, podsWithLogs, readLog, type SavedFile } from './saved-files.ts';
import type { LogRequest, LogState, PodState, ResourceRead, Snapshot } from './snapshot.ts';

export type { SavedFile } from './saved-files.ts';

export type FilesSnapshot =
  | {
      readonly ok: true;
      readonly snapshot: Snapshot;
      /** Files with logs, by `namespace/pod`: for {@link matchSavedLogs}. */
      readonly logs: ReadonlyMap<string, SavedFile>;
      /** Files that could not be read or parsed, or hold no objects. */
      readonly skipped: readonly string[];
    }
  | { readonly ok: false; readonly problem: SnapshotProblem };

/**
 * A snapshot of what kubectl wrote: files of `kubectl get -o yaml|json`, or a folder of `kubectl cluster-info dump`. What the files don't hold was not
 * asked for, and says so. Its time is the newest that an object of them names.
 * @param from the path that was given, for the report
 */
export async function snapshotFromFiles(files: AsyncIterable<SavedFile> | Iterable<SavedFile>, from: string): Promise<FilesSnapshot> {
  const reader = new FilesReader();
  for await (const file of files) await reader.take(file);
  return reader.finish(from);
}

class FilesReader {
  private readonly builder = new SnapshotBuilder();
  private readonly counts = new Map<string, number>();
  private readonly namespaces = new Set<string>();
  private readonly metrics: unknown[] = [];
  private readonly logs = new Map<string, SavedFile>();
  private readonly skipped: string[] = [];
  private newestMs = Number.NEGATIVE_INFINITY;
  private newestMetricsMs = Number.NEGATIVE_INFINITY;

  async take(file: SavedFile): Promise<void> {
    const inDump = /(?:^|\/)([^/]+)\/([^/]+)\/logs\.txt$/.exec(file.path);
    if (inDump) {
      this.logs.set(`${inDump[1] ?? ''}/${inDump[2] ?? ''}`, file);
      return;
    }
    let text: string;
    try {
      text = await file.text();
    } catch {
      this.skipped.push(file.path);
      return;
    }
    for (const pod of podsWithLogs(text)) this.logs.set(pod, file);
    const documents = documentsIn(text);
    const taken = (documents ?? []).map((document) => this.takeDocument(document));
    if (!taken.includes(true)) this.skipped.push(file.path);
  }

  /** @returns whether it is an object, or a list of them */
  private takeDocument(document: unknown): boolean {
    const kind = textAt(document, 'kind');
    const apiVersion = textAt(document, 'apiVersion');
    if (kind === undefined || apiVersion === undefined) return false;
    // kubectl writes an empty list's items as null.
    const isList = kind.endsWith('List') && (Array.isArray(at(document, 'items')) || textAt(document, 'metadata', 'name') === undefined);
    if (!isList) {
      this.takeObject(document, { apiVersion, kind });
      return true;
    }
    const type = kind === 'List' ? undefined : { apiVersion, kind: kind.slice(0, -'List'.length) };
    // An empty list of a kind was asked for, too.
    if (type) this.note(type, 0);
    for (const item of itemsAt(document, 'items')) {
      const own = { apiVersion: textAt(item, 'apiVersion') ?? type?.apiVersion, kind: textAt(item, 'kind') ?? type?.kind };
      if (own.apiVersion !== undefined && own.kind !== undefined) this.takeObject(item, { apiVersion: own.apiVersion, kind: own.kind });
    }
    return true;
  }

  private takeObject(raw: unknown, type: ObjectType): void {
    const newest = newestTime(raw, 0);
    this.newestMs = Math.max(this.newestMs, newest);
    this.note(type, 1);
    const namespace = textAt(raw, 'metadata', 'namespace') ?? (type.kind === 'Namespace' ? textAt(raw, 'metadata', 'name') : undefined);
    if (namespace !== undefined && namespace !== '') this.namespaces.add(namespace);
    if (type.kind === 'PodMetrics') {
      this.metrics.push({ metadata: at(raw, 'metadata'), containers: at(raw, 'containers') });
      this.newestMetricsMs = Math.max(this.newestMetricsMs, newest);
    } else this.builder.add(raw, type);
  }

  private note({ apiVersion, kind }: ObjectType, count: number): void {
    const key = readKey(apiVersion, kind);
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }

  finish(from: string): FilesSnapshot {
    if (this.counts.size === 0) {
      return problem('No Kubernetes objects are in these files.', '这些文件里没有 Kubernetes 对象。');
    }
    if (!Number.isFinite(this.newestMs)) {
      return problem(
        'No object here carries a time, so these are manifests and not objects of a cluster. Lint them instead.',
        '这里的对象都没有时间信息，说明它们是清单文件而不是集群中的对象。请改用 lint。',
      );
    }
    if (this.metrics.length > 0) this.builder.addUsage(this.metrics, rfc3339(this.newestMetricsMs));
    const namespaces = [...this.namespaces].sort();
    const snapshot = this.builder.finish({
      takenAt: rfc3339(this.newestMs),
      cluster: { context: '', server: from, version: '', scope: 'listed', namespaces },
      reads: [],
    });
    const reads = [...this.reads(), ...missingWorkloads(snapshot)];
    return { ok: true, snapshot: { ...snapshot, reads }, logs: this.logs, skipped: this.skipped };
  }

  private reads(): ResourceRead[] {
    const hasEndpoints = this.counts.has(readKey('v1', 'Endpoints'));
    const reads = RESOURCES.map(({ group, resource, kind }): ResourceRead => {
      const count = this.counts.get(`${group}/${kind}`) ?? (kind === 'Event' ? this.counts.get('events.k8s.io/Event') : undefined);
      // Endpoints say what slices say.
      if (count !== undefined || (kind === 'EndpointSlice' && hasEndpoints)) {
        return { verb: 'list', group, resource, outcome: 'read', count: count ?? 0 };
      }
      return { verb: 'list', group, resource, outcome: 'not-asked', count: 0, detail: NOT_THERE };
    });
    const metrics = this.counts.get('metrics.k8s.io/PodMetrics');
    const logs: ResourceRead = {
      verb: 'get',
      group: '',
      resource: 'pods/log',
      outcome: this.logs.size > 0 ? 'read' : 'not-asked',
      count: this.logs.size,
    };
    return [
      ...reads,
      metrics === undefined
        ? { verb: 'list', group: 'metrics.k8s.io', resource: 'pods', outcome: 'not-asked', count: 0, detail: NOT_THERE }
        : { verb: 'list', group: 'metrics.k8s.io', resource: 'pods', outcome: 'read', count: metrics },
      this.logs.size > 0 ? logs : { ...logs, detail: NOT_THERE },
    ];
  }
}

const NOT_THERE = 'none in these files';

function readKey(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`;
}

/**
 * Workloads that pods name as their owner and that are not in the files although others of their kind are: the kind was written of some
 * namespaces only.
 */
function missingWorkloads({ pods, objects }: Snapshot): ResourceRead[] {
  const there = new Set(objects.map(({ kind, metadata }) => `${kind}/${String(metadata.namespace ?? '')}/${metadata.name}`));
  const missing = new Map<string, ResourceRead>();
  for (const { owner } of pods as readonly PodState[]) {
    const own = RESOURCES.find(({ kind, namespaced }) => namespaced && kind === owner.kind);
    if (!own || there.has(`${owner.kind}/${owner.namespace}/${owner.name}`)) continue;
    const { group, resource } = own;
    const detail = `${owner.kind} ${owner.name} is not in these files`;
    missing.set(`${resource}/${owner.namespace}`, {
      verb: 'list',
      group,
      resource,
      namespace: owner.namespace,
      outcome: 'not-asked',
      count: 0,
      detail,
    });
  }
  return [...missing.values()];
}

function problem(en: string, zh: string): FilesSnapshot {
  return { ok: false, problem: { en, zh } };
}

/** Fields in which an API server or a kubelet notes when something happened. None of them lies in the future. */
const TIMES: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'eventTime',
  'finishedAt',
  'firstTimestamp',
  'lastHeartbeatTime',
  'lastObservedTime',
  'lastProbeTime',
  'lastScaleTime',
  'lastTimestamp',
  'lastTransitionTime',
  'lastUpdateTime',
  'startTime',
  'startedAt',
  'time',
  'timestamp',
]);
/** What people write may name any time. */
const WRITTEN: ReadonlySet<string> = new Set(['spec', 'data', 'binaryData', 'stringData', 'annotations', 'labels', 'fieldsV1']);
const MAX_DEPTH = 12;

function newestTime(raw: unknown, depth: number): number {
  let newest = Number.NEGATIVE_INFINITY;
  if (depth > MAX_DEPTH) return newest;
  if (Array.isArray(raw)) {
    for (const item of raw) newest = Math.max(newest, newestTime(item, depth + 1));
    return newest;
  }
  if (!isMap(raw)) return newest;
  for (const [key, value] of Object.entries(raw)) {
    if (typeof value === 'string') {
      const time = TIMES.has(key) && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
      if (Number.isFinite(time)) newest = Math.max(newest, time);
    } else if (!WRITTEN.has(key)) newest = Math.max(newest, newestTime(value, depth + 1));
  }
  return newest;
}

function rfc3339(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

/**
 * Looks for signatures in the logs of a dump. A dump holds no logs of earlier runs: what asks for these gets no state, nor does a container without a log.
 */
export async function matchSavedLogs(requests: readonly LogRequest[], logs: ReadonlyMap<string, SavedFile>): Promise<LogState[]> {
  const states: LogState[] = [];
  for (const { namespace, pod, container, previous, signatures } of requests) {
    const file = previous ? undefined : logs.get(`${namespace}/${pod}`);
    if (!file) continue;
    const matcher = new LogMatcher(signatures);
    try {
      if (!readLog(await file.text(), { namespace, pod, container }, (line) => matcher.line(line))) continue;
    } catch {
      continue;
    }
    states.push({ namespace, pod, container, previous, ...matcher.state() });
  }
  return states;
}
