import type { Message } from '../../rule.ts';

/** What kiam/credential-refresh-storm says. */
export const STORM_MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Calls to AWS wait for Kiam, or are signed with keys that have ended ({dependants} dependent workloads).',
    zh: '对 AWS 的调用正在等 Kiam，或在用过期的密钥签名（{dependants} 个依赖它的工作负载）。',
  },
  'is-latent': {
    en: 'Credentials with too little life left are handed out: some SDKs fetch anew on every call, others sign with ended keys ({dependants} dependent workloads).',
    zh: '下发的凭证剩余有效期过短：有的 SDK 每次调用都会重新获取，有的会用过期密钥签名（{dependants} 个依赖它的工作负载）。',
  },
  'is-mitigated': {
    en: 'Pods take their credentials from Kiam or kube2iam, with never less than 15 minutes left ({dependants} dependent workloads).',
    zh: 'Pod 从 Kiam 或 kube2iam 获取凭证，剩余有效期始终不少于 15 分钟（{dependants} 个依赖它的工作负载）。',
  },
  'is-clear': {
    en: 'Credentials always have 15 minutes or more left, and no running pod depends on them.',
    zh: '下发的凭证剩余有效期始终不少于 15 分钟，且没有正在运行的 Pod 依赖它。',
  },
  'is-absent': { en: 'Neither Kiam nor kube2iam was found.', zh: '没有发现 Kiam 或 kube2iam。' },
  'is-unknown': {
    en: 'How much life the handed-out credentials have left could not be told: something that it rests on could not be read.',
    zh: '无法判断下发的凭证还剩多少有效期：所需的信息没有读到。',
  },
  expired: {
    en: 'The application signed with credentials that had ended, or its SDK believes in them longer than they live.',
    zh: '应用用已过期的凭证签名，或其 SDK 认定的有效期超过了凭证的实际寿命。',
  },
  throttled: {
    en: 'STS refuses Kiam for asking too often: pods wait, then get no credentials.',
    zh: 'STS 因请求过于频繁拒绝了 Kiam：Pod 先是等待，随后拿不到凭证。',
  },
  'throttled-event': {
    en: 'Kiam could not serve this pod, because STS refused it for asking too often.',
    zh: 'STS 因请求过于频繁拒绝了 Kiam，这个 Pod 没有拿到凭证。',
  },
  'rate-agent': {
    en: 'One agent’s count since it started: at least {rate} fetches a second for each of at most {count} dependent pods on a node. A mean; healthy is 0.002.',
    zh: '某个 agent 自启动以来的计数：一个节点上最多 {count} 个依赖 Pod，平均每个每秒至少获取 {rate} 次。这是平均值；正常约为 0.002。',
  },
  'rate-server': {
    en: 'One server’s count since it started: asked at least {rate} times a second for each of {count} dependent pods. A mean; healthy is 0.002.',
    zh: '某个 server 自启动以来的计数：{count} 个依赖 Pod，平均每个每秒至少请求 {rate} 次。这是平均值；正常约为 0.002。',
  },
  ...lives(),
  'life-kube2iam': {
    en: 'kube2iam hands out credentials with {low} to {high} left.',
    zh: 'kube2iam 下发的凭证剩余有效期为 {low} 到 {high}。',
  },
  dependant: { en: 'Takes its credentials from there.', zh: '从那里获取凭证。' },
  'dependant-runtime': {
    en: 'Takes its credentials from there; by its image or settings it runs {runtime}. Which SDK, and which version, can’t be seen.',
    zh: '从那里获取凭证；从镜像或设置看运行的是 {runtime}。具体是哪个 SDK、哪个版本，从集群中看不到。',
  },
  'prove-flags': {
    en: 'The server’s session-duration and session-refresh: they come from where they can’t be seen.',
    zh: 'server 的 session-duration 和 session-refresh：它们来自看不到的地方。',
  },
  'prove-version': {
    en: 'Kiam’s version: what its flags come to depends on it (`assume.kiam` in the configuration says it).',
    zh: 'Kiam 的版本：参数的效果取决于版本（可在配置中用 `assume.kiam` 说明）。',
  },
  'prove-server': {
    en: 'The Kiam server: it is not in the namespaces that were read.',
    zh: 'Kiam server：不在读取的命名空间中。',
  },
  'prove-sdk': {
    en: 'The SDK versions of the dependent services: `runbook-lens lint` reads them from the code.',
    zh: '各依赖服务的 SDK 版本：`runbook-lens lint` 会从代码中读取。',
  },
  'prove-rate': {
    en: 'The agents’ count of fetches, twice, a minute apart; --deep asks for it once where a Service leads there.',
    zh: '相隔一分钟读取两次 agent 的获取计数；若有 Service 指向它，--deep 会读取一次。',
  },
  'look-rate': {
    en: 'Count the fetches of one agent; run it again a minute later (more than 3 a minute for each dependent pod is the storm)',
    zh: '查看某个 agent 的获取计数，一分钟后再执行一次（每个依赖 Pod 每分钟超过 3 次就是风暴）',
  },
  'raise-both': {
    en: 'Set session-duration 60m and session-refresh 26m, together (needs jq; a DaemonSet with OnDelete changes nothing until its pods are deleted, one at a time)',
    zh: '同时设置 session-duration 60m 与 session-refresh 26m（需要 jq；OnDelete 的 DaemonSet 要逐个删除 Pod 后才生效）',
  },
  'raise-duration': {
    en: 'Set session-duration 60m (needs jq; a DaemonSet with OnDelete changes nothing until its pods are deleted, one at a time)',
    zh: '设置 session-duration 60m（需要 jq；OnDelete 的 DaemonSet 要逐个删除 Pod 后才生效）',
  },
  'replace-pods': {
    en: 'This pod still runs with the old flags: replace it; the next one only when the new one is Ready',
    zh: '这个 Pod 仍在使用旧参数：请替换它，等新 Pod Ready 后再换下一个',
  },
  restart: {
    en: 'Restart {workload}: new processes fetch new credentials. On the old flags that buys 5 to 15 minutes',
    zh: '重启 {workload}：新进程会获取新凭证。在旧参数下只能缓解 5 到 15 分钟',
  },
};

/** What pods are served; `-mixed`: not all of the server's pods serve the same. */
function lives(): Record<string, Message> {
  const plain: Record<string, Message> = {
    'life-short': {
      en: 'Pods get credentials with {low} to {high} left; many SDKs want 15 minutes.',
      zh: 'Pod 拿到的凭证剩余有效期为 {low} 到 {high}；不少 SDK 要求至少 15 分钟。',
    },
    'life-late': {
      en: 'session-refresh is not far enough below session-duration: the cache never empties, or empties every minute.',
      zh: 'session-refresh 没有足够小于 session-duration：缓存永不过期，或者每分钟都过期。',
    },
    'life-right': { en: 'Pods get credentials with {low} to {high} left.', zh: 'Pod 拿到的凭证剩余有效期为 {low} 到 {high}。' },
    'life-maybe': {
      en: 'Depending on Kiam’s version, which isn’t known, pods get credentials with {low} to {high} left.',
      zh: '视 Kiam 版本而定（此处未知），Pod 拿到的凭证剩余有效期为 {low} 到 {high}。',
    },
    'life-unknown': {
      en: 'A flag’s value can’t be seen, so nobody knows how much life is left.',
      zh: '有参数的值看不到，无法得知剩余有效期。',
    },
  };
  const mixed = Object.entries(plain).map(([id, { en, zh }]): [string, Message] => [
    `${id}-mixed`,
    {
      en: `${en} The server’s pods, or its manifest, don’t all say the same: old pods stay until they are deleted.`,
      zh: `${zh}server 的各个 Pod 与清单并不一致：旧 Pod 在删除之前一直沿用旧参数。`,
    },
  ]);
  return { ...plain, ...Object.fromEntries(mixed) };
}
