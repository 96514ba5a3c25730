import { readFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Agent, createServer as createHttpsServer, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, writeKubeconfig } from './control-plane.ts';

/** What goes wrong with a request. Where it says nothing else, the API server is not asked. */
export type Fault =
  /** Another answer in the API server's place; `body` as it is if text, else JSON. */
  | { readonly kind: 'answer'; readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks: before anything came, or after the headers and half of the real body. */
  | { readonly kind: 'reset'; readonly at: 'before-headers' | 'in-body' }
  /** Nothing comes, ever: no headers, or none of the body after its first half. */
  | { readonly kind: 'stall'; readonly at: 'before-headers' | 'in-body' }
  /** The real answer, later. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The real answer, in pieces with pauses. */
  | { readonly kind: 'slow'; readonly chunkBytes: number; readonly delayMs: number }
  /** Status 200 and half of the real body, properly ended: JSON that stops in the middle. */
  | { readonly kind: 'truncated' }
  /** Status 200 and bytes that are no JSON. */
  | { readonly kind: 'garbage' };

export interface FaultRule {
  /** Matches method, path and query: `/\/pods\?.*continue=/`. */
  readonly path: RegExp;
  readonly method?: string;
  /** The first of the matching requests that fails, from 1. Default 1. */
  readonly fromHit?: number;
  /** The last one that fails. Default: all that follow. */
  readonly toHit?: number;
  readonly fault: Fault;
}

/** One request that arrived, in the order of arrival. */
export interface SeenRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly userAgent: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** `performance.now()` of arrival, and of its end; undefined while it lasts. */
  readonly startMs: number;
  endMs?: number;
  /** Status that was sent; undefined if none was. */
  status?: number;
  /** Body bytes that were sent. */
  bytes: number;
  /** Whether the client went away before the answer was complete. */
  abandoned?: boolean;
  readonly fault?: Fault['kind'];
}

export interface FaultProxyOptions {
  /** `http` for a server without TLS. Default `https`. */
  readonly scheme?: 'http' | 'https';
  /** PEM. Default: the API server's own, so that the same authority is right for both. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

export interface FaultProxy {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  readonly requests: readonly SeenRequest[];
  /** The most requests that were open at once. */
  readonly mostAtOnce: number;
  /** A rule for what comes from now on; of several that match, the first counts. */
  inject(...rules: readonly FaultRule[]): void;
  /** No faults any more, no requests seen. */
  reset(): void;
  /** Path of a kubeconfig of a user that points here. */
  kubeconfig(user?: string): string;
  stop(): Promise<void>;
}

interface CountedRule extends FaultRule {
  hits: number;
}

let proxies = 0;

/** Stands in front of a control plane, hands requests on, and fails where it is told to. */
export async function startFaultProxy(cluster: ControlPlane, options: FaultProxyOptions = {}): Promise<FaultProxy> {
  const { scheme = 'https' } = options;
  const certificate = options.certificate ?? {
    cert: readFileSync(join(cluster.dir, 'apiserver.crt'), 'utf8'),
    key: readFileSync(join(cluster.dir, 'apiserver.key'), 'utf8'),
  };
  const upstream = new Agent({ keepAlive: true, ca: cluster.ca });
  const requests: SeenRequest[] = [];
  const rules: CountedRule[] = [];
  let open = 0;
  let mostAtOnce = 0;
  const handle = (incoming: IncomingMessage, reply: ServerResponse): void => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const fault = chosenFault(rules, `${method} ${path}`, method);
    const seen: SeenRequest = {
      method,
      path,
      headers,
      userAgent: headers['user-agent'],
      startMs: performance.now(),
      bytes: 0,
      fault: fault?.kind,
    };
    requests.push(seen);
    open++;
    mostAtOnce = Math.max(mostAtOnce, open);
    reply.on('close', () => {
      open--;
      seen.endMs = performance.now();
      if (reply.headersSent) seen.status = reply.statusCode;
      seen.abandoned = !reply.writableFinished;
    });
    incoming.on('error', () => {});
    reply.on('error', () => {});
    forward(cluster.server, upstream, incoming, reply, fault, seen).catch((error: unknown) => {
      if (!reply.headersSent) reply.writeHead(502, { 'content-type': 'text/plain' });
      reply.end(`the proxy could not reach the API server: ${error}`);
    });
  };
  const server: Server = scheme === 'https' ? createHttpsServer(certificate, handle) : createHttpServer(handle);
  const port = await listen(server);
  const address = `${scheme}://127.0.0.1:${port}`;
  const id = ++proxies;
  return {
    server: address,
    requests,
    get mostAtOnce() {
      return mostAtOnce;
    },
    inject: (...more) => {
      rules.push(...more.map((rule) => ({ ...rule, hits: 0 })));
    },
    reset: () => {
      rules.length = 0;
      requests.length = 0;
      mostAtOnce = open;
    },
    kubeconfig: (user = 'admin') =>
      writeKubeconfig(join(cluster.dir, `proxy-${id}-${user}.kubeconfig`), {
        server: address,
        token: cluster.token(user),
        ...(scheme === 'https' ? { ca: cluster.ca } : {}),
      }),
    stop: async () => {
      upstream.destroy();
      await close(server);
    },
  };
}

function chosenFault(rules: readonly CountedRule[], line: string, method: string): Fault | undefined {
  let chosen: Fault | undefined;
  for (const rule of rules) {
    if (!rule.path.test(line) || (rule.method !== undefined && rule.method !== method)) continue;
    rule.hits++;
    const { fromHit = 1, toHit = Number.POSITIVE_INFINITY } = rule;
    if (rule.hits >= fromHit && rule.hits <= toHit) chosen ??= rule.fault;
  }
  return chosen;
}

async function forward(
  server: string,
  agent: Agent,
  incoming: IncomingMessage,
  reply: ServerResponse,
  fault: Fault | undefined,
  seen: SeenRequest,
): Promise<void> {
  if (fault?.kind === 'answer') return answer(reply, fault, seen);
  if (fault?.kind === 'reset' && fault.at === 'before-headers') return resetConnection(incoming);
  if (fault?.kind === 'stall' && fault.at === 'before-headers') return;
  if (fault?.kind === 'garbage') return answer(reply, { kind: 'answer', status: 200, body: GARBAGE }, seen);
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  const real = await realAnswer(server, agent, incoming, Buffer.concat(parts));
  if (fault?.kind === 'delay') await sleep(fault.delayMs, undefined, { ref: false });
  const broken = fault?.kind === 'truncated' || fault?.kind === 'reset' || fault?.kind === 'stall';
  const body = broken ? real.body.subarray(0, Math.max(1, real.body.length >> 1)) : real.body;
  const length = fault?.kind === 'truncated' ? body.length : real.body.length;
  reply.writeHead(real.status, { ...withoutHopHeaders(real.headers), 'content-length': String(length) });
  const chunkBytes = fault?.kind === 'slow' ? fault.chunkBytes : body.length || 1;
  for (let offset = 0; offset < body.length && !reply.destroyed; offset += chunkBytes) {
    if (fault?.kind === 'slow') await sleep(fault.delayMs, undefined, { ref: false });
    const chunk = body.subarray(offset, offset + chunkBytes);
    seen.bytes += chunk.length;
    // Handed to the network before anything else happens: what follows may be the end of the connection.
    await new Promise<void>((done) => {
      reply.write(chunk, () => done());
      reply.once('close', done);
    });
  }
  if (fault?.kind === 'stall') return;
  if (fault?.kind === 'reset') return resetConnection(incoming);
  reply.end();
}

const GARBAGE = '\u0000\u0001<html>not what you asked for</html>{"items": [';

function answer(reply: ServerResponse, { status, body, headers }: Fault & { kind: 'answer' }, seen: SeenRequest): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? statusBody(status));
  const type = typeof body === 'string' && !body.startsWith('{') ? 'text/plain' : 'application/json';
  reply.writeHead(status, { 'content-type': type, ...headers });
  seen.bytes = Buffer.byteLength(text);
  reply.end(text);
}

/** A reset (RST), as of a load balancer that lost the connection; an end (FIN) would be more polite. */
function resetConnection(incoming: IncomingMessage): void {
  const { socket } = incoming;
  // Below TLS there is a plain socket, and only that one can be reset.
  const plain: unknown = Reflect.get(socket, '_parent');
  if (isSocket(plain)) plain.resetAndDestroy();
  if (!socket.destroyed) socket.resetAndDestroy();
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'resetAndDestroy' in value;
}

interface RealAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function realAnswer(server: string, agent: Agent, incoming: IncomingMessage, body: Buffer): Promise<RealAnswer> {
  // Uncompressed, so that half a body is half of its text.
  const { host: _h, 'accept-encoding': _e, ...headers } = withoutHopHeaders(incoming.headers);
  return new Promise((resolve, reject) => {
    const sent = request(server + (incoming.url ?? '/'), { method: incoming.method, agent, headers }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('error', reject);
      reply.on('end', () => resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body: Buffer.concat(parts) }));
    });
    sent.on('error', reject);
    sent.end(body.length === 0 ? undefined : body);
  });
}

function withoutHopHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, 'content-length': _l, ...rest } = headers;
  return rest;
}

/** The API server's own words for a status, as `kubectl get --raw` shows them. */
function statusBody(code: number): unknown {
  const [reason, message] = STATUS[code] ?? ['InternalError', 'an error on the server has prevented the request from succeeding'];
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

const STATUS: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden: User "someone" cannot list resource'],
  404: ['NotFound', 'the server could not find the requested resource'],
  410: ['Expired', 'The provided continue parameter is too old to display a consistent list result.'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
};

/** An answer with the API server's own Status body. */
export function statusFault(status: number, headers: Readonly<Record<string, string>> = {}): Fault {
  return { kind: 'answer', status, headers };
}

/** 429 as API Priority and Fairness sends it: plain text, whole seconds. */
export function tooManyRequests(retryAfterSeconds: number): Fault {
  const headers = { 'retry-after': String(retryAfterSeconds), 'content-type': 'text/plain; charset=utf-8' };
  return { kind: 'answer', status: 429, body: 'Too many requests, please try again later.\n', headers };
}

/** Doesn't keep the process alive. */
function listen(server: Server): Promise<number> {
  return new Promise((done, failed) => {
    server.on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      done((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
