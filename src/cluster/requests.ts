import { maskText } from '../snapshot/mask.ts';
import type { JsonValue, ReadOutcome } from '../snapshot/snapshot.ts';
import type { Connection, Connector } from './connection.ts';
import type { ClusterError, ClusterErrorCode } from './errors.ts';
import { isRecord } from './kubeconfig.ts';
import type { Run } from './run.ts';
import { exchange, type NoReply, type Reply, type ReviewPath, type WireRequest } from './wire.ts';

/** Why something could not be read. */
export interface Failure {
  readonly outcome: Exclude<ReadOutcome, 'read'>;
  /** In English, masked. */
  readonly detail: string;
  /** The HTTP status, where there was an answer. */
  readonly status?: number;
  /** The answer is larger than is read: ask for less. */
  readonly tooLarge?: true;
  /** What it means when nothing at all can be read. */
  readonly code: ClusterErrorCode;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export interface RequestSettings {
  readonly userAgent: string;
  /** For one request, its body included. */
  readonly deadlineMs: number;
  /** The API server took these credentials before: if it stops to, they ended in the middle. */
  readonly accepted?: boolean;
  /** Requests that were sent before and belong to this count. */
  readonly sentBefore?: number;
}

export interface GetOptions {
  readonly accept?: string;
  /** The answer is another server's (a kubelet, a service behind the proxy): its 401 says nothing of our credentials. */
  readonly foreign?: boolean;
  /** Bytes that are read at most, unpacked. */
  readonly bytesLimit?: number;
}

const AT_ONCE = 4;
const BYTES_LIMIT = 48 * 1024 * 1024;
/** Before the second and third attempt after a broken connection or a 5xx. */
const BACKOFF_MS: readonly number[] = [250, 1000];
/** 429s in a row for one request, each waited for as the server says. */
const MAX_THROTTLED = 10;
const JSON_TYPE = 'application/json';

/** All requests of a run go through here. Four at a time; every one that is sent counts. */
export class Requests {
  readonly #connector: Connector;
  readonly #settings: RequestSettings;
  readonly #waiting: (() => void)[] = [];
  #free = AT_ONCE;
  #count: number;
  #accepted: boolean;
  /** The credentials are refused for good: nobody asks with them again. */
  #refusal: Failure | undefined;

  constructor(connector: Connector, settings: RequestSettings) {
    this.#connector = connector;
    this.#settings = settings;
    this.#count = settings.sentBefore ?? 0;
    this.#accepted = settings.accepted ?? false;
  }

  /** Requests that were sent, retries included. */
  get count(): number {
    return this.#count;
  }

  /** @returns the body as text */
  async get(run: Run, path: string, options: GetOptions = {}): Promise<Answer<string>> {
    const reply = await this.#send(run, { method: 'GET', path, accept: options.accept ?? JSON_TYPE }, options);
    return reply.ok ? { ok: true, value: reply.value.body } : reply;
  }

  async getJson(run: Run, path: string, options: GetOptions = {}): Promise<Answer<JsonValue>> {
    return jsonOf(await this.get(run, path, options));
  }

  /** Asks for the user's own rights. */
  async review(run: Run, path: ReviewPath, spec: Readonly<Record<string, JsonValue>>): Promise<Answer<JsonValue>> {
    const kind = path.endsWith('selfsubjectaccessreviews') ? 'SelfSubjectAccessReview' : 'SelfSubjectRulesReview';
    const body = JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind, spec });
    const reply = await this.#send(run, { method: 'POST', path, accept: JSON_TYPE, body }, {});
    return jsonOf(reply.ok ? { ok: true, value: reply.value.body } : reply);
  }

  async #send(run: Run, wire: WireRequest, options: GetOptions): Promise<Answer<Reply>> {
    let broken = 0;
    let throttled = 0;
    let refused: Connection | undefined;
    for (;;) {
      if (run.over) return { ok: false, failure: ended(run.over) };
      if (this.#refusal) return { ok: false, failure: this.#refusal };
      const connection = await this.#connector.connection(run.signal, refused);
      if (!connection.ok) return { ok: false, failure: this.#noCredentials(run, connection.error) };
      const result = await this.#attempt(run, connection.value, wire, options);
      if ('why' in result) {
        const failure = noReply(result, run, this.#settings.deadlineMs);
        const waitMs = BACKOFF_MS[broken++];
        if (result.why !== 'broken' || !isPassing(result.error) || waitMs === undefined || waitMs > run.remainingMs)
          return { ok: false, failure };
        await run.wait(waitMs);
        continue;
      }
      const { status } = result;
      if (status >= 200 && status < 300) {
        this.#accepted ||= !options.foreign;
        return { ok: true, value: result };
      }
      const failure = refusalOf(result);
      if (status === 401 && options.foreign !== true) {
        if (refused) {
          this.#refusal = { ...failure, outcome: this.#accepted ? 'expired' : 'unauthorized' };
          return { ok: false, failure: this.#refusal };
        }
        refused = connection.value;
      } else if (status === 429) {
        const waitMs = retryAfterMs(result);
        if (++throttled > MAX_THROTTLED || waitMs >= run.remainingMs) {
          return { ok: false, failure: { ...failure, outcome: 'timeout', detail: `${failure.detail} (Retry-After: ${waitMs / 1000} s)` } };
        }
        await run.wait(waitMs);
      } else if (status >= 500) {
        const waitMs = BACKOFF_MS[broken++];
        if (waitMs === undefined || waitMs > run.remainingMs) return { ok: false, failure };
        await run.wait(waitMs);
      } else return { ok: false, failure };
    }
  }

  async #attempt(run: Run, connection: Connection, wire: WireRequest, options: GetOptions): Promise<Reply | NoReply> {
    await this.#enter(run);
    try {
      if (run.over) return { why: 'aborted' };
      this.#count++;
      return await exchange(connection, wire, {
        userAgent: this.#settings.userAgent,
        deadlineMs: Math.max(1, this.#settings.deadlineMs),
        bytesLimit: options.bytesLimit ?? BYTES_LIMIT,
        signal: run.signal,
      });
    } finally {
      this.#leave();
    }
  }

  /** Waits for its turn. When the run is over all turns come at once, as nothing is sent any more. */
  #enter(run: Run): Promise<void> {
    if (this.#free > 0 || run.over) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const proceed = (): void => {
        run.signal.removeEventListener('abort', aborted);
        this.#free--;
        resolve();
      };
      const aborted = (): void => {
        const place = this.#waiting.indexOf(proceed);
        if (place >= 0) this.#waiting.splice(place, 1);
        proceed();
      };
      this.#waiting.push(proceed);
      run.signal.addEventListener('abort', aborted, { once: true });
    });
  }

  #leave(): void {
    this.#free++;
    if (this.#free > 0) this.#waiting.shift()?.();
  }

  #noCredentials(run: Run, error: ClusterError): Failure {
    if (run.over) return ended(run.over);
    const failure: Failure = { outcome: this.#accepted ? 'expired' : 'unauthorized', detail: englishOf(error), code: error.code };
    this.#refusal = failure;
    return failure;
  }
}

/** The English text of an error, for `detail`s. */
export function englishOf({ message, data }: ClusterError): string {
  return message.en.replace(/\{(\w+)\}/g, (hole, name: string) => String(data[name] ?? hole)).trim();
}

function ended(over: 'timeout' | 'cancelled'): Failure {
  return over === 'timeout'
    ? { outcome: 'timeout', detail: 'the time for the whole run was over', code: 'timeout' }
    : { outcome: 'cancelled', detail: 'cancelled', code: 'cancelled' };
}

function jsonOf(answer: Answer<string>): Answer<JsonValue> {
  if (!answer.ok) return answer;
  try {
    return { ok: true, value: JSON.parse(answer.value) };
  } catch {
    return { ok: false, failure: { outcome: 'server-error', detail: 'the answer is not JSON', code: 'server-error' } };
  }
}

function noReply(result: NoReply, run: Run, deadlineMs: number): Failure {
  if (run.over) return ended(run.over);
  switch (result.why) {
    case 'late':
      return { outcome: 'timeout', detail: `no complete answer within ${deadlineMs / 1000} s`, code: 'timeout' };
    case 'aborted':
      return ended('cancelled');
    case 'too-large':
      return { outcome: 'limit', detail: 'the answer is larger than is read', code: 'server-error', tooLarge: true };
    case 'broken':
      return { outcome: 'unreachable', detail: maskText(`${codeOf(result.error)}${result.error.message}`), code: errorCode(result.error) };
  }
}

function refusalOf({ status, headers, body }: Reply): Failure {
  const detail = maskText(`${status}: ${saidBy(headers['content-type'] ?? '', body)}`);
  const outcomes: Readonly<Record<number, Failure['outcome']>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'absent', 410: 'expired' };
  return { outcome: outcomes[status] ?? 'server-error', detail, status, code: status === 401 ? 'unauthorized' : 'server-error' };
}

/** A Status object's message, else the first line of what is no HTML. */
function saidBy(contentType: string, body: string): string {
  if (contentType.includes('json')) {
    try {
      const status: unknown = JSON.parse(body);
      if (isRecord(status) && typeof status.message === 'string') return status.message;
    } catch {
      return 'an answer that is no JSON';
    }
  }
  return contentType.includes('html')
    ? 'a page of HTML, maybe of a proxy'
    : (body.split('\n').find((line) => line.trim() !== '') ?? '').slice(0, 1000);
}

/** https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterMs({ headers }: Reply): number {
  const given = headers['retry-after'];
  const seconds = Number(given ?? '1');
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(given ?? '') - Date.now();
  return Math.max(100, Number.isFinite(ms) ? ms : 1000);
}

/** A connection that was there and broke, as when a load balancer or a restarting server closes it. */
function isPassing(error: Error): boolean {
  return (
    ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'].includes(codeOf(error).slice(0, -2)) ||
    /in the middle|unexpected end of file|aborted/.test(error.message)
  );
}

function errorCode(error: Error): ClusterErrorCode {
  const code = codeOf(error);
  if (/^(?:ENOTFOUND|EAI_)/.test(code)) return 'unknown-host';
  return /CERT|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code) ? 'untrusted' : 'unreachable';
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
}
