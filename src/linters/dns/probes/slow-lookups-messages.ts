import type { Message } from '../../rule.ts';

/** What dns/slow-lookups says. */
export const DNS_MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Name lookups are slow, fail, or are mostly asked for nothing (places: {count}).',
    zh: '域名解析正在变慢、失败，或大多是白问（{count} 处）。',
  },
  'is-latent': {
    en: 'Settings that lose names or make lookups slow (places: {count}).',
    zh: '有会让域名解析不到或变慢的配置（{count} 处）。',
  },
  'is-mitigated': {
    en: 'Names take the search list, but NodeLocal DNSCache or autopath takes the cost off; nothing was measured.',
    zh: '域名解析会走搜索域，但 NodeLocal DNSCache 或 autopath 已消除其代价；没有做测量。',
  },
  'is-clear': {
    en: 'CoreDNS answers quickly, and mostly with what was asked for.',
    zh: 'CoreDNS 应答很快，且大多是有效结果。',
  },
  'is-absent': {
    en: 'No CoreDNS was found, and no workload with a setting that slows lookups.',
    zh: '没有发现 CoreDNS，也没有会拖慢解析的工作负载配置。',
  },
  'is-unknown': {
    en: 'Whether lookups are slow was not measured: CoreDNS’s own counters tell (--deep).',
    zh: '没有测量解析是否缓慢：CoreDNS 自己的指标可以说明（--deep）。',
  },
  killed: {
    en: 'The kernel killed CoreDNS for memory: lookups wait for their retry meanwhile.',
    zh: '内核因内存不足杀掉了 CoreDNS：期间的解析只能等待重试。',
  },
  crashes: { en: 'CoreDNS keeps ending: lookups wait for their retry meanwhile.', zh: 'CoreDNS 反复退出：期间的解析只能等待重试。' },
  timeout: {
    en: 'CoreDNS got no answer from where it forwards to; the program waited for seconds.',
    zh: 'CoreDNS 转发的上游没有应答，程序为此等了好几秒。',
  },
  'nxdomain-storm': {
    en: 'Of all answers since one CoreDNS pod started: most names that are asked for don’t exist, as a search list makes them.',
    zh: '某个 CoreDNS Pod 自启动以来的全部应答：被问到的名字大多不存在，正是搜索域拼出来的。',
  },
  nxdomain: { en: 'Of all answers since one CoreDNS pod started.', zh: '某个 CoreDNS Pod 自启动以来的全部应答。' },
  slow: {
    en: 'One in a hundred lookups takes longer than that in CoreDNS, counted since one pod started.',
    zh: '某个 Pod 自启动以来，每一百次解析有一次在 CoreDNS 中超过这个时间。',
  },
  quick: {
    en: 'Ninety-nine of a hundred lookups take no longer than that in CoreDNS, counted since one pod started.',
    zh: '某个 Pod 自启动以来，每一百次解析有九十九次在 CoreDNS 中不超过这个时间。',
  },
  'no-cache': {
    en: 'The Corefile has no cache: every lookup of an external name goes to the upstream.',
    zh: 'Corefile 中没有 cache：外部域名的每次解析都要访问上游。',
  },
  autopath: {
    en: 'CoreDNS answers the whole search list at once.',
    zh: 'CoreDNS 会一次答完整个搜索域。',
  },
  'node-cache': {
    en: 'A cache on each node answers, without connection tracking.',
    zh: '每个节点上的缓存直接应答，不经过连接跟踪。',
  },
  'ndots-spread': {
    en: 'Workloads with the cluster’s ndots:5: a name with fewer than five dots is tried with each search domain first.',
    zh: '使用集群默认 ndots:5 的工作负载：不足五个点的名字会先逐个尝试搜索域。',
  },
  'not-found': { en: 'The program did not find a name.', zh: '程序没有解析到某个域名。' },
  'prove-metrics': {
    en: 'CoreDNS’s counters of answers and times: --deep asks for them where a Service leads to port 9153.',
    zh: 'CoreDNS 的应答与耗时指标：若有 Service 指向 9153 端口，--deep 会去读取。',
  },
  'prove-timeouts': {
    en: 'How many of the timeouts are of the last minutes: only the last line’s time is known.',
    zh: '有多少次超时发生在最近几分钟：目前只知道最后一行的时间。',
  },
  'prove-getent': {
    en: '`getent hosts` of the short name in such a pod finds nothing, of the full name it finds the Service.',
    zh: '在这样的 Pod 里，`getent hosts` 查短名没有结果，查完整名能查到 Service。',
  },
  'prove-coredns': {
    en: 'CoreDNS: kube-system is not among the namespaces that were read.',
    zh: 'CoreDNS：kube-system 不在读取的命名空间中。',
  },
  'look-timeouts': { en: 'Count the timeouts of the last ten minutes', zh: '统计最近十分钟的超时次数' },
  'look-metrics': { en: 'See what CoreDNS answers', zh: '查看 CoreDNS 都应答了什么' },
  'more-replicas': {
    en: 'More replicas: {before} → {after} (an autoscaler or a managed add-on may set it back)',
    zh: '增加副本：{before} → {after}（自动伸缩或托管插件可能会改回去）',
  },
  'raise-ndots': {
    en: 'Set ndots {needed}, so that musl tries the search list for the names that are called (restarts the pods)',
    zh: '把 ndots 设为 {needed}，让 musl 对所访问的名字走搜索域（会重启 Pod）',
  },
};
