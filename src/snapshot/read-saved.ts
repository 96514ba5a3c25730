import { entriesAt, isMap } from './raw.ts';
import { SNAPSHOT_VERSION, type Snapshot } from './snapshot.ts';

export interface SnapshotProblem {
  readonly en: string;
  readonly zh: string;
}

export type SavedSnapshot = { readonly ok: true; readonly snapshot: Snapshot } | { readonly ok: false; readonly problem: SnapshotProblem };

/** Whether a text may be a saved snapshot rather than something of kubectl's: by its first bytes. */
export function looksSaved(text: string): boolean {
  return /^\uFEFF?\s*\{\s*"format"\s*:\s*"runbook-lens-snapshot"/.test(text.slice(0, 1000));
}

/** Reads a saved snapshot; its version and the shape of everything that is read later without looking are checked. */
export function readSnapshot(text: string): SavedSnapshot {
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return problem(
      'This is no JSON, so no saved snapshot; the file may be cut short.',
      '不是 JSON，因此不是已保存的快照；文件可能不完整。',
    );
  }
  if (!isMap(raw) || raw.format !== 'runbook-lens-snapshot') {
    return problem('This JSON is no snapshot of Runbook Lens.', '这个 JSON 不是 Runbook Lens 的快照。');
  }
  if (raw.version !== SNAPSHOT_VERSION) {
    const version = typeof raw.version === 'number' ? String(raw.version) : '?';
    return problem(
      `The snapshot has version ${version}; this Runbook Lens reads version ${SNAPSHOT_VERSION}.`,
      `快照的版本是 ${version}，而当前 Runbook Lens 只能读取版本 ${SNAPSHOT_VERSION}。`,
    );
  }
  const wrong = shapeProblem(SNAPSHOT, raw, '');
  if (wrong !== undefined) {
    return problem(`The snapshot is damaged: ${wrong} is missing or of another type.`, `快照已损坏：${wrong} 缺失或类型不对。`);
  }
  return { ok: true, snapshot: raw as unknown as Snapshot };
}

function problem(en: string, zh: string): SavedSnapshot {
  return { ok: false, problem: { en, zh } };
}

/** `?` behind a type: it may be missing. */
type Shape =
  | 'text'
  | 'time'
  | 'number'
  | 'switch'
  | 'text?'
  | 'number?'
  | 'texts'
  | { readonly [key: string]: Shape }
  | readonly [Shape]
  | 'map';

const REFERENCE = { kind: 'text', namespace: 'text', name: 'text' } as const;

const SNAPSHOT: Shape = {
  takenAt: 'time',
  cluster: { context: 'text', server: 'text', version: 'text', scope: 'text', namespaces: ['text'] },
  reads: [{ verb: 'text', group: 'text', resource: 'text', namespace: 'text?', outcome: 'text', count: 'number', detail: 'text?' }],
  objects: [{ apiVersion: 'text', kind: 'text', metadata: { name: 'text' } }],
  pods: [
    {
      namespace: 'text',
      name: 'text',
      owner: REFERENCE,
      via: 'text?',
      node: 'text',
      phase: 'text',
      ip: 'text',
      createdAt: 'text',
      readySince: 'text?',
      deleting: 'switch',
      hostNetwork: 'switch',
      labels: 'texts',
      annotations: 'texts',
      dnsPolicy: 'text',
      containers: [
        {
          name: 'text',
          image: 'text',
          role: 'text',
          ready: 'switch',
          restarts: 'number',
          state: 'text',
          reason: 'text?',
          startedAt: 'text?',
          memoryLimitMiB: 'number?',
          memoryRequestMiB: 'number?',
          cpuLimitCores: 'number?',
          cpuRequestCores: 'number?',
          env: 'texts',
          args: ['text'],
        },
      ],
    },
  ],
  endpoints: [{ namespace: 'text', service: 'text', ip: 'text', ready: 'switch', pod: 'text?', node: 'text?', zone: 'text?' }],
  replicaSets: [{ namespace: 'text', name: 'text', createdAt: 'text', revision: 'number?', replicas: 'number' }],
  nodes: [{ name: 'text', kubeletVersion: 'text', operatingSystem: 'text', architecture: 'text', ready: 'switch' }],
  events: [{ object: REFERENCE, type: 'text', reason: 'text', count: 'number', firstAt: 'text?', lastAt: 'text?', message: 'text?' }],
  usage: [
    { at: 'time', containers: [{ namespace: 'text', pod: 'text', container: 'text', cpuMillicores: 'number', memoryMiB: 'number' }] },
  ],
  logs: [
    {
      namespace: 'text',
      pod: 'text',
      container: 'text',
      previous: 'switch',
      lines: 'number',
      matches: [{ signature: 'text', count: 'number', line: 'text', at: 'text?' }],
    },
  ],
  answers: [{ namespace: 'text', service: 'text', path: 'text', values: 'map' }],
  requests: { count: 'number', durationMs: 'number' },
};

/** The path of the first thing that is not as it should be. */
function shapeProblem(shape: Shape, raw: unknown, path: string): string | undefined {
  if (typeof shape === 'string') return isOf(shape, raw) ? undefined : path;
  if (Array.isArray(shape)) {
    if (!Array.isArray(raw)) return path;
    const [item] = shape as readonly [Shape];
    for (const [index, one] of raw.entries()) {
      const wrong = shapeProblem(item, one, `${path}/${index}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  if (!isMap(raw)) return path === '' ? '/' : path;
  for (const [key, part] of Object.entries(shape)) {
    const wrong = shapeProblem(part, Object.hasOwn(raw, key) ? raw[key] : undefined, `${path}/${key}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function isOf(shape: string, raw: unknown): boolean {
  if (shape.endsWith('?') && raw === undefined) return true;
  switch (shape.replace('?', '')) {
    case 'text':
      return typeof raw === 'string';
    case 'time':
      return typeof raw === 'string' && Number.isFinite(Date.parse(raw));
    case 'number':
      return typeof raw === 'number';
    case 'switch':
      return typeof raw === 'boolean';
    case 'map':
      return isMap(raw);
    case 'texts':
      return isMap(raw) && entriesAt(raw).every(([, value]) => typeof value === 'string');
    default:
      return true;
  }
}
