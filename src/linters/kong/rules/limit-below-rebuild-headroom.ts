import type { Fix } from '../../../fixes/change.ts';
import type { Unit } from '../../../model/unit.ts';
import { affected } from '../../../model/version.ts';
import { milder, mildest, type Report, type Rule, type Severity } from '../../rule.ts';
import { buildsRouter, databaseMode, effective, effectiveWorkers, workerCount } from '../effective.ts';
import { type KongInstance, kongInstances } from '../facts.ts';
import {
  FULL_REBUILD_KIB,
  fittingWorkers,
  GUIDELINE_WORKER_MIB,
  IDLE_WORKER_MIB,
  INCREMENTAL_KIB,
  limitScalar,
  limitText,
  neededMiB,
  setLimit,
  sharedMemoryMiB,
} from '../memory.ts';
import { type RouteCount, routeCount } from '../routes.ts';

/**
 * Every change of a route makes every worker read all routes and build its own router anew while the old one still serves
 * (kong/runloop/handler.lua@2.2.0: rebuild, update_router; `traditional` to 3.9.3). In the incident behind this, 2.3 GiB became 4.11 GiB at one
 * write and 6.9 GiB while writes went on: 4 workers, 50,000 routes, Kong 2.2.0. That one measurement gives the KiB a route and worker.
 */
export const limitBelowRebuildHeadroom: Rule = {
  id: 'kong/limit-below-rebuild-headroom',
  title: { en: 'Kong’s memory limit leaves no room to rebuild the router', zh: 'Kong 的内存上限不足以重建路由' },
  runbook: 'kong/router-rebuild-memory',
  severity: 'warning',
  default: 'on',
  affects: 'Kong with a database; Kong without one before 3.0 or with the traditional router',
  fixable: 'review',
  sources: [
    'Kong/kong:kong/runloop/handler.lua@2.2.0',
    'https://github.com/Kong/kong/issues/6687',
    'https://github.com/Kong/kong/pull/11077',
  ],
  messages: {
    'one-write': {
      en: 'One route change needs about {need} MiB ({shared} MiB shared + {workers} workers × (65 MiB + {routes} routes × {perRoute} KiB)); the limit is {limit} MiB. Kong is killed at the next write.',
      zh: '一次路由变更约需 {need} MiB（共享内存 {shared} MiB + {workers} 个 worker ×（65 MiB + {routes} 条路由 × {perRoute} KiB）），而上限为 {limit} MiB：下一次写入就会触发 OOM。',
    },
    writes: {
      en: 'Route changes in a row need about {need} MiB ({shared} MiB shared + {workers} workers × (65 MiB + {routes} routes × {perRoute} KiB)); the limit is {limit} MiB. One change fits, a deployment that makes several does not.',
      zh: '连续的路由变更约需 {need} MiB（共享内存 {shared} MiB + {workers} 个 worker ×（65 MiB + {routes} 条路由 × {perRoute} KiB）），而上限为 {limit} MiB：单次变更可以承受，一次发布中的多次变更会触发 OOM。',
    },
    'maybe-needed': {
      en: 'If this Kong is older than 3.0, route changes need about {need} MiB ({shared} MiB shared + {workers} workers × (65 MiB + {routes} routes × {perRoute} KiB)); the limit is {limit} MiB. The image does not tell the version.',
      zh: '如果该 Kong 低于 3.0，路由变更约需 {need} MiB（共享内存 {shared} MiB + {workers} 个 worker ×（65 MiB + {routes} 条路由 × {perRoute} KiB）），而上限为 {limit} MiB。从镜像看不出版本。',
    },
    incremental: {
      en: 'By our estimate, route changes need about {need} MiB ({shared} MiB shared + {workers} workers × (65 MiB + {routes} routes × {perRoute} KiB)); the limit is {limit} MiB. Compare with the working set in the cluster.',
      zh: '据估算，路由变更约需 {need} MiB（共享内存 {shared} MiB + {workers} 个 worker ×（65 MiB + {routes} 条路由 × {perRoute} KiB）），而上限为 {limit} MiB。请对照集群中的实际工作集。',
    },
    idle: {
      en: 'Idle, Kong needs about {need} MiB ({shared} MiB shared + {workers} workers × 65 MiB); the limit is {limit} MiB. It is killed before a route change can hurt it.',
      zh: 'Kong 空闲时就约需 {need} MiB（共享内存 {shared} MiB + {workers} 个 worker × 65 MiB），而上限为 {limit} MiB：无需路由变更就可能被 OOM 杀掉。',
    },
    guideline: {
      en: 'Kong’s maintainers advise 500 MiB a worker before 3.0: {need} MiB ({shared} MiB shared + {workers} workers × 500 MiB); the limit is {limit} MiB. This advice binds here, not the number of routes in view.',
      zh: 'Kong 维护者建议 3.0 以前每个 worker 预留 500 MiB：共 {need} MiB（共享内存 {shared} MiB + {workers} 个 worker × 500 MiB），而上限为 {limit} MiB。此处起决定作用的是这条建议，而不是当前可见的路由数量。',
    },
    routes: { en: 'routes are declared here', zh: '路由在此处声明' },
    workers: { en: 'the number of workers', zh: 'worker 数量' },
    'raise-limit': { en: 'Raise the memory limit to {limit}', zh: '将内存上限提高到 {limit}' },
    'fewer-workers': { en: 'Set the number of workers to {workers}', zh: '将 worker 数降为 {workers}' },
  },
  check({ unit, repository, report }) {
    for (const instance of kongInstances(unit, repository)) {
      const limit = instance.memoryLimitMiB;
      const workers = workerCount(instance);
      if (!limit?.known || !limit.at || workers === undefined) continue;
      const routes = routeCount(unit, repository, instance.at.file.path);
      const verdict = judge(instance, unit, workers, limit.value, routes);
      if (!verdict) continue;
      const { sharedMiB, safeRoutes, safePerRouteKiB, perWorkerMiB } = verdict;
      const processes = effectiveWorkers(instance);
      const setting = processes.is === 'set' ? processes.setting : undefined;
      const workersAt = setting?.value.at;
      report({
        ...verdict.report,
        at: limit.at,
        related: [
          ...(workersAt ? [{ at: workersAt, messageId: 'workers' }] : []),
          ...(routes?.at && verdict.report.data?.routes !== undefined ? [{ at: routes.at, messageId: 'routes' }] : []),
        ],
        fixes: fixes(instance, workers, limit.value, sharedMiB, safeRoutes, safePerRouteKiB, perWorkerMiB),
      });
    }
  },
};

interface Verdict {
  readonly report: Omit<Report, 'at'>;
  readonly sharedMiB: number;
  /** What a fix must leave room for. */
  readonly safeRoutes: number;
  readonly safePerRouteKiB: number;
  readonly perWorkerMiB: number;
}

function judge(instance: KongInstance, unit: Unit, workers: number, limitMiB: number, routes: RouteCount | undefined): Verdict | undefined {
  const sharedMiB = sharedMemoryMiB(instance, unit);
  const before3 = affected(instance.version, { before: '3.0.0' });
  const mode = databaseMode(instance);
  const shown = { shared: Math.round(sharedMiB), workers, limit: Math.floor(limitMiB) };
  const flavor = effective(instance, 'router_flavor');
  const traditional = flavor.is !== 'unknown' && flavor.text === 'traditional';
  const full = before3 !== 'no' || traditional;
  // A 3.x without database that rebuilds only what changed has shown no such peak.
  const inScope = routes !== undefined && (mode === 'database' || full) && buildsRouter(instance);
  if (inScope) {
    const rates = full ? FULL_REBUILD_KIB : INCREMENTAL_KIB;
    const need = (rate: number): number => neededMiB(sharedMiB, workers, routes.routes, rate);
    const rate = limitMiB < need(rates.oneWrite) ? rates.oneWrite : limitMiB < need(rates.writes) ? rates.writes : undefined;
    if (rate !== undefined) {
      const plain: Severity = rate === rates.oneWrite ? 'error' : 'warning';
      // The number was measured with a database, before 3.0.
      const proven = mode === 'database' && !traditional ? plain : mildest(plain, 'warning');
      const unsure = before3 === 'maybe' && !traditional;
      const severity = !full ? 'information' : unsure ? milder(proven) : proven;
      const messageId = !full ? 'incremental' : unsure ? 'maybe-needed' : rate === rates.oneWrite ? 'one-write' : 'writes';
      const data = { ...shown, need: need(rate), routes: routes.routes, perRoute: rate };
      return {
        report: { messageId, data, severity },
        sharedMiB,
        safeRoutes: routes.routes,
        safePerRouteKiB: rates.writes,
        perWorkerMiB: IDLE_WORKER_MIB,
      };
    }
  }
  const idle = neededMiB(sharedMiB, workers, 0, 0);
  const base = { sharedMiB, safeRoutes: 0, safePerRouteKiB: 0 };
  if (limitMiB < idle) return { report: { messageId: 'idle', data: { ...shown, need: idle } }, ...base, perWorkerMiB: IDLE_WORKER_MIB };
  const guideline = sharedMiB + workers * GUIDELINE_WORKER_MIB;
  if (mode !== 'database' || before3 !== 'yes' || limitMiB >= guideline || !buildsRouter(instance)) return undefined;
  const data = { ...shown, need: Math.ceil(guideline) };
  return {
    report: { messageId: 'guideline', data, severity: 'information', preview: true },
    ...base,
    perWorkerMiB: GUIDELINE_WORKER_MIB,
  };
}

function fixes(
  instance: KongInstance,
  workers: number,
  limitMiB: number,
  sharedMiB: number,
  routes: number,
  perRouteKiB: number,
  perWorkerMiB: number,
): Fix[] {
  const limit = instance.memoryLimitMiB;
  const scalar = limit && limitScalar(limit);
  const need = Math.max(neededMiB(sharedMiB, workers, routes, perRouteKiB), sharedMiB + workers * perWorkerMiB);
  const text = limitText(need, instance.surface === 'compose');
  const fewer =
    perWorkerMiB === IDLE_WORKER_MIB
      ? fittingWorkers(limitMiB, sharedMiB, routes, perRouteKiB)
      : Math.floor((limitMiB - sharedMiB) / perWorkerMiB);
  const fits = fewer >= 1 && neededMiB(sharedMiB, fewer, routes, perRouteKiB) <= limitMiB;
  const processes = effectiveWorkers(instance);
  const change = (to: string) => (processes.is === 'set' ? processes.setting.set?.(to) : instance.add?.('nginx_worker_processes', to));
  const lower = fits ? change(String(fewer)) : undefined;
  return [
    ...(scalar
      ? [{ id: 'raise-limit', titleId: 'raise-limit', data: { limit: text }, safety: 'review' as const, changes: setLimit(scalar, text) }]
      : []),
    ...(lower
      ? [{ id: 'fewer-workers', titleId: 'fewer-workers', data: { workers: fewer }, safety: 'review' as const, changes: lower }]
      : []),
  ];
}
