import type { Message } from '../../rule.ts';

/** What runtime/jvm-memory-limit says. */
export const JVM_MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': { en: 'JVM containers are killed for memory (workloads: {count}).', zh: '有 JVM 容器被 OOM 杀掉（{count} 个工作负载）。' },
  'is-latent': {
    en: 'JVM containers have no room beside their heap (workloads: {count}).',
    zh: '有 JVM 容器在堆之外没有余量（{count} 个工作负载）。',
  },
  'is-mitigated': {
    en: 'JVM containers have a memory limit, and their heap leaves room below it (workloads: {count}).',
    zh: 'JVM 容器设有内存上限，堆也在其下留出了余量（{count} 个工作负载）。',
  },
  'is-clear': {
    en: 'No JVM container is near its memory limit (workloads: {count}).',
    zh: '没有 JVM 容器接近内存上限（{count} 个工作负载）。',
  },
  'is-absent': {
    en: 'No container shows a JVM, by its settings, program or image. One that shows nothing isn’t recognised.',
    zh: '没有容器显示出 JVM（设置、启动程序或镜像）。什么都没显示的识别不出来。',
  },
  'is-unknown': {
    en: 'Whether JVM containers have room below their limits could not be judged: something that it rests on could not be read, or doesn’t show in a cluster.',
    zh: '无法判断 JVM 容器在上限之下是否有余量：所需信息没有读到，或者在集群中看不出来。',
  },
  killed: {
    en: 'A JVM container, killed by the kernel for memory: no OutOfMemoryError, no heap dump.',
    zh: '这是 JVM 容器，因内存不足被内核杀掉：不会有 OutOfMemoryError，也不会有 heap dump。',
  },
  'killed-before': { en: 'Killed for memory, but too long ago to count as live.', zh: '曾被 OOM 杀掉，但时间太久，不算正在发生。' },
  full: { en: 'Nearly at the limit: the next growth is a kill.', zh: '已接近上限，再增长就会被杀掉。' },
  use: { en: 'Working set now.', zh: '当前的工作集。' },
  sign: { en: 'This shows that it is a JVM.', zh: '由此可知它是 JVM。' },
  bounded: { en: 'The heap ends below the container’s limit.', zh: '堆的上限低于容器上限。' },
  'by-custom': {
    en: 'This asks for a heap as large as the container’s limit. The JVM doesn’t read this variable itself; whether the image’s start script does can’t be seen.',
    zh: '这里要求的堆与容器上限一样大。JVM 本身不读这个变量；镜像的启动脚本是否会读，集群中看不到。',
  },
  'prove-reader': {
    en: 'The heap’s bound in the running JVM (`jcmd 1 VM.flags`): if it is that of the variable, lower it; if not, the variable does nothing.',
    zh: '运行中的 JVM 的堆上限（`jcmd 1 VM.flags`）：与变量一致就应调低；不一致说明该变量没有生效。',
  },
  'prove-cause': {
    en: 'Native memory tracking (`jcmd 1 VM.native_memory`) tells what is beside the heap.',
    zh: 'Native Memory Tracking（`jcmd 1 VM.native_memory`）可以说明堆外是什么。',
  },
  'prove-metrics': {
    en: 'The working set (metrics.k8s.io), or the JVM’s version and heap flags.',
    zh: '工作集（metrics.k8s.io），或 JVM 的版本和堆参数。',
  },
  'look-memory': { en: 'Look at the memory now', zh: '查看当前内存' },
  'more-memory': {
    en: 'Gain time with a higher limit: {before} → {limit} (restarts the pods; a heap in percent grows with it)',
    zh: '提高上限以争取时间：{before} → {limit}（会重启 Pod；按百分比设置的堆会随之变大）',
  },
};
