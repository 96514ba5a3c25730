import type { Message } from '../../rule.ts';

/** What kong/cache-ttl-zero says. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'A Kong whose workers cache nothing is running out of memory (workloads: {count}).',
    zh: 'Kong 的 worker 缓存失效，内存正在耗尽（{count} 个工作负载）。',
  },
  'is-latent': {
    en: 'A Kong with db_cache_ttl = 0 in a version whose workers then cache nothing (workloads: {count}).',
    zh: '有 Kong 设置了 db_cache_ttl = 0，而该版本的 worker 会因此缓存失效（{count} 个工作负载）。',
  },
  'is-mitigated': {
    en: 'db_cache_ttl is 0 in a version with the fault, but a single worker is spared (workloads: {count}).',
    zh: '有缺陷的版本设置了 db_cache_ttl = 0，但只有一个 worker，不受影响（{count} 个工作负载）。',
  },
  'is-clear': { en: 'No Kong here has the fault (workloads: {count}).', zh: '这里的 Kong 都没有该缺陷（{count} 个工作负载）。' },
  'is-absent': { en: 'No Kong was found.', zh: '没有发现 Kong。' },
  'is-unknown': {
    en: 'Whether a Kong here has the fault could not be judged: its version or its settings could not be read.',
    zh: '无法判断这里的 Kong 是否有该缺陷：版本或设置没有读到。',
  },
  'leaks-why': {
    en: 'In 0.11.0 to 0.13.0 a ttl of 0 makes every value expire at once, in every worker but the one that filled the cache.',
    zh: '0.11.0 到 0.13.0 中，ttl 为 0 会让缓存值立即过期；只有最先写入缓存的那个 worker 例外。',
  },
  'clear-why': { en: 'Not a version and setting with the fault.', zh: '不是有该缺陷的版本和设置。' },
  'mitigated-why': {
    en: 'One worker alone fills its cache from the database, where the ttl is right.',
    zh: '只有一个 worker 时，它总是从数据库填充缓存，ttl 是正确的。',
  },
  'unknown-why': {
    en: 'Version {version}: with a ttl of 0 and several workers, 0.11.0 to 0.13.0 leak.',
    zh: '版本 {version}：0.11.0 到 0.13.0 在 ttl 为 0 且有多个 worker 时会泄漏。',
  },
  killed: { en: 'The kernel killed the whole container for memory (OOMKilled).', zh: '内核因内存不足杀掉了整个容器（OOMKilled）。' },
  'worker-killed': {
    en: 'A single worker was killed with SIGKILL, as the kernel does when memory runs out.',
    zh: '有单个 worker 收到 SIGKILL（内存耗尽时内核就是这样做的）。',
  },
  panic: { en: 'A worker’s LuaJIT ran out of its own memory.', zh: '某个 worker 的 LuaJIT 用尽了自身可用的内存。' },
  growth: {
    en: 'Grew with each of {samples} samples over {minutes} min.',
    zh: '{minutes} 分钟内的 {samples} 次采样每次都在增长。',
  },
  use: { en: 'Working set now.', zh: '当前的工作集。' },
  'bot-detection': {
    en: 'bot-detection keeps one cache of 10,000 entries per configuration table: about 240 KB for each request.',
    zh: 'bot-detection 为每个配置表保留一份 10,000 条目的缓存：每个请求约 240 KB。',
  },
  'prove-growth': {
    en: 'Memory that grows with requests: --observe 10m samples it; one worker at twice its siblings’ resident memory proves it.',
    zh: '内存随请求增长：用 --observe 10m 多次采样；若有一个 worker 的常驻内存达到其他 worker 的两倍，即可坐实。',
  },
  'prove-plugin': {
    en: 'Whether bot-detection is on: --deep asks the Admin API where a Service leads to it.',
    zh: '是否启用了 bot-detection：若有 Service 指向 Admin API，--deep 会去查询。',
  },
  'prove-setting': {
    en: 'Kong’s version, db_cache_ttl and the number of workers: they come from where they can’t be seen.',
    zh: 'Kong 的版本、db_cache_ttl 和 worker 数：它们来自看不到的地方。',
  },
  'look-memory': { en: 'Look at the memory now, and again in five minutes', zh: '查看当前内存，五分钟后再看一次' },
  'look-logs': { en: 'Look for killed workers in the log', zh: '在日志中查找被杀的 worker' },
  'default-ttl': {
    en: 'Put the default of this version back: 3600 (restarts the pods)',
    zh: '恢复该版本的默认值 3600（会重启 Pod）',
  },
};
