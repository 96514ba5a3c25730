import { type FoundLine, linesOf } from '../../../snapshot/log-matches.ts';
import type { LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import type { ClusterView } from '../../probe.ts';
import { applicationOf, type MeshWorkload, PROXY } from '../live-mesh.ts';

/**
 * Envoy's access log of a TCP connection, in Istio's two formats (istio/istio:pilot/pkg/model/telemetry_logging.go: EnvoyTextLogFormat,
 * EnvoyJSONLogFormatIstio; before 1.9 the text has fewer fields). A connection has no method. Only those that lived at least a minute are caught: a log
 * is full of others, and the last 50 numbers are kept.
 */
const LONG = '(?<durationMs>[6-9]\\d{4}|\\d{6,})';
/** Nothing went wrong, or the client left: how a connection looks that Envoy closed for idleness. */
const QUIET = '-|DC';
/** The upstream's side broke or could not be reached (Envoy: access log, response flags). */
const BROKEN = 'U[A-Z]*(?:,\\w+)*|LR|LH';
const QUOTED = '"[^"]*"';

function textLine(flags: string, tail: string): RegExp {
  return new RegExp(`"- - -" 0 (?:${flags}) (?:${QUOTED}|\\S+ \\S+)(?: ${QUOTED})? \\d+ \\d+ ${LONG} - (?:${QUOTED} ){4}${tail}`);
}

function jsonLine(flags: string, ...more: readonly string[]): RegExp {
  const wanted = ['"method":\\s?(?:null|"-")', `"response_flags":\\s?"(?:${flags})"`, `"duration":\\s?"?${LONG}\\b`, ...more];
  return new RegExp(`^${wanted.map((one) => `(?=.*${one})`).join('')}\\{`);
}

const UPSTREAM_PORT = '"upstream_host":\\s?"[^"]*:(?<port>\\d+)"';

export const CLOSED = {
  outbound: ['istio/closed-outbound', 'istio/closed-outbound-json'],
  passthrough: ['istio/closed-passthrough', 'istio/closed-passthrough-json'],
  inbound: ['istio/closed-inbound', 'istio/closed-inbound-json'],
} as const;
const RESET = ['istio/reset', 'istio/reset-json'] as const;

const PROXY_SIGNATURES: readonly LogSignature[] = [
  { id: CLOSED.outbound[0], pattern: textLine(QUIET, `${QUOTED} outbound\\|(?<port>\\d+)\\|`) },
  { id: CLOSED.outbound[1], pattern: jsonLine(QUIET, '"upstream_cluster":\\s?"outbound\\|(?<port>\\d+)\\|') },
  { id: CLOSED.passthrough[0], pattern: textLine(QUIET, `"[^"]*:(?<port>\\d+)" PassthroughCluster\\b`) },
  { id: CLOSED.passthrough[1], pattern: jsonLine(QUIET, '"upstream_cluster":\\s?"PassthroughCluster\\b', UPSTREAM_PORT) },
  { id: CLOSED.inbound[0], pattern: textLine(QUIET, `${QUOTED} inbound\\|(?<port>\\d+)\\|`) },
  { id: CLOSED.inbound[1], pattern: jsonLine(QUIET, '"upstream_cluster":\\s?"inbound\\|(?<port>\\d+)\\|') },
  { id: RESET[0], pattern: textLine(BROKEN, `"[^"]*:(?<port>\\d+)" (?:PassthroughCluster\\b|outbound\\|)`) },
  { id: RESET[1], pattern: jsonLine(BROKEN, '"upstream_cluster":\\s?"(?:PassthroughCluster\\b|outbound\\|)', UPSTREAM_PORT) },
];

/** A client's driver that found its connection dead: Go, JDBC (MySQL), MongoDB. */
const DRIVER: LogSignature = {
  id: 'istio/driver-found-dead-connection',
  pattern:
    /packets\.go:\d+: .{0,200}(?:unexpected EOF|broken pipe|busy buffer)|\binvalid connection\b|driver: bad connection|SQLSTATE\(08S01\)|Communications link failure|Can not read response from server\. Expected to read|Prematurely reached end of stream/,
};
/** What any program says that lost a connection, also one of its own clients: these count only beside Envoy's own log. */
const ANY_LOSS: LogSignature = { id: 'istio/connection-lost', pattern: /broken pipe|unexpected EOF/i };

const APPLICATION_SIGNATURES: readonly LogSignature[] = [DRIVER, ANY_LOSS];

/** Workloads whose logs are read: a cluster has hundreds of sidecars, and a verdict is wanted in seconds. */
export const LOGS_AT_MOST = 6;

/** The proxy's and the application's log of the oldest pod of each suspect. */
export function logRequests(suspects: readonly MeshWorkload[]): LogRequest[] {
  return suspects.slice(0, LOGS_AT_MOST).flatMap(({ pods }): LogRequest[] => {
    const [pod] = pods;
    if (!pod) return [];
    const request = (container: string, signatures: readonly LogSignature[]): LogRequest => ({
      namespace: pod.namespace,
      pod: pod.name,
      container,
      previous: false,
      signatures,
    });
    const application = applicationOf(pod);
    return [request(PROXY, PROXY_SIGNATURES), ...(application ? [request(application.name, APPLICATION_SIGNATURES)] : [])];
  });
}

/** Connections of one way that ended, as one pod's proxy logged them. */
export interface Closing {
  readonly pod: PodState;
  readonly way: 'outbound' | 'passthrough' | 'inbound' | 'reset';
  readonly port: number;
  readonly durationMs: number;
  readonly line: FoundLine;
}

/** @param windowMs lines whose last is older don't count, nor do those without a time */
export function closings(view: ClusterView, { pods }: MeshWorkload, windowMs: number): Closing[] {
  const ids = { ...CLOSED, reset: RESET };
  return pods.flatMap((pod) =>
    (['outbound', 'passthrough', 'inbound', 'reset'] as const).flatMap((way) =>
      linesOf(view.snapshot, pod, PROXY, ...ids[way])
        .filter(({ at }) => isWithin(at, view.now, windowMs))
        .flatMap((line): Closing[] => {
          const { durationMs = [], port = [] } = line.numbers ?? {};
          // Both groups are in each match: the lists run side by side.
          return durationMs.flatMap((duration, at) => {
            const number = port[at];
            return number === undefined ? [] : [{ pod, way, port: number, durationMs: duration, line }];
          });
        }),
    ),
  );
}

export interface ApplicationLines {
  readonly driver: readonly FoundLine[];
  readonly any: readonly FoundLine[];
}

export function applicationLines(view: ClusterView, { pods }: MeshWorkload, windowMs: number): ApplicationLines {
  const found = (id: string): FoundLine[] =>
    pods.flatMap((pod) =>
      pod.containers
        .filter(({ name }) => name !== PROXY)
        .flatMap(({ name }) => linesOf(view.snapshot, pod, name, id))
        .filter(({ at }) => isWithin(at, view.now, windowMs)),
    );
  return { driver: found(DRIVER.id), any: found(ANY_LOSS.id) };
}
