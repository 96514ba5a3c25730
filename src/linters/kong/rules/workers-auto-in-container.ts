import type { Rule, Severity } from '../../rule.ts';
import { databaseMode, effectiveWorkers, roleOf } from '../effective.ts';
import { type KongInstance, kongInstances } from '../facts.ts';
import { FULL_REBUILD_KIB, fittingWorkers, neededMiB, sharedMemoryMiB } from '../memory.ts';
import { routeCount } from '../routes.ts';

/** A node of this many cores is ordinary; on it `auto` means as many workers. */
const COMMON_NODE_CORES = 16;

/**
 * nginx's `auto` is the number of CPUs that the machine has (get_nprocs), whatever the container may use: Kubernetes and Compose limit
 * CPU time, they don't hide CPUs. The ingress controller's manifests and Kong's chart set a number for that reason
 * (Kong/kubernetes-ingress-controller#424; Kong/charts CHANGELOG 1.12.0: two, because reading the configuration blocks one). Each idle worker
 * costs about 65 MiB and keeps its own copy of the router.
 */
export const workersAutoInContainer: Rule = {
  id: 'kong/workers-auto-in-container',
  title: { en: 'One Kong worker per CPU of the node', zh: '按节点 CPU 数启动 Kong worker' },
  runbook: 'kong/router-rebuild-memory',
  severity: 'warning',
  default: 'on',
  affects: 'all versions of Kong',
  fixable: 'review',
  sources: [
    'https://github.com/Kong/kubernetes-ingress-controller/pull/424',
    'https://github.com/Kong/kong/issues/3353',
    'Kong/charts:charts/kong/CHANGELOG.md@kong-1.12.0',
  ],
  messages: {
    auto: {
      en: '`auto` starts one worker per CPU of the node, whatever this container’s limit is: 64 on a large node, each with at least 65 MiB and its own copy of the router. Set {workers}.',
      zh: '`auto` 按节点的 CPU 数启动 worker，与容器的 limit 无关：大节点上可达 64 个，每个至少占 65 MiB，并各自持有一份路由数据。请设为 {workers}。',
    },
    'auto-too-small': {
      en: '`auto` starts one worker per CPU of the node. On a node with 16 CPUs the idle workers alone take {need} MiB, and the limit is {limit} MiB: the container is killed before the first request. Set {workers}.',
      zh: '`auto` 按节点的 CPU 数启动 worker。在 16 核节点上，仅空闲 worker 就需要 {need} MiB，而内存上限为 {limit} MiB：尚未处理请求就会被 OOM 杀掉。请设为 {workers}。',
    },
    unset: {
      en: 'nginx_worker_processes is not set, so Kong starts one worker per CPU of the node, whatever this container’s limit is: 64 on a large node, each with at least 65 MiB and its own copy of the router. Set {workers}.',
      zh: '未设置 nginx_worker_processes，Kong 会按节点的 CPU 数启动 worker，与容器的 limit 无关：大节点上可达 64 个，每个至少占 65 MiB，并各自持有一份路由数据。请设为 {workers}。',
    },
    'unset-too-small': {
      en: 'nginx_worker_processes is not set, so Kong starts one worker per CPU of the node. With 16 CPUs the idle workers alone take {need} MiB, and the limit is {limit} MiB: the container is killed before the first request. Set {workers}.',
      zh: '未设置 nginx_worker_processes，Kong 会按节点的 CPU 数启动 worker。在 16 核节点上，仅空闲 worker 就需要 {need} MiB，而内存上限为 {limit} MiB：尚未处理请求就会被 OOM 杀掉。请设为 {workers}。',
    },
    limit: { en: 'the limit of this container', zh: '该容器的资源上限' },
    set: { en: 'Set nginx_worker_processes to {workers}', zh: '将 nginx_worker_processes 设为 {workers}' },
  },
  check({ unit, repository, report }) {
    for (const instance of kongInstances(unit, repository)) {
      if (!instance.proven) continue;
      const limit = instance.memoryLimitMiB?.known ? instance.memoryLimitMiB : undefined;
      const cpu = instance.cpuLimitCores?.known ? instance.cpuLimitCores : undefined;
      if (!limit && !cpu) continue;
      const processes = effectiveWorkers(instance);
      if (processes.is === 'unknown' || processes.text !== 'auto') continue;
      const sharedMiB = sharedMemoryMiB(instance, unit);
      const need = neededMiB(sharedMiB, COMMON_NODE_CORES, 0, 0);
      const tooSmall = limit !== undefined && limit.value < need;
      const routes = routeCount(unit, repository, instance.at.file.path)?.routes ?? 0;
      const workers = Math.min(
        wanted(instance, cpu?.value),
        limit ? fittingWorkers(limit.value, sharedMiB, routes, FULL_REBUILD_KIB.writes) : Number.POSITIVE_INFINITY,
      );
      const text = String(workers);
      const explicit = processes.setting;
      const severity: Severity = roleOf(instance) === 'control_plane' ? 'information' : tooSmall ? 'error' : 'warning';
      const changes = explicit ? explicit.set?.(text) : instance.add?.('nginx_worker_processes', text);
      const limitAt = limit?.at ?? cpu?.at;
      report({
        messageId: `${explicit ? 'auto' : 'unset'}${tooSmall ? '-too-small' : ''}`,
        data: { workers, need, limit: Math.floor(limit?.value ?? 0) },
        at: explicit?.value.at ?? instance.at,
        severity,
        related: limitAt ? [{ at: limitAt, messageId: 'limit' }] : [],
        fixes: changes ? [{ id: 'set-workers', titleId: 'set', data: { workers }, safety: 'review', changes }] : [],
      });
    }
  },
};

/** One worker for each CPU that the container may use; two where reading the configuration would block the only one, or nothing is said. */
function wanted(instance: KongInstance, cores: number | undefined): number {
  if (cores === undefined) return 2;
  return Math.max(databaseMode(instance) === 'none' ? 2 : 1, Math.ceil(cores));
}
