import type { Message } from '../../rule.ts';

/** What kong/router-rebuild-memory says. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Rebuilding the router is exhausting Kong’s memory, or makes requests wait (workloads: {count}).',
    zh: 'Kong 正因重建路由耗尽内存，或让请求排队等待（{count} 个工作负载）。',
  },
  'is-latent': {
    en: 'A route change can exhaust Kong’s memory or stall its requests (workloads: {count}).',
    zh: '一次路由变更就可能耗尽 Kong 的内存或让请求卡住（{count} 个工作负载）。',
  },
  'is-mitigated': {
    en: 'Kong rebuilds its router at route changes, but what was read keeps that harmless (workloads: {count}).',
    zh: 'Kong 会在路由变更时重建路由，但读到的配置足以避免故障（{count} 个工作负载）。',
  },
  'is-clear': {
    en: 'Route changes are no danger to this Kong (workloads: {count}).',
    zh: '路由变更对这里的 Kong 没有威胁（{count} 个工作负载）。',
  },
  'is-absent': { en: 'No Kong was found.', zh: '没有发现 Kong。' },
  'is-unknown': {
    en: 'Kong’s risk at route changes could not be judged: something that it rests on could not be read.',
    zh: '无法判断路由变更对 Kong 的风险：所需的信息没有读到。',
  },
  killed: {
    en: 'The kernel killed the whole container for memory (OOMKilled).',
    zh: '内核因内存不足杀掉了整个容器（OOMKilled）。',
  },
  'worker-killed': {
    en: 'A single worker was killed with SIGKILL, as the kernel does when memory runs out; the pod’s status does not show it.',
    zh: '有单个 worker 收到 SIGKILL（内存耗尽时内核就是这样做的），Pod 状态里看不到。',
  },
  'lock-timeout': {
    en: 'A request waited for the rebuild until pg_timeout and then rebuilt without the lock: proof of the stampede.',
    zh: '请求等待重建直到 pg_timeout，然后绕过锁自行重建：这就是踩踏的铁证。',
  },
  'rebuild-failed': { en: 'Kong itself says that a rebuild of the router failed.', zh: 'Kong 自己在日志里报告了路由重建失败。' },
  full: { en: 'The container is nearly full: there is no room for a second router.', zh: '容器几乎已满，放不下第二份路由表。' },
  steady: {
    en: 'Working set at rest. Twice that, {twice} MiB, is what one write may take.',
    zh: '平时的工作集。一次写入可能涨到两倍，即 {twice} MiB。',
  },
  'version-database': {
    en: 'A Kong before 3.0 with a database: every worker reads all routes and rebuilds at each change. How many routes there are can’t be seen from outside, so this is the first suspect, not yet the proof.',
    zh: '3.0 以前且使用数据库的 Kong：每次变更，每个 worker 都会重新读取全部路由并重建。从外部看不到路由数量，因此它是头号嫌疑，还不算铁证。',
  },
  'routes-admin': { en: 'Counted by the Admin API.', zh: '由 Admin API 统计。' },
  'routes-cluster': {
    en: 'Counted from the cluster’s Ingresses, Gateway API routes, Kong’s own routes and declarative configuration.',
    zh: '根据集群中的 Ingress、Gateway API 路由、Kong 自有路由资源和声明式配置统计。',
  },
  'routes-assumed': { en: 'Assumed by your configuration.', zh: '来自你在配置中的假设。' },
  'few-routes': {
    en: 'Fewer than 1,000 routes: a router of a few MiB a worker, rebuilt in no time.',
    zh: '不到 1,000 条路由：每个 worker 的路由表只有几 MiB，重建瞬间完成。',
  },
  headroom: { en: 'The limit is at least twice the working set: one write fits.', zh: '上限至少是工作集的两倍，容得下一次写入。' },
  arithmetic: {
    en: 'By arithmetic (shared memory, workers, routes) the limit holds continuous writes.',
    zh: '按共享内存、worker 数和路由数估算，该上限容得下连续写入。',
  },
  eventual: { en: 'Requests use the old router until the new one is ready.', zh: '新路由就绪之前，请求继续使用旧路由。' },
  incremental: { en: 'This router rebuilds only what changed.', zh: '该路由器只重建变化的部分。' },
  'no-router': { en: 'A control plane hands the configuration on and builds no router.', zh: '控制面只下发配置，自身不构建路由。' },
  'unsafe-version': {
    en: 'In 3.0.0 an incremental rebuild can get stuck (Kong/kong#9447); 3.0.1 mends it.',
    zh: '3.0.0 的增量重建可能卡死（Kong/kong#9447），3.0.1 已修复。',
  },
  'no-limit': { en: 'The container has no memory limit: only the node’s memory bounds it.', zh: '容器没有内存上限，只受节点内存约束。' },
  'vm-ahead': {
    en: 'One worker’s Lua VM is far above the others’. The router is the same in all of them: look at kong/cache-ttl-zero or at a plugin.',
    zh: '有一个 worker 的 Lua 虚拟机远大于其他 worker，而路由表在各 worker 中是一样的：请看 kong/cache-ttl-zero 或检查插件。',
  },
  'vms-even': {
    en: 'All workers’ Lua VMs are about equal, as they are when the router fills them.',
    zh: '各 worker 的 Lua 虚拟机大小相近，符合被路由表占满的样子。',
  },
  'prove-lines': {
    en: 'Kong’s log right after a write: `bypassing router lock: timeout`, `exited on signal 9`, `could not rebuild router`.',
    zh: '写入之后 Kong 的日志：`bypassing router lock: timeout`、`exited on signal 9`、`could not rebuild router`。',
  },
  'prove-routes': {
    en: 'The number of routes: --deep asks the Admin API where a Service leads to it; `assume.routes` in the configuration says it.',
    zh: '路由数量：若有 Service 指向 Admin API，--deep 会去查询；也可以在配置中用 `assume.routes` 说明。',
  },
  'prove-metrics': {
    en: 'The working set at rest (metrics.k8s.io): the limit should be at least twice that.',
    zh: '平时的工作集（metrics.k8s.io）：上限至少应为它的两倍。',
  },
  'prove-flavor': {
    en: 'Kong’s version and router_flavor: they come from where they can’t be seen.',
    zh: 'Kong 的版本和 router_flavor：它们来自看不到的地方。',
  },
  'prove-cause': {
    en: 'It was killed, but nothing that was read says that the router did it: memory before and after a route change would.',
    zh: '它确实被杀过，但读到的信息不足以说明是路由重建造成的：对比一次路由变更前后的内存即可判断。',
  },
  'look-logs': { en: 'Look for rebuilds and kills in the log', zh: '在日志中查找重建和被杀的记录' },
  'look-memory': { en: 'Look at the memory now', zh: '查看当前内存' },
  'stop-writes': { en: 'Stop the writes of the CronJob {name}', zh: '暂停 CronJob {name} 的写入' },
  'more-memory': {
    en: 'Give it room for the rebuild: limit {before} → {limit} (restarts the pods)',
    zh: '为重建留出内存：上限 {before} → {limit}（会重启 Pod）',
  },
  'fewer-workers': { en: 'Run {workers} workers (restarts the pods)', zh: '只运行 {workers} 个 worker（会重启 Pod）' },
  eventually: {
    en: 'Take the rebuild out of the request; new routes may take a few seconds (restarts the pods)',
    zh: '让重建脱离请求路径；新路由可能晚几秒生效（会重启 Pod）',
  },
};
