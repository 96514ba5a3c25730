import { type FoundLine, linesOf } from '../../../snapshot/log-matches.ts';
import type { LogRequest, LogSignature, PodState } from '../../../snapshot/snapshot.ts';
import { isWithin } from '../../../snapshot/times.ts';
import type { ClusterView, LiveWorkload } from '../../probe.ts';
import type { ClusterDns } from '../cluster-dns.ts';

/** CoreDNS could not get an answer from where it forwards to (coredns/coredns:plugin/errors/errors.go). */
export const TIMEOUT: LogSignature = { id: 'dns/upstream-timeout', pattern: /plugin\/errors: .{0,300}i\/o timeout/ };
/** A program did not find a name: musl, busybox, Node.js, Python, Go, Java. */
const NOT_FOUND: LogSignature = {
  id: 'dns/name-not-found',
  pattern:
    /Name does not resolve|bad address '|ENOTFOUND|EAI_AGAIN|Temporary failure in name resolution|Name or service not known|no such host|UnknownHostException/,
};

const LOGS_AT_MOST = 6;
const SERVERS_AT_MOST = 3;

const byName = (a: PodState, b: PodState): number => (a.name < b.name ? -1 : 1);

/** Up to three pods of CoreDNS, then one pod each of workloads whose ndots loses names. */
export function dnsLogs(servers: readonly ClusterDns[], losing: readonly LiveWorkload[]): LogRequest[] {
  const ofServers = servers
    .flatMap(({ pods, container }) => pods.map((pod) => ({ pod, container })))
    .sort((a, b) => byName(a.pod, b.pod))
    .slice(0, SERVERS_AT_MOST)
    .map(({ pod, container }) => request(pod, container, TIMEOUT));
  const ofPrograms = losing.flatMap(({ pods }) => {
    const [pod] = pods.filter(({ deleting, phase }) => !deleting && phase === 'Running').sort(byName);
    const container = pod?.containers.find(({ role, name }) => role === 'main' && name !== 'istio-proxy' && name !== 'linkerd-proxy');
    return pod && container ? [request(pod, container.name, NOT_FOUND)] : [];
  });
  return [...ofServers, ...ofPrograms].slice(0, LOGS_AT_MOST);
}

function request({ namespace, name }: PodState, container: string, signature: LogSignature): LogRequest {
  return { namespace, pod: name, container, previous: false, signatures: [signature] };
}

export function losingWorkloads(view: ClusterView, rule: string): LiveWorkload[] {
  return view.workloads.filter(({ object }) => view.findingsOf(object, rule).length > 0);
}

export function notFoundLines(view: ClusterView, { pods }: LiveWorkload, windowMs: number): FoundLine[] {
  return pods
    .flatMap((pod) => pod.containers.flatMap(({ name }) => linesOf(view.snapshot, pod, name, NOT_FOUND.id)))
    .filter(({ at }) => isWithin(at, view.now, windowMs));
}
