import type { Message } from '../../rule.ts';

/** Summaries, by verdict. */
const SUMMARIES = {
  live: {
    en: 'Few pods do the work of {services}, measured over {minutes} min: gRPC clients keep one connection, and it leads to one pod.',
    zh: '{services} 的负载集中在少数 Pod 上（实测 {minutes} 分钟）：gRPC 客户端只保持一条连接，而它只通向一个 Pod。',
  },
  latent: {
    en: 'Clients of {services} keep one connection to one virtual address, so each of them stays with one pod. The load is not badly uneven now; it will be when clients are few, or after a rollout.',
    zh: '{services} 的客户端对一个虚拟地址只保持一条连接，每个客户端都固定在一个 Pod 上。目前还没有严重不均，但客户端少或发布之后就会出现。',
  },
  mitigated: {
    en: 'Requests to {services} are spread: by a mesh on the client’s side, or by a headless name over which the measured load is even.',
    zh: '{services} 的请求已被分散：客户端一侧有网格按请求均衡，或者走 headless 域名且实测负载均匀。',
  },
  clear: {
    en: 'Each Service that says that it is gRPC has a single pod, or one for the clients of each node: there is nothing to spread. One that doesn’t say so isn’t recognised.',
    zh: '每个表明自己是 gRPC 的 Service 都只有一个 Pod，或每个节点的客户端只用本节点的那一个，不存在分配不均的问题。没有表明的识别不出来。',
  },
  absent: {
    en: 'No Service says that it is gRPC, by its port’s name or appProtocol or by a gRPC health probe. One that says nothing of the kind isn’t recognised, and Istio’s control plane doesn’t count.',
    zh: '没有任何 Service 表明自己是 gRPC（端口名、appProtocol 或 gRPC 健康检查）。什么都没写的 gRPC Service 识别不出来；Istio 控制面不算在内。',
  },
  unknown: {
    en: 'It can’t be told whether the pods of {services} share the load: see what would prove it.',
    zh: '无法判断 {services} 的各个 Pod 是否分担了负载，见“还需要什么证据”。',
  },
  unmeasured: {
    en: 'It can’t be told whether the pods of {services} share the load: that takes several samples of metrics.k8s.io, which `--observe 3m` collects.',
    zh: '无法判断 {services} 的各个 Pod 是否分担了负载：需要对 metrics.k8s.io 多次采样，用 `--observe 3m` 收集。',
  },
  'not-read': {
    en: 'Something that the verdict needs could not be read, see what was not checked.',
    zh: '得出结论所需的数据没能全部读到，见“未检查的内容”。',
  },
} as const satisfies Readonly<Record<string, Message>>;

const LOAD = {
  busiest: {
    en: '{ratio} times the mean of {pods} pods ({mean} m), median of {samples} samples over {minutes} min',
    zh: '是 {pods} 个 Pod 平均值（{mean} m）的 {ratio} 倍，{minutes} 分钟内 {samples} 次采样的中位数',
  },
  idlest: { en: 'The least busy pod of the same template', zh: '同一模板中最闲的 Pod' },
  'slightly-busiest': {
    en: 'Uneven ({ratio} times the mean of {pods} pods), but something else explains it, or it is too little to be called live',
    zh: '有些不均（{pods} 个 Pod 平均值的 {ratio} 倍），但另有原因，或者还不足以判定为正在发生',
  },
  even: {
    en: 'The busiest pod has {ratio} times the mean of {pods} pods: even, {samples} samples over {minutes} min',
    zh: '最忙的 Pod 是 {pods} 个 Pod 平均值的 {ratio} 倍：均匀，{minutes} 分钟内 {samples} 次采样',
  },
  quiet: {
    en: 'A mean of {mean} m CPU in {pods} pods: too quiet to tell how requests are spread',
    zh: '{pods} 个 Pod 平均 {mean} m CPU：负载太低，看不出请求如何分布',
  },
  glimpse: {
    en: '{ratio} times the mean of {pods} pods, but samples of one moment ({samples}) prove nothing',
    zh: '是 {pods} 个 Pod 平均值的 {ratio} 倍，但只有同一时刻的样本（{samples} 个），不能作为证据',
  },
  'idle-newcomer': {
    en: 'Has been ready long enough and gets nothing: clients stay with the pods that they know',
    zh: '就绪已久却没有请求：客户端仍连着原来的 Pod',
  },
} as const satisfies Readonly<Record<string, Message>>;

const STRUCTURE = {
  'says-grpc': { en: 'This says that the port is gRPC', zh: '由此可知该端口是 gRPC' },
  'may-be-grpc': { en: 'This is usual for gRPC, and others have it too', zh: 'gRPC 常用，但其他协议也可能如此' },
  clusterip: {
    en: 'One virtual address: a pod is chosen for each connection, not for each request',
    zh: '只有一个虚拟地址：按连接选 Pod，而不是按请求',
  },
  headless: {
    en: 'Headless: the name leads to the pods, and the client’s own policy decides. It stands in its code',
    zh: 'headless：域名直接解析到各个 Pod，由客户端自己的策略决定，而策略写在代码里',
  },
  dials: {
    en: 'This variable holds the address of {service}; {bare} of the {pods} pods have nothing between that balances requests',
    zh: '该变量是 {service} 的地址；{pods} 个 Pod 中有 {bare} 个没有按请求均衡的代理',
  },
  'dials-headless': {
    en: 'This variable holds the headless name {service}',
    zh: '该变量是 headless 域名 {service}',
  },
  'dials-meshed': {
    en: 'This variable holds the address of {service}, and {mesh} on the way balances requests',
    zh: '该变量是 {service} 的地址，途中的 {mesh} 会按请求均衡',
  },
  'dials-unclear': {
    en: 'This variable holds the address of {service}; a proxy stands between, and whether it balances requests is not known',
    zh: '该变量是 {service} 的地址；中间有代理，但不清楚它是否按请求均衡',
  },
  'may-grow': {
    en: 'There may be up to {pods} pods, and then only some get requests',
    zh: '最多会有 {pods} 个 Pod，届时只有一部分能收到请求',
  },
  floor: {
    en: 'With one channel each, {clients} client pods can keep at most {clients} of the {pods} pods busy',
    zh: '每个客户端 Pod 一条 channel 时，{clients} 个客户端最多只能让 {pods} 个 Pod 中的 {clients} 个忙起来',
  },
  stale: {
    en: 'The older the pod, the busier (rank correlation {correlation}): clients don’t resolve the name again, so pods that came later get nothing',
    zh: '越老的 Pod 越忙（秩相关系数 {correlation}）：客户端不会重新解析域名，后来的 Pod 收不到请求',
  },
  'first-address': {
    en: 'The busiest pod has the lowest address: clients without round_robin take the first that works',
    zh: '最忙的 Pod 地址最小：没有配 round_robin 的客户端总是用第一个可用地址',
  },
} as const satisfies Readonly<Record<string, Message>>;

const HARM = {
  'killed-for-memory': { en: 'Killed for memory within the last day', zh: '最近一天内因内存不足被杀' },
  'restarts-here': {
    en: 'Restarts gather here: the median of the other pods is {median}',
    zh: '重启集中在这里：其他 Pod 的中位数是 {median}',
  },
  'probe-failed': { en: 'Its probes failed within the last hour', zh: '最近一小时内健康检查失败' },
  'blind-autoscaler': {
    en: 'The autoscaler sees {current} % on average, below its target of {target} %, while {pod} is at its limit',
    zh: 'HPA 看到的平均值是 {current} %，低于目标 {target} %，而 {pod} 已经打满',
  },
} as const satisfies Readonly<Record<string, Message>>;

const OTHER = {
  'by-client': {
    en: 'Another cause: the Service ties each client address to one pod',
    zh: '另一种原因：该 Service 把每个客户端地址固定到一个 Pod',
  },
  'by-node': { en: 'Another cause: clients reach only pods of their own node', zh: '另一种原因：客户端只能访问本节点上的 Pod' },
  'by-zone': { en: 'Another cause: clients prefer pods of their own zone', zh: '另一种原因：客户端优先访问本可用区的 Pod' },
  'by-limit': { en: 'Another cause: the pods have different CPU limits', zh: '另一种原因：各 Pod 的 CPU 上限不同' },
  'by-machine': { en: 'Another cause: the pods run on different machine types', zh: '另一种原因：各 Pod 所在机器的规格不同' },
  'in-rollout': {
    en: 'A rollout is going on: only the {value} pods of one template are compared',
    zh: '正在发布：只比较同一模板的 {value} 个 Pod',
  },
  'just-scaled': { en: 'The autoscaler has just changed the number of pods', zh: 'HPA 刚刚调整过 Pod 数量' },
} as const satisfies Readonly<Record<string, Message>>;

const PROOF = {
  observe: {
    en: 'Run `diagnose` with `--observe 3m`: several samples of metrics.k8s.io, so that the load of each pod can be compared',
    zh: '用 `--observe 3m` 运行 `diagnose`：对 metrics.k8s.io 多次采样，才能比较各 Pod 的负载',
  },
  settle: { en: 'Ask again when at least two pods have been ready for ten minutes', zh: '等至少两个 Pod 就绪满十分钟后再查一次' },
  'requests-per-pod': {
    en: 'Requests by pod, for instance sum by (pod) (rate(grpc_server_handled_total[5m])): CPU stands for them here',
    zh: '每个 Pod 的请求数，例如 sum by (pod) (rate(grpc_server_handled_total[5m]))：这里用 CPU 代替',
  },
  'max-age': {
    en: 'A MaxConnectionAge in the server, or a connection for each call in the client, softens it: both stand in code, which is not in the cluster',
    zh: '服务端的 MaxConnectionAge，或客户端每次调用新建连接，都会缓解：两者写在代码里，集群中看不到',
  },
  policy: {
    en: 'The client’s policy (round_robin or none) and its `dns:///` target: they stand in code, which is not in the cluster',
    zh: '客户端的策略（是否 round_robin）和 `dns:///` target：写在代码里，集群中看不到',
  },
  tls: {
    en: 'That the application speaks plaintext to the mesh: its own TLS hides requests from the proxy, and can’t be seen here',
    zh: '确认应用对网格用明文：应用自己做 TLS 时代理看不到请求，这里也看不出来',
  },
  'who-dials': {
    en: 'No workload that was read has the address of {service} in a variable: who calls it (a flag, a file, code, another cluster)?',
    zh: '读到的工作负载里，没有哪个的环境变量是 {service} 的地址：调用方是谁（启动参数、配置文件、代码、其他集群）？',
  },
  declare: {
    en: 'Whether the port is gRPC at all: `appProtocol: kubernetes.io/h2c` on the port of {service} would say so',
    zh: '该端口到底是不是 gRPC：在 {service} 的端口上写 `appProtocol: kubernetes.io/h2c` 就能说明',
  },
} as const satisfies Readonly<Record<string, Message>>;

const ACTIONS = {
  watch: { en: 'Compare the pods of {service} three times, a minute apart', zh: '隔一分钟比较一次 {service} 的各个 Pod，共三次' },
  twin: {
    en: 'Add a headless twin of {service}; then point the clients to dns:///{target} with round_robin',
    zh: '为 {service} 增加一个 headless Service，然后让客户端使用 dns:///{target} 并配置 round_robin',
  },
  restart: {
    en: 'Restart the server, wait until all its pods are ready, then its clients: that spreads by chance, until the next rollout',
    zh: '先重启服务端，等全部 Pod 就绪后再重启客户端：只是碰运气地打散，维持到下一次发布',
  },
  memory: {
    en: 'Pods of {workload} die of memory: a higher limit gains time only',
    zh: '{workload} 的 Pod 因内存死掉：调高上限只是争取时间',
  },
} as const satisfies Readonly<Record<string, Message>>;

export const ONE_POD_MESSAGES = { ...SUMMARIES, ...LOAD, ...STRUCTURE, ...HARM, ...OTHER, ...PROOF, ...ACTIONS };
