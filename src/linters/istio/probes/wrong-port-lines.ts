import { type FoundLine, linesOf } from '../../../snapshot/log-matches.ts';
import type { LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import type { ClusterView } from '../../probe.ts';
import { applicationOf, type MeshWorkload, PROXY } from '../live-mesh.ts';
import type { ServerPort } from './server-first-ports.ts';

const QUOTED = '"[^"]*"';
/** What follows the duration: four quoted fields, the upstream's host, its cluster, two addresses, of which the second is what the client dialled. */
const TO_PORT = `- (?:${QUOTED} ){5}\\S+ \\S+ \\S+:(?<port>\\d+) `;
const JSON_PORT = '"downstream_local_address":\\s?"[^"]*:(?<port>\\d+)"';

function json(...wanted: readonly string[]): RegExp {
  return new RegExp(`^${wanted.map((one) => `(?=.*${one})`).join('')}\\{`);
}

/** A connection of a second and more on which nobody said anything (istio/istio:pilot/pkg/model/telemetry_logging.go for both formats). */
const SILENT = ['istio/silent-connection', 'istio/silent-connection-json'] as const;
/** Envoy's HTTP parser got something else: response flag DPE, downstream protocol error. */
const NOT_HTTP = ['istio/not-http', 'istio/not-http-json'] as const;

const PROXY_SIGNATURES: readonly LogSignature[] = [
  {
    id: SILENT[0],
    pattern: new RegExp(`"- - -" 0 \\S+ (?:${QUOTED}|\\S+ \\S+)(?: ${QUOTED})? 0 0 (?<durationMs>\\d{4,}) ${TO_PORT}`),
  },
  {
    id: SILENT[1],
    pattern: json(
      '"method":\\s?(?:null|"-")',
      '"bytes_received":\\s?"?0\\b',
      '"bytes_sent":\\s?"?0\\b',
      '"duration":\\s?"?(?<durationMs>\\d{4,})\\b',
      JSON_PORT,
    ),
  },
  {
    id: NOT_HTTP[0],
    pattern: new RegExp(`"- - HTTP/[\\d.]+" 400 DPE (?:${QUOTED}|\\S+ \\S+)(?: ${QUOTED})? \\d+ \\d+ (?<durationMs>\\d+) ${TO_PORT}`),
  },
  { id: NOT_HTTP[1], pattern: json('"response_flags":\\s?"DPE"', '"duration":\\s?"?(?<durationMs>\\d+)\\b', JSON_PORT) },
];

/** MySQL's and MariaDB's clients that wait for the server's greeting (sql-common/client.cc: CR_SERVER_LOST_EXTENDED), and Redis' clients that read an answer of HTTP. */
const APPLICATION_SIGNATURES: readonly LogSignature[] = [
  { id: 'istio/no-greeting', pattern: /(?:reading|waiting for) initial communication packet/ },
  { id: 'istio/http-answer', pattern: /Protocol error, got \\?"H\\?" as reply type byte/ },
];

export const LOGS_AT_MOST = 6;
/** Once is a database that restarted. */
const AT_LEAST = 2;
/** A client's connect timeout is one number. */
const SAME = 1.02;

/** Clients of broken ports: those whose settings name one; where nobody's do, any whose sidecar would take the connection. Those in trouble first. */
export function suspectsOf(broken: readonly ServerPort[]): MeshWorkload[] {
  const all = new Set(broken.flatMap(({ clients, proxies }) => (clients.length > 0 ? clients : proxies)));
  const key = ({ object }: MeshWorkload): string => `${object.namespace}/${object.kind}/${object.name}`;
  const isReady = ({ pods }: MeshWorkload): number => Number(pods.every(({ readySince }) => readySince !== undefined));
  return [...all].sort((a, b) => isReady(a) - isReady(b) || (key(a) < key(b) ? -1 : 1));
}

export function logRequests(suspects: readonly MeshWorkload[]): LogRequest[] {
  return suspects.slice(0, LOGS_AT_MOST).flatMap(({ pods }): LogRequest[] => {
    const pod = pods.find(({ readySince }) => readySince === undefined) ?? pods[0];
    const application = pod && applicationOf(pod);
    if (!pod) return [];
    const about = { namespace: pod.namespace, pod: pod.name };
    const own: LogRequest = { ...about, container: PROXY, previous: false, signatures: PROXY_SIGNATURES };
    if (!application) return [own];
    // One that gave up and is being started again said so in the run before.
    const previous = application.state !== 'running' && application.restarts > 0;
    return [own, { ...about, container: application.name, previous, signatures: APPLICATION_SIGNATURES }];
  });
}

/** What the logs of a workload prove about a port. */
export interface PortLines {
  readonly pod: PodState;
  readonly messageId: 'silent' | 'not-http' | 'no-greeting' | 'http-answer';
  readonly line: FoundLine;
  readonly count: number;
  /** Of connections that were silent: how long they lived. */
  readonly durationMs?: number;
}

/** @param windowMs lines whose last is older don't count, nor do those without a time */
export function proxyLines(view: ClusterView, { pods }: MeshWorkload, port: number, windowMs: number): PortLines[] {
  return pods.flatMap((pod) =>
    ([...SILENT, ...NOT_HTTP] as readonly string[]).flatMap((id) =>
      linesOf(view.snapshot, pod, PROXY, id).flatMap((line): PortLines[] => {
        const { durationMs = [], port: ports = [] } = line.numbers ?? {};
        const own = durationMs.filter((_, at) => ports[at] === port);
        if (!isWithin(line.at, view.now, windowMs)) return [];
        if ((NOT_HTTP as readonly string[]).includes(id)) {
          return own.length >= AT_LEAST ? [{ pod, messageId: 'not-http', line, count: own.length }] : [];
        }
        const [timeout, count] = mostAlike(own);
        return count >= AT_LEAST ? [{ pod, messageId: 'silent', line, count, durationMs: timeout }] : [];
      }),
    ),
  );
}

/** The shortest of the largest group of durations that are alike, and how many there are. */
function mostAlike(durations: readonly number[]): readonly [number, number] {
  let best: readonly [number, number] = [0, 0];
  for (const shortest of durations) {
    const count = durations.filter((one) => one >= shortest && one <= shortest * SAME).length;
    if (count > best[1]) best = [shortest, count];
  }
  return best;
}

export function applicationLines(view: ClusterView, { pods }: MeshWorkload, windowMs: number): PortLines[] {
  return pods.flatMap((pod) =>
    pod.containers
      .filter(({ name }) => name !== PROXY)
      .flatMap(({ name }) => linesOf(view.snapshot, pod, name, 'istio/no-greeting', 'istio/http-answer'))
      .filter(({ at, count }) => isWithin(at, view.now, windowMs) && count >= AT_LEAST)
      .map((line) => ({ pod, messageId: line.signature === 'istio/no-greeting' ? 'no-greeting' : 'http-answer', line, count: line.count })),
  );
}
