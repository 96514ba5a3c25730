import type { Message } from '../../rule.ts';

/** What runtime/go-memory-limit says. */
export const GO_MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Go containers are killed for memory, or abort on GOMEMLIMIT (workloads: {count}).',
    zh: '有 Go 容器被 OOM 杀掉，或因 GOMEMLIMIT 启动即退出（{count} 个工作负载）。',
  },
  'is-latent': {
    en: 'Go containers will abort on GOMEMLIMIT, or have no room below their limit (workloads: {count}).',
    zh: '有 Go 容器会因 GOMEMLIMIT 退出，或在内存上限之下没有余量（{count} 个工作负载）。',
  },
  'is-mitigated': {
    en: 'Go containers have a memory limit, and GOMEMLIMIT keeps them below it (workloads: {count}).',
    zh: 'Go 容器设有内存上限，GOMEMLIMIT 使其保持在上限之下（{count} 个工作负载）。',
  },
  'is-clear': {
    en: 'No Go container is near its memory limit (workloads: {count}).',
    zh: '没有 Go 容器接近内存上限（{count} 个工作负载）。',
  },
  'is-absent': { en: 'No container shows a setting of Go.', zh: '没有容器带有 Go 的运行时设置。' },
  'is-unknown': {
    en: 'Whether Go containers have room below their limits could not be judged: something that it rests on could not be read, or nobody can tell what a killed container runs.',
    zh: '无法判断 Go 容器在上限之下是否有余量：所需信息没有读到，或看不出被杀容器用的是什么运行时。',
  },
  killed: { en: 'A Go container, killed by the kernel for memory.', zh: '这是 Go 容器，因内存不足被内核杀掉。' },
  'killed-before': { en: 'Killed for memory, but too long ago to count as live.', zh: '曾被 OOM 杀掉，但时间太久，不算正在发生。' },
  'killed-unknown': {
    en: 'Killed by the kernel for memory. Nothing shows which runtime it has.',
    zh: '因内存不足被内核杀掉，但看不出它用的是什么运行时。',
  },
  'malformed-line': {
    en: 'Go’s runtime could not read GOMEMLIMIT and stopped before the program began.',
    zh: 'Go 运行时无法解析 GOMEMLIMIT，程序还没开始就已退出。',
  },
  aborts: {
    en: 'It ends right after its start, as Go does when it can’t read GOMEMLIMIT (exit code 2).',
    zh: '容器启动后立即退出，符合 Go 无法解析 GOMEMLIMIT 的表现（退出码 2）。',
  },
  full: { en: 'Nearly at the limit: the next growth is a kill.', zh: '已接近上限，再增长就会被杀掉。' },
  use: { en: 'Working set now.', zh: '当前的工作集。' },
  sign: { en: 'This shows that it is Go.', zh: '由此可知它是 Go 程序。' },
  bounded: { en: 'The runtime collects harder before the container’s limit is reached.', zh: '达到容器上限之前，运行时会加紧回收。' },
  'prove-cause': {
    en: 'Two heap profiles ten minutes apart tell a leak from load; working set far above RSS tells page cache from heap.',
    zh: '间隔十分钟的两份 heap profile 可以区分泄漏和负载；工作集远大于 RSS 则说明是页缓存而不是堆。',
  },
  'prove-metrics': { en: 'The working set (metrics.k8s.io).', zh: '工作集（metrics.k8s.io）。' },
  'prove-runtime': {
    en: 'What the container runs: its image, or its code in a workspace.',
    zh: '容器里运行的是什么：查看镜像，或在工作区中查看其代码。',
  },
  'look-memory': { en: 'Look at the memory now', zh: '查看当前内存' },
  'set-limit': { en: 'Set GOMEMLIMIT={value} (restarts the pods)', zh: '设置 GOMEMLIMIT={value}（会重启 Pod）' },
  'more-memory': {
    en: 'Gain time with a higher limit: {before} → {limit} (restarts the pods; heals no leak)',
    zh: '提高上限以争取时间：{before} → {limit}（会重启 Pod，不能治愈泄漏）',
  },
};
