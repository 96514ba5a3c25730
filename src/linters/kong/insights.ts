import type { Insight, InsightProvider } from '../insight.ts';
import { buildsRouter, databaseMode, effective, effectiveWorkers, workerCount } from './effective.ts';
import { kongInstances } from './facts.ts';
import { FULL_REBUILD_KIB, IDLE_WORKER_MIB, INCREMENTAL_KIB, neededMiB, sharedMemoryMiB } from './memory.ts';
import { affected } from '../../model/version.ts';
import { routeCount } from './routes.ts';

/** Workers × memory against the limit, beside the limit. */
export const kongInsights: InsightProvider = {
  id: 'kong',
  messages: {
    idle: {
      en: 'Kong: {workers} workers idle ≈ {idle} MiB of {limit} MiB',
      zh: 'Kong：{workers} 个 worker 空闲约 {idle} MiB，上限 {limit} MiB',
    },
    rebuild: {
      en: 'Kong: {workers} workers idle ≈ {idle} MiB, with {routes} routes ≈ {steady} MiB, at a route change ≈ {peak} MiB of {limit} MiB',
      zh: 'Kong：{workers} 个 worker 空闲约 {idle} MiB，{routes} 条路由时约 {steady} MiB，路由变更时约 {peak} MiB，上限 {limit} MiB',
    },
    auto: {
      en: 'Kong: one worker per CPU of the node; {limit} MiB hold {fit} idle workers',
      zh: 'Kong：每个节点 CPU 一个 worker；{limit} MiB 只够 {fit} 个空闲 worker',
    },
  },
  insights(unit, repository) {
    return kongInstances(unit, repository).flatMap((instance): Insight[] => {
      const limit = instance.memoryLimitMiB;
      if (!instance.proven || !limit?.known || !limit.at) return [];
      const at = limit.at;
      const runbook = 'kong/router-rebuild-memory';
      const sharedMiB = sharedMemoryMiB(instance, unit);
      const limitMiB = Math.floor(limit.value);
      const workers = workerCount(instance);
      if (workers === undefined) {
        const processes = effectiveWorkers(instance);
        const fit = Math.max(0, Math.floor((limit.value - sharedMiB) / IDLE_WORKER_MIB));
        return processes.is !== 'unknown' && processes.text === 'auto'
          ? [{ at, messageId: 'auto', data: { limit: limitMiB, fit }, runbook }]
          : [];
      }
      const idle = neededMiB(sharedMiB, workers, 0, 0);
      const routes = routeCount(unit, repository, instance.at.file.path)?.routes;
      const before3 = affected(instance.version, { before: '3.0.0' });
      const flavor = effective(instance, 'router_flavor');
      const full = before3 === 'yes' || (flavor.is !== 'unknown' && flavor.text === 'traditional');
      if (routes === undefined || before3 === 'maybe' || !buildsRouter(instance) || (!full && databaseMode(instance) !== 'database'))
        return [{ at, messageId: 'idle', data: { workers, idle, limit: limitMiB }, runbook }];
      const rates = full ? FULL_REBUILD_KIB : INCREMENTAL_KIB;
      const steady = neededMiB(sharedMiB, workers, routes, rates.steady);
      const peak = neededMiB(sharedMiB, workers, routes, rates.oneWrite);
      return [{ at, messageId: 'rebuild', data: { workers, idle, routes, steady, peak, limit: limitMiB }, runbook }];
    });
  },
};
