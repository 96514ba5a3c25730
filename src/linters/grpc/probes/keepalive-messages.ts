import type { Message } from '../../rule.ts';

export const KEEPALIVE_MESSAGES = {
  live: {
    en: 'Servers close connections with too_many_pings, seen within the last hour in {workloads}: a client pings more often than its server allows.',
    zh: '服务端以 too_many_pings 断开连接，最近一小时见于 {workloads}：客户端 ping 得比服务端允许的更频繁。',
  },
  latent: { en: '{workloads} may ping more often than their servers allow.', zh: '{workloads} 的 ping 可能比服务端允许的更频繁。' },
  mitigated: { en: 'The pings of {workloads} are allowed.', zh: '{workloads} 的 ping 在允许范围内。' },
  clear: { en: 'No client pings more often than its server allows.', zh: '没有客户端 ping 得比服务端允许的更频繁。' },
  absent: {
    en: 'No Service says that it is gRPC, by its port’s name or appProtocol or by a gRPC health probe. One that says nothing of the kind isn’t recognised, and Istio’s control plane doesn’t count.',
    zh: '没有任何 Service 表明自己是 gRPC（端口名、appProtocol 或 gRPC 健康检查）。什么都没写的 gRPC Service 识别不出来；Istio 控制面不算在内。',
  },
  unknown: {
    en: 'No line of the last hour says too_many_pings, but that clears nobody: intervals and policies stand in code, libraries may log nothing, and a busy connection hides it.',
    zh: '最近一小时的日志里没有 too_many_pings，但不能据此排除：间隔和策略写在代码里，有的库不打印日志，繁忙的连接也不会暴露问题。',
  },
  'not-read': {
    en: 'No log of a gRPC client or server was read, and nothing else in a cluster shows why connections are closed.',
    zh: '没有读到任何 gRPC 客户端或服务端的日志，而集群里没有别的信息能说明连接为什么断开。',
  },
  'too-many-pings': {
    en: 'The server closed a connection for too many pings (lines: {count}): all calls on it failed',
    zh: '服务端因 ping 太多断开了连接（{count} 行）：上面的调用全部失败',
  },
  'old-line': {
    en: 'The server closed a connection for too many pings (lines: {count}), but not within the last hour, or at a time that isn’t known',
    zh: '服务端曾因 ping 太多断开连接（{count} 行），但不在最近一小时内，或时间不明',
  },
  'keepalive-variable': {
    en: 'This variable speaks of keepalive; its value is not read from a cluster',
    zh: '这个变量与 keepalive 有关；不会从集群读取它的值',
  },
  'read-its-log': { en: 'The last hour of the log of {pod}, quiet times included', zh: '{pod} 最近一小时的日志，包括安静的时段' },
  'look-at-code': {
    en: 'The client’s interval, and whether it pings without calls, beside the server’s minimum: `runbook-lens lint --severity hint` compares them where both are in one repository',
    zh: '把客户端的间隔、没有调用时是否 ping，与服务端的下限放在一起看：两者在同一仓库时，`runbook-lens lint --severity hint` 会比较',
  },
  'read-log': { en: 'Read what {workload} says', zh: '查看 {workload} 的日志' },
  'roll-back': {
    en: 'It began with the last rollout of {workload} (revision {revision})? Go back',
    zh: '是从 {workload} 最近一次发布（revision {revision}）开始的？回滚',
  },
} as const satisfies Readonly<Record<string, Message>>;
