import { LogMatcher } from '../snapshot/match-log.ts';
import type { LogRequest, LogState, ResourceRead } from '../snapshot/snapshot.ts';
import type { Access } from './access.ts';
import type { Failure, Requests } from './requests.ts';
import type { Run } from './run.ts';

/** Containers whose logs are read at most; they are asked for in the order of what they would settle. */
export const LOG_CONTAINERS = 20;
/** The kubelet takes the last lines first and then cuts from their end: the bytes must be plenty for so many lines. */
const TAIL_LINES = 2000;
const LIMIT_BYTES = 4 * 1024 * 1024;

const NOT_GRANTED = { outcome: 'forbidden', detail: '' } as const;

export interface LogsRead {
  readonly logs: readonly LogState[];
  readonly reads: readonly ResourceRead[];
}

export interface LogSettings {
  readonly access: Access;
  /** The scope is some namespaces: rights are asked for in these. */
  readonly inNamespace: boolean;
  /** Namespaces (missing: all) whose pods could not be listed: if their logs may not be read either, that is told along with it. */
  readonly unseen: readonly (string | undefined)[];
  readonly onProgress: (count: number, total: number) => void;
}

/** Reads the last lines of the containers that were asked for and keeps what their signatures match. No line stays beyond that. */
export async function readLogs(requests: Requests, run: Run, asked: readonly LogRequest[], settings: LogSettings): Promise<LogsRead> {
  const { access, inNamespace, unseen, onProgress } = settings;
  const wanted = asked.slice(0, LOG_CONTAINERS);
  const tally = new Tally(inNamespace);
  for (const { namespace } of asked.slice(LOG_CONTAINERS)) {
    tally.add(namespace, { outcome: 'limit', detail: `the logs of more than ${LOG_CONTAINERS} containers are not read` });
  }
  for (const namespace of unseen) {
    if (access.may('get', '', 'pods/log', namespace) === 'no') tally.add(namespace ?? '', NOT_GRANTED);
  }
  let done = 0;
  const logs = await Promise.all(
    wanted.map(async (request) => {
      const read = await readLog(requests, run, request, access);
      onProgress(++done, wanted.length);
      tally.add(request.namespace, 'outcome' in read ? read : undefined);
      return 'outcome' in read ? [] : read.logs;
    }),
  );
  return { logs: logs.flat(), reads: tally.reads() };
}

async function readLog(
  requests: Requests,
  run: Run,
  request: LogRequest,
  access: Access,
): Promise<{ readonly logs: readonly LogState[] } | Pick<Failure, 'outcome' | 'detail'>> {
  const { namespace, pod, container, previous, signatures } = request;
  if (access.may('get', '', 'pods/log', namespace, pod) === 'no') return NOT_GRANTED;
  const query = new URLSearchParams({ container, tailLines: String(TAIL_LINES), limitBytes: String(LIMIT_BYTES), timestamps: 'true' });
  if (previous) query.set('previous', 'true');
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log?${query}`;
  const answer = await requests.get(run, path, { accept: '*/*', bytesLimit: 2 * LIMIT_BYTES });
  if (!answer.ok) return hasNoLog(answer.failure) ? { logs: [] } : noLog(answer.failure, pod);
  const matcher = new LogMatcher(signatures);
  for (const line of answer.value.split('\n')) if (line !== '') matcher.line(line);
  return { logs: [{ namespace, pod, container, previous, ...matcher.state() }] };
}

/** The container has not started, or has no run before this one; or the pod went meanwhile. There is nothing to read, and that is known. */
function hasNoLog({ status, detail }: Failure): boolean {
  return (
    (status === 400 && /not found|waiting to start|is not available|is terminated/.test(detail)) ||
    (status === 404 && /\bpods "/.test(detail))
  );
}

/** A node that isn't there is no resource that isn't served. */
function noLog({ outcome, detail }: Failure, pod: string): Pick<Failure, 'outcome' | 'detail'> {
  return { outcome: outcome === 'absent' ? 'server-error' : outcome, detail: `${pod}: ${detail}` };
}

/** One read for each namespace (or for all, if the scope is all) and outcome. */
class Tally {
  readonly #inNamespace: boolean;
  readonly #reads = new Map<string, ResourceRead>();

  constructor(inNamespace: boolean) {
    this.#inNamespace = inNamespace;
  }

  add(namespace: string, failure: Pick<Failure, 'outcome' | 'detail'> | undefined): void {
    const outcome = failure?.outcome ?? 'read';
    const key = `${this.#inNamespace ? namespace : ''} ${outcome}`;
    const known = this.#reads.get(key);
    const detail = known?.detail ?? failure?.detail;
    this.#reads.set(key, {
      verb: 'get',
      group: '',
      resource: 'pods/log',
      ...(this.#inNamespace ? { namespace } : {}),
      outcome,
      count: (known?.count ?? 0) + (failure ? 0 : 1),
      ...(detail === undefined ? {} : { detail }),
    });
  }

  /** Nobody asked for a log: then none is missing. */
  reads(): ResourceRead[] {
    return this.#reads.size > 0 ? [...this.#reads.values()] : [{ verb: 'get', group: '', resource: 'pods/log', outcome: 'read', count: 0 }];
  }
}
