import { parseGoDurationMs } from '../../../model/duration.ts';
import type { PodState } from '../../../snapshot/snapshot.ts';
import { textAt } from '../../../text/yaml.ts';
import { isWarning } from '../../evidence.ts';
import type { ClusterView, Evidence, LiveFinding } from '../../probe.ts';
import { durationOption } from '../../probe-options.ts';
import { meshHosts } from '../facts-hosts.ts';
import { meshKeepalive } from '../facts-mesh-config.ts';
import { DEFAULT_LIMIT_MS, type IdleLimit, idleLimit, isRaised, keepsAlive, type Way } from '../live-idle-limit.ts';
import { capturesPort, excludedPorts, excludesInbound, type MeshWorkload, meshWorkloads, refusesUnknown } from '../live-mesh.ts';
import { databaseHints, mayDialUnseen, type TcpPath, tcpPaths } from '../live-tcp-paths.ts';
import { type ApplicationLines, applicationLines, type Closing, closings } from './idle-connection-lines.ts';

/** Rules that speak of this incident. */
export const RULES = [
  'istio/idle-timeout-unparsable',
  'istio/idle-timeout-not-on-top-level',
  'istio/idle-timeout-off-without-keepalive',
  'istio/keepalive-ineffective',
  'istio/external-database-unmanaged',
] as const;

/** One connection that lived just so long is chance, two are a timer. */
export const AT_LEAST = 2;
/** Envoy's timer starts after the last byte: such a connection lives the limit and what it was used before, never less. */
const BELOW = 0.001;

/** A path with the limit that holds there, or without one. */
export interface JudgedPath {
  readonly path: TcpPath;
  readonly state: 'excluded' | 'raised' | 'exposed' | 'unsure';
  readonly limit: IdleLimit;
}

export interface Situation {
  readonly mesh: MeshWorkload;
  readonly pod: PodState;
  readonly paths: readonly JudgedPath[];
  /** For addresses that Istio doesn't know. */
  readonly passthrough: IdleLimit;
  readonly excluded: readonly number[];
  readonly hints: readonly Evidence[];
  readonly findings: readonly LiveFinding[];
  /** Connections may go where nothing here shows. */
  readonly unseen: boolean;
}

export function situationsOf(view: ClusterView): Situation[] {
  const all = meshWorkloads(view);
  const namespaces = new Set(all.map(({ object }) => object.namespace));
  return all.map((mesh) => situationOf(view, mesh, namespaces));
}

function situationOf(view: ClusterView, mesh: MeshWorkload, namespaces: ReadonlySet<string>): Situation {
  // In the middle of a rollout the pods differ: the one with the shortest limit counts.
  const limits = mesh.sorts.map((pod) => ({ pod, limit: idleLimit(view, mesh, pod, { is: 'passthrough' }) }));
  const [worst] = limits.sort((a, b) => a.limit.limitMs - b.limit.limitMs);
  const pod = worst?.pod ?? mesh.pods[0];
  if (!pod || !worst) throw new TypeError(`${mesh.object.name} has no pod`);
  const captured = capturesPort(pod, undefined);
  const closed = captured === 'no' || mesh.role === 'waypoint' || (refusesUnknown(view) && captured === 'yes');
  return {
    mesh,
    pod,
    paths: tcpPaths(view, mesh, namespaces).map((path) => judgePath(view, mesh, path)),
    passthrough: worst.limit,
    excluded: [...new Set(mesh.sorts.flatMap(excludedPorts))],
    hints: closed ? [] : databaseHints(mesh),
    findings: view.findingsOf(mesh.object, ...RULES),
    unseen: !closed && mayDialUnseen(mesh),
  };
}

function judgePath(view: ClusterView, mesh: MeshWorkload, path: TcpPath): JudgedPath {
  const { way } = path;
  const judged = mesh.sorts.map((pod): JudgedPath => {
    const limit = idleLimit(view, mesh, pod, way);
    if (mesh.role === 'sidecar') {
      const captured = way.is === 'inbound' ? (excludesInbound(pod, way.port) ? 'no' : 'yes') : capturesPort(pod, way.port);
      if (captured === 'no') return { path, state: 'excluded', limit };
      if (captured === 'maybe' && !isRaised(limit)) return { path, state: 'unsure', limit };
    }
    return { path, state: isRaised(limit) ? 'raised' : limit.unsure ? 'unsure' : 'exposed', limit };
  });
  const order: readonly JudgedPath['state'][] = ['exposed', 'unsure', 'raised', 'excluded'];
  const [worst] = judged.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  if (!worst) throw new TypeError(`${mesh.object.name} has no pod`);
  return worst;
}

/** Those that nothing protects first, then those of which too little is known; by name, so that the same cluster gives the same. */
export function suspectsOf(situations: readonly Situation[]): MeshWorkload[] {
  const weight = ({ paths, hints, unseen, findings }: Situation): number => {
    if (paths.some(({ state }) => state === 'exposed') || findings.some(isWarning)) return 3;
    if (hints.length > 0) return 2;
    return unseen || paths.length > 0 ? 1 : 0;
  };
  const key = ({ mesh: { object } }: Situation): string => `${object.namespace}/${object.kind}/${object.name}`;
  return [...situations]
    .filter((one) => weight(one) > 0)
    .sort((a, b) => weight(b) - weight(a) || (key(a) < key(b) ? -1 : 1))
    .map(({ mesh }) => mesh);
}

/** What the logs prove. */
export interface Proof {
  /** Connections that Envoy closed at a limit that still holds. */
  readonly atLimit: readonly Closing[];
  /** Closed at a limit that no longer holds. */
  readonly before: readonly Closing[];
  /** Broken where somebody on the way forgets connections. */
  readonly forgotten: readonly Closing[];
  readonly lines: ApplicationLines;
}

export function proofOf(view: ClusterView, { mesh }: Situation): Proof {
  const windowMs = durationOption(view, 'window');
  const all = closings(view, mesh, windowMs);
  const quiet = all.filter(({ way }) => way !== 'reset');
  const present = quiet.filter((one) => limitsOf(view, mesh, one).some((limit) => isNear(view, one.durationMs, limit.limitMs)));
  const former = quiet.filter((one) => !present.includes(one) && isNear(view, one.durationMs, DEFAULT_LIMIT_MS));
  return {
    atLimit: clustered(present),
    before: clustered(former),
    forgotten: clustered(all.filter((one) => one.way === 'reset' && isForgotten(view, mesh, one))),
    lines: applicationLines(view, mesh, windowMs),
  };
}

function clustered(closings: readonly Closing[]): readonly Closing[] {
  return closings.length >= AT_LEAST ? closings : [];
}

/** The limits that hold now for what ended: several hosts may share a port. */
function limitsOf(view: ClusterView, mesh: MeshWorkload, closing: Closing): IdleLimit[] {
  return waysOf(view, closing).map((way) => idleLimit(view, mesh, closing.pod, way));
}

function waysOf(view: ClusterView, { way, port }: Closing): Way[] {
  if (way === 'inbound') return [{ is: 'inbound', port }];
  const hosts = meshHosts(view.unit).filter((host) => host.ports.some(({ number }) => number === port));
  const ways = hosts.map((host): Way => ({ is: 'outbound', host, port }));
  return way === 'passthrough' || ways.length === 0 ? [{ is: 'passthrough' }] : ways;
}

function isNear(view: ClusterView, durationMs: number, limitMs: number): boolean {
  return durationMs >= limitMs * (1 - BELOW) && durationMs <= limitMs * (1 + Number(view.option('tolerancePercent')) / 100);
}

function isForgotten(view: ClusterView, mesh: MeshWorkload, closing: Closing): boolean {
  const tolerance = Number(view.option('tolerancePercent')) / 100;
  const limits = String(view.option('forgottenAfter'))
    .split(',')
    .map((text) => parseGoDurationMs(text.trim()) ?? 0);
  const limit = limits.find((one) => Math.abs(closing.durationMs - one) <= one * tolerance);
  if (limit === undefined) return false;
  const meshTime = parseGoDurationMs(textAt(meshKeepalive(view.unit, true).node, 'time') ?? '');
  if (meshTime !== undefined && meshTime >= 1000 && meshTime < limit) return false;
  return waysOf(view, { ...closing, way: 'outbound' }).some((way) => !keepsAlive(view, mesh.pods[0] ?? closing.pod, way, limit));
}
