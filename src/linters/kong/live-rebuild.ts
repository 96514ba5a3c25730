import { type FoundLine, linesOf } from '../../snapshot/log-matches.ts';
import { type LimitUse, limitUses, type OomKill, oomKills, workingSets } from '../../snapshot/memory.ts';
import type { LogRequest, LogSignature } from '../../snapshot/snapshot.ts';
import { isWithin } from '../../snapshot/times.ts';
import type { ClusterView } from '../probe.ts';
import { buildsRouter, databaseMode, effective, workerCount } from './effective.ts';
import { type KongNode, runs, stateOf } from './live-nodes.ts';
import { FULL_REBUILD_KIB, neededMiB, sharedMemoryMiB } from './memory.ts';

/** nginx's master says this of a worker that the kernel killed: nginx/src/os/unix/ngx_process.c, ngx_process_get_status. */
export const WORKER_KILLED: LogSignature = { id: 'kong/worker-killed', pattern: /worker process \d+ exited on signal 9\b/ };
/** kong/concurrency.lua@2.2.0 and later: a request waited pg_timeout and rebuilds without the lock. */
const LOCK_TIMEOUT: LogSignature = {
  id: 'kong/rebuild-lock-timeout',
  pattern: /bypassing (?:build_router|router|plugins_iterator) lock: timeout/,
};
/** kong/runloop/handler.lua and kong/router/atc.lua, 2.2.0 to 3.9.3. */
const REBUILD_FAILED: LogSignature = {
  id: 'kong/rebuild-failed',
  pattern: /could not rebuild router(?: via timer)?:|concurrent incremental router rebuild without mutex/,
};

const SIGNATURES = [WORKER_KILLED, LOCK_TIMEOUT, REBUILD_FAILED];

/** Pods of one workload whose logs are read, those that restarted first: the same lines stand in all of them. */
const LOGGED_PODS = 5;

/** Logs of a node's containers: the present ones, and those that ended. */
export function nodeLogs(node: KongNode, signatures: readonly LogSignature[] = SIGNATURES): LogRequest[] {
  const restarts = (pod: KongNode['pods'][number]): number => stateOf(node, pod)?.restarts ?? 0;
  const pods = [...node.pods].sort((a, b) => restarts(b) - restarts(a)).slice(0, LOGGED_PODS);
  return pods.flatMap((pod) => {
    const request = { namespace: pod.namespace, pod: pod.name, container: node.container, signatures };
    return [{ ...request, previous: false }, ...(restarts(pod) > 0 ? [{ ...request, previous: true }] : [])];
  });
}

/** What was measured of a node's memory. */
export interface NodeMemory {
  /** Recent kills of the container, the latest first. */
  readonly kills: readonly OomKill[];
  readonly workerKills: readonly FoundLine[];
  /** Proof of rebuilds that went wrong. */
  readonly rebuildLines: readonly FoundLine[];
  /** The fullest pod. */
  readonly fullest: LimitUse | undefined;
  /** Of each pod the lowest sample, against its limit: the fullest of those. */
  readonly steady: LimitUse | undefined;
}

export function nodeMemory(view: ClusterView, node: KongNode, windowMs: number): NodeMemory {
  const { snapshot, now } = view;
  const lines = (...ids: readonly string[]): FoundLine[] =>
    node.pods.flatMap((pod) => linesOf(snapshot, pod, node.container, ...ids)).filter(({ at }) => isWithin(at, now, windowMs));
  const uses = limitUses(snapshot, node.pods, node.container);
  const steady = uses
    .map((use): LimitUse => {
      const lowest = workingSets(snapshot, use.pod, node.container).reduce((low, one) => (one.memoryMiB < low.memoryMiB ? one : low), use);
      return { ...use, memoryMiB: lowest.memoryMiB, at: lowest.at, share: lowest.memoryMiB / use.limitMiB };
    })
    .sort((a, b) => b.share - a.share);
  return {
    kills: oomKills(node.pods, node.container, now, windowMs).filter(({ recent }) => recent),
    workerKills: lines(WORKER_KILLED.id),
    rebuildLines: lines(LOCK_TIMEOUT.id, REBUILD_FAILED.id),
    fullest: uses[0],
    steady: steady[0],
  };
}

/**
 * How a node rebuilds its router at a change of a route: all of it (before 3.0, or with the flavor `traditional`), only what changed, not at all
 * (a control plane from 2.4.0 on), or nobody can tell.
 */
export function rebuildOf(node: KongNode): 'full' | 'incremental' | 'none' | 'unknown' {
  const { instance } = node;
  const before3 = runs(node, { before: '3.0.0' });
  if (instance && !buildsRouter(instance)) return 'none';
  if (before3 === 'yes') return 'full';
  const flavor = instance && effective(instance, 'router_flavor');
  if (!flavor || flavor.is === 'unknown' || before3 === 'maybe') return 'unknown';
  return flavor.text === 'traditional' ? 'full' : 'incremental';
}

/** Whether requests use the old router until the new one is there. `undefined`: nobody can tell. */
export function isEventual(node: KongNode): boolean | undefined {
  const { instance } = node;
  if (!instance) return undefined;
  // 2.1.0 renamed it, and ignores the old name.
  const said = effective(instance, runs(node, { before: '2.1.0' }) === 'yes' ? 'router_consistency' : 'worker_consistency');
  return said.is === 'unknown' ? undefined : said.text === 'eventual';
}

/** No pod of the node has a memory limit. */
export function isUnlimited(node: KongNode): boolean {
  return node.pods.length > 0 && node.pods.every((pod) => stateOf(node, pod)?.memoryLimitMiB === undefined);
}

export function hasDatabase({ instance }: KongNode): boolean {
  return instance !== undefined && databaseMode(instance) === 'database';
}

/** The limit holds continuous writes by the arithmetic of kong/limit-below-rebuild-headroom; `undefined` where a number is missing. */
export function holdsWrites(view: ClusterView, { instance }: KongNode, routes: number): boolean | undefined {
  const workers = instance && workerCount(instance);
  const limit = instance?.memoryLimitMiB;
  if (!instance || workers === undefined || !limit?.known) return undefined;
  return neededMiB(sharedMemoryMiB(instance, view.unit), workers, routes, FULL_REBUILD_KIB.writes) <= limit.value;
}
