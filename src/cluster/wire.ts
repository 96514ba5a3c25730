import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Connection } from './connection.ts';

/**
 * Reviews of the user's own rights: the only requests that are not GET. They are how Kubernetes is asked what one may do, and change nothing:
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export type ReviewPath = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews' | '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';

/** All that can be sent: nothing else has a type, so nothing else can be written. */
export type WireRequest =
  | { readonly method: 'GET'; readonly path: string; readonly accept: string }
  | { readonly method: 'POST'; readonly path: ReviewPath; readonly body: string; readonly accept: string };

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Why there is no reply. `late`: the deadline of this request. `too-large`: more than is read. */
export type NoReply = { readonly why: 'late' | 'aborted' | 'too-large' } | { readonly why: 'broken'; readonly error: Error };

export interface WireSettings {
  readonly userAgent: string;
  readonly deadlineMs: number;
  readonly bytesLimit: number;
  readonly signal: AbortSignal;
}

const unzip = promisify(gunzip);

/** One request and its whole answer. Never rejects. The deadline counts until the last byte of the body. */
export function exchange(connection: Connection, wire: WireRequest, settings: WireSettings): Promise<Reply | NoReply> {
  return new Promise((resolve) => {
    const { server, agent, auth } = connection;
    const body = wire.method === 'POST' ? Buffer.from(wire.body) : undefined;
    const send = server.protocol === 'http:' ? httpRequest : httpsRequest;
    const request = send({
      method: wire.method,
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      ...(server.port === '' ? {} : { port: server.port }),
      path: `${server.pathname.replace(/\/$/, '')}${wire.path}`,
      agent,
      // A proxy's CONNECT takes it over; otherwise it only emits an event.
      timeout: settings.deadlineMs,
      ...(auth === undefined ? {} : { auth }),
      headers: {
        ...connection.headers,
        accept: wire.accept,
        'accept-encoding': 'gzip',
        'user-agent': settings.userAgent,
        ...(body ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
      },
    });
    const finish = (result: Reply | NoReply): void => {
      clearTimeout(timer);
      settings.signal.removeEventListener('abort', abort);
      resolve(result);
    };
    const give = (result: NoReply): void => {
      finish(result);
      request.destroy();
    };
    const abort = (): void => give({ why: 'aborted' });
    const timer = setTimeout(() => give({ why: 'late' }), settings.deadlineMs);
    settings.signal.addEventListener('abort', abort, { once: true });
    if (settings.signal.aborted) return abort();
    request.on('error', (error) => finish({ why: 'broken', error }));
    request.on('response', (response) => {
      collectBody(response, settings.bytesLimit).then(finish, (error: Error) => finish({ why: 'broken', error }));
    });
    request.end(body);
  });
}

async function collectBody(response: IncomingMessage, bytesLimit: number): Promise<Reply | NoReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    // Leaving the loop destroys the response.
    if (bytes > bytesLimit) return { why: 'too-large' };
    chunks.push(chunk);
  }
  if (!response.complete) return { why: 'broken', error: new Error('the connection ended in the middle of the answer') };
  const whole = Buffer.concat(chunks);
  const { statusCode: status = 0, headers } = response;
  if (headers['content-encoding'] !== 'gzip') return { status, headers, body: whole.toString('utf8') };
  try {
    return { status, headers, body: (await unzip(whole, { maxOutputLength: bytesLimit })).toString('utf8') };
  } catch (error) {
    if (error instanceof RangeError) return { why: 'too-large' };
    throw error;
  }
}
