import { podReference } from '../../evidence.ts';
import { oomKills } from '../../../snapshot/memory.ts';
import type { PodState } from '../../../snapshot/snapshot.ts';
import { DAY_MS, HOUR_MS, isWithin } from '../../../snapshot/times.ts';
import type { ClusterView, Evidence } from '../../probe.ts';
import type { Client, Path } from './clients.ts';
import { type GrpcPort, type GrpcServer, pointerIn, type ScoredService } from './grpc-services.ts';
import type { Load, PodLoad } from './load.ts';
import { median } from './skew.ts';

/** The busiest and the idlest pod, or that they are alike, or that nobody can tell. */
export function loadEvidence(load: Load, isLive: boolean): Evidence[] {
  const [busiest] = load.pods;
  const idlest = load.pods.at(-1);
  if (!busiest || !idlest || load.pods.length < 2) return [];
  const { kind, peakRatio, mean, pods } = load.skew;
  const data = { ratio: round(peakRatio), pods, mean: Math.round(mean), samples: load.samples, minutes: load.minutes };
  const measured = (one: PodLoad, messageId: string): Evidence => ({
    source: 'metrics',
    object: podReference(one.pod),
    pointer: '',
    value: `${round(one.cpu)} m CPU`,
    ...(load.at === undefined ? {} : { time: load.at }),
    explains: { messageId, data },
  });
  if (load.state !== 'measured') return kind === 'quiet' ? [] : [measured(busiest, 'glimpse')];
  if (kind === 'quiet' || kind === 'even') return [measured(busiest, kind)];
  const newcomers = isLive ? load.idleNewcomers.filter(({ pod }) => pod !== idlest.pod).slice(0, 3) : [];
  return [
    measured(busiest, isLive ? 'busiest' : 'slightly-busiest'),
    measured(idlest, load.idleNewcomers.some(({ pod }) => pod === idlest.pod) ? 'idle-newcomer' : 'idlest'),
    ...newcomers.map((one) => measured(one, 'idle-newcomer')),
  ];
}

/**
 * Which of the bugs it is, as far as load tells. Older pods busier means names that are resolved once; a busiest pod with the lowest address means
 * clients that take the first. Spearman's -0.7 needs four pods at least.
 */
export function headlessBug({ pods, withStart, skew }: Load): Evidence[] {
  const [busiest, next] = pods;
  if (!busiest || !next) return [];
  const say = (messageId: string, value: string, correlation = 0): Evidence => ({
    source: 'metrics',
    object: podReference(busiest.pod),
    pointer: '',
    value,
    explains: { messageId, data: { correlation } },
  });
  if (withStart !== undefined && withStart <= -0.7)
    return [say('stale', busiest.pod.readySince ?? busiest.pod.createdAt, round(withStart))];
  const lowest = pods.every(({ pod }) => pod === busiest.pod || addressOf(busiest.pod) < addressOf(pod));
  return lowest && busiest.cpu >= 2 * Math.max(next.cpu, skew.mean / 2) ? [say('first-address', busiest.pod.ip)] : [];
}

/** An IPv4 address as a number; others sort behind all. */
function addressOf({ ip }: PodState): number {
  const bytes = ip.split('.').map(Number);
  return bytes.length === 4 ? bytes.reduce((sum, byte) => sum * 256 + byte, 0) : Number.POSITIVE_INFINITY;
}

/** What the uneven load has done already: kills for memory and failed probes, restarts that gather in one pod. */
export function harmEvidence(view: ClusterView, pods: readonly PodState[]): Evidence[] {
  const kills = oomKills(pods, undefined, view.now, DAY_MS).filter(({ recent }) => recent);
  const killed: Evidence[] = kills.slice(0, 3).map(({ pod, container, pointer, at }) => ({
    source: 'status',
    object: podReference(pod),
    pointer,
    value: `OOMKilled (${container.name})`,
    ...(at === undefined ? {} : { time: at }),
    explains: { messageId: 'killed-for-memory' },
  }));
  return [...killed, ...restarts(view, pods), ...failedProbes(view, pods)];
}

/** Three at least, and three times the median of the others; the last within a day. */
function restarts(view: ClusterView, pods: readonly PodState[]): Evidence[] {
  const counts = pods.map((pod) => pod.containers.reduce((sum, { role, restarts: count }) => sum + (role === 'init' ? 0 : count), 0));
  const most = Math.max(0, ...counts);
  const at = counts.indexOf(most);
  const pod = pods[at];
  const others = median(counts.filter((_, index) => index !== at));
  if (!pod || others === undefined || most < 3 || most < 3 * others) return [];
  const container = [...pod.containers].sort((a, b) => b.restarts - a.restarts)[0];
  const last = container?.lastTermination?.finishedAt;
  if (!container || !isWithin(last, view.now, DAY_MS)) return [];
  return [
    {
      source: 'status',
      object: podReference(pod),
      pointer: container.statusAt === undefined ? '' : `${container.statusAt}/restartCount`,
      value: String(most),
      ...(last === undefined ? {} : { time: last }),
      explains: { messageId: 'restarts-here', data: { median: round(others) } },
    },
  ];
}

function failedProbes(view: ClusterView, pods: readonly PodState[]): Evidence[] {
  const event = view.snapshot.events.find(
    ({ object, reason, lastAt }) =>
      reason === 'Unhealthy' &&
      object.kind === 'Pod' &&
      isWithin(lastAt, view.now, HOUR_MS) &&
      pods.some(({ namespace, name }) => name === object.name && namespace === object.namespace),
  );
  if (!event) return [];
  const { object, count, lastAt } = event;
  const time = lastAt === undefined ? {} : { time: lastAt };
  return [{ source: 'event', object, pointer: '', value: `Unhealthy × ${count}`, ...time, explains: { messageId: 'probe-failed' } }];
}

export interface Dialling {
  readonly client: Client;
  readonly path: Path;
}

/** Why it is gRPC, what its Service is, and who dials it. */
export function structureEvidence(server: GrpcServer, shown: ScoredService, dialling: readonly Dialling[]): Evidence[] {
  const [port] = shown.ports;
  const { object, service } = shown;
  const kind: Evidence = {
    source: 'spec',
    object,
    pointer: pointerIn(service, 'spec', 'clusterIP'),
    value: service.headless ? 'None' : 'ClusterIP',
    explains: { messageId: service.headless ? 'headless' : 'clusterip' },
  };
  return [...(port ? [portEvidence(port, server.sure)] : []), kind, ...dialling.slice(0, 5).map(dialEvidence)];
}

function portEvidence({ object, pointer, says }: GrpcPort, sure: boolean): Evidence {
  return { source: 'spec', object, pointer, value: says, explains: { messageId: sure ? 'says-grpc' : 'may-be-grpc' } };
}

const DIALS = {
  connections: 'dials',
  headless: 'dials-headless',
  requests: 'dials-meshed',
  unknown: 'dials-unclear',
} as const;

function dialEvidence({ client, path }: Dialling): Evidence {
  const { namespace, name } = client.service.object;
  return {
    source: 'config',
    object: client.writtenIn,
    pointer: client.pointer,
    value: `${client.variable} → ${name}.${namespace}${client.dialled === undefined ? '' : `:${client.dialled}`}`,
    explains: {
      messageId: DIALS[path.balances],
      data: { service: `${namespace}/${name}`, bare: path.bare, pods: client.pods.length, mesh: path.by },
    },
  };
}

/** One digit behind the point. */
function round(value: number): number {
  return Math.round(10 * value) / 10;
}
