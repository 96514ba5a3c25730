import type { Message } from '../../rule.ts';

const SUMMARIES = {
  live: {
    en: '{workloads} can’t reach a gRPC server now: the log says that the target is written wrongly, or that nothing fitting listens there.',
    zh: '{workloads} 目前连不上 gRPC 服务端：日志表明 target 写错了，或者那里没有对应的服务在监听。',
  },
  latent: {
    en: '{workloads}: the target in a variable can’t work. The log doesn’t say yet that it is used.',
    zh: '{workloads}：环境变量里的 target 无法工作，但日志还没有表明它正在被使用。',
  },
  mitigated: { en: 'The targets of {workloads} work.', zh: '{workloads} 的 target 可用。' },
  clear: {
    en: 'What the cluster shows of the clients is right: they run, and their last lines tell of no target that fails. How their code builds the target was not checked.',
    zh: '从集群里能看到的部分是对的：客户端在运行，最近的日志里没有 target 失败。代码如何拼出 target 没有检查。',
  },
  absent: {
    en: 'No Service says that it is gRPC, by its port’s name or appProtocol or by a gRPC health probe. One that says nothing of the kind isn’t recognised, and Istio’s control plane doesn’t count.',
    zh: '没有任何 Service 表明自己是 gRPC（端口名、appProtocol 或 gRPC 健康检查）。什么都没写的 gRPC Service 识别不出来；Istio 控制面不算在内。',
  },
  unknown: {
    en: 'It can’t be told whether {workloads} reach their servers: see what would prove it.',
    zh: '无法判断 {workloads} 能否连上服务端，见“还需要什么证据”。',
  },
  'not-read': {
    en: 'Something that the verdict needs could not be read, see what was not checked.',
    zh: '得出结论所需的数据没能全部读到，见“未检查的内容”。',
  },
} as const satisfies Readonly<Record<string, Message>>;

export const CONNECT_MESSAGES = {
  ...SUMMARIES,
  'invalid-target': {
    en: 'The gRPC library refuses the target itself (lines: {count}): it is no host:port, nor scheme:///host:port',
    zh: 'gRPC 库不接受这个 target（{count} 行）：它既不是 host:port，也不是 scheme:///host:port',
  },
  'name-not-found': { en: 'The host of the target has no address (lines: {count})', zh: 'target 里的主机名解析不到地址（{count} 行）' },
  refused: {
    en: 'Nothing listens at the target (lines: {count}): the wrong port, or no pod is ready',
    zh: 'target 处没有进程监听（{count} 行）：端口错了，或者没有就绪的 Pod',
  },
  'tls-mismatch': { en: 'One side speaks TLS and the other doesn’t (lines: {count})', zh: '一端用 TLS，另一端不用（{count} 行）' },
  'not-http2': { en: 'What listens there doesn’t speak HTTP/2 (lines: {count})', zh: '那里的服务不是 HTTP/2（{count} 行）' },
  'not-running': { en: 'The container doesn’t run', zh: '容器没有在运行' },
  'probe-failed': { en: 'Its probes failed within the last hour', zh: '最近一小时内健康检查失败' },
  'no-ready-pod': {
    en: 'No pod of {service} is ready: the server is down, which is another incident',
    zh: '{service} 没有就绪的 Pod：是服务端挂了，属于另一类故障',
  },
  'dns-authority': {
    en: 'The value begins with dns:// and two slashes: that names a DNS server, not the host. Three are needed',
    zh: '取值以 dns:// 加两个斜杠开头：那个位置是 DNS 服务器而不是主机，应为三个斜杠',
  },
  'http-url': {
    en: 'The value is a URL. Right for .NET, tonic and Connect; Go, Java, Python and Node.js refuse it as a gRPC target',
    zh: '取值是一个 URL。对 .NET、tonic、Connect 是对的；Go、Java、Python、Node.js 不接受它作为 gRPC target',
  },
  'headless-port': {
    en: '{service} is headless: port {dialled} is the Service’s, the pods listen on {targetPort}, and a headless name maps no ports',
    zh: '{service} 是 headless：{dialled} 是 Service 的端口，Pod 监听的是 {targetPort}，而 headless 域名不做端口映射',
  },
  dials: { en: 'This variable holds the address of {service}', zh: '该变量是 {service} 的地址' },
  'read-its-log': { en: 'The last lines of {pod}, when calls fail', zh: '调用失败时 {pod} 的最近日志' },
  'look-at-code': {
    en: 'How the code builds the target: `runbook-lens lint` follows the variable into it',
    zh: '代码如何拼出 target：`runbook-lens lint` 会从变量一直追到代码',
  },
  'who-dials': {
    en: 'No workload that was read has the address of {service} in a variable: who calls it (a flag, a file, code, another cluster)?',
    zh: '读到的工作负载里，没有哪个的环境变量是 {service} 的地址：调用方是谁（启动参数、配置文件、代码、其他集群）？',
  },
  'read-log': { en: 'Read what {workload} says', zh: '查看 {workload} 的日志' },
  'roll-back': {
    en: 'It began with the last rollout of {workload} (revision {revision})? Go back',
    zh: '是从 {workload} 最近一次发布（revision {revision}）开始的？回滚',
  },
  'correct-target': {
    en: 'Write the target rightly, unless an HTTP client reads the same variable; this restarts the pods of {workload}',
    zh: '把 target 写对，前提是没有 HTTP 客户端读同一个变量；会重启 {workload} 的 Pod',
  },
} as const satisfies Readonly<Record<string, Message>>;
