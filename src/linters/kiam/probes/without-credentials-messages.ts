import type { Message } from '../../rule.ts';

/** What kiam/pods-without-credentials says. */
export const WITHOUT_MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Pods are without their AWS credentials now (places: {count}).',
    zh: '有 Pod 现在拿不到自己的 AWS 凭证（{count} 处）。',
  },
  'is-latent': {
    en: 'A link between pods and their AWS credentials is broken, or will be at the next start.',
    zh: 'Pod 与其 AWS 凭证之间有一环已断，或在下次启动时会断。',
  },
  'is-mitigated': {
    en: 'A role is annotated where Kiam never reads it, but those pods have credentials of their own.',
    zh: '角色写在了 Kiam 不读取的地方，但这些 Pod 有自己的凭证。',
  },
  'is-clear': {
    en: 'Kiam or kube2iam runs, and nothing keeps pods from their credentials.',
    zh: 'Kiam 或 kube2iam 运行正常，没有什么妨碍 Pod 获取凭证。',
  },
  'is-absent': { en: 'Neither Kiam nor kube2iam was found.', zh: '没有发现 Kiam 或 kube2iam。' },
  'is-unknown': {
    en: 'Whether pods get their AWS credentials could not be told: something that it rests on could not be read.',
    zh: '无法判断 Pod 能否拿到 AWS 凭证：所需的信息没有读到。',
  },
  'own-words': { en: 'Kiam itself says why it ended.', zh: 'Kiam 自己说明了退出原因。' },
  crashes: { en: 'Kiam keeps ending after its start.', zh: 'Kiam 启动后反复退出。' },
  'server-not-ready': {
    en: 'No server is Ready: agents have nobody to ask, pods get nothing once what they hold has ended.',
    zh: '没有 Ready 的 server：agent 无人可问，Pod 手中的凭证过期后就再也拿不到。',
  },
  'server-has-no-pods': {
    en: 'No pod of the server exists, perhaps because no node fits its selector: agents have nobody to ask.',
    zh: '没有任何 server Pod，可能是因为没有节点匹配它的选择器：agent 无人可问。',
  },
  'server-caught': {
    en: 'This server asks the metadata service at its start (--role-base-arn-autodetect) and shares a node with an agent, which catches that request: its next start may fail.',
    zh: '这个 server 启动时要访问元数据服务（--role-base-arn-autodetect），却与 agent 同在一个节点，请求会被 agent 截获：下次启动可能失败。',
  },
  interface: {
    en: 'The pods’ interfaces are called otherwise with {plugin}: nothing on {name} is intercepted, pods get the node’s role.',
    zh: '使用 {plugin} 时 Pod 的网卡不叫这个名字：{name} 上拦截不到任何请求，Pod 拿到的是节点的角色。',
  },
  'no-iptables': {
    en: 'The agent is not told to intercept anything itself; whether something else on the nodes does can’t be seen.',
    zh: '没有让 agent 自行拦截；节点上是否有其他程序代劳，从集群中看不到。',
  },
  'forbidden-event': {
    en: 'Kiam forbade this pod its role.',
    zh: 'Kiam 拒绝了这个 Pod 使用该角色。',
  },
  'credential-event': {
    en: 'Kiam could not get credentials for this pod: the answer of STS stands behind it.',
    zh: 'Kiam 没能为这个 Pod 取得凭证：后面是 STS 的答复。',
  },
  'no-credentials': {
    en: 'The application found no credentials.',
    zh: '应用没有找到凭证。',
  },
  'permitted-none': {
    en: 'The Namespace permits no role, so Kiam forbids {role}.',
    zh: '该 Namespace 没有允许任何角色，因此 Kiam 会拒绝 {role}。',
  },
  'permitted-not': {
    en: 'What the Namespace permits does not match {role} (from 4.0 the whole ARN from end to end, before that the role as written).',
    zh: '该 Namespace 允许的表达式与 {role} 不匹配（4.0 起须整体匹配完整 ARN，之前是在所写的角色中查找）。',
  },
  'permitted-unknown': {
    en: 'Whether this permits {role} can’t be told from here.',
    zh: '从这里无法判断它是否允许 {role}。',
  },
  'own-credentials': {
    en: 'The pod has credentials of its own; Kiam is not asked.',
    zh: '这个 Pod 有自己的凭证，不会请求 Kiam。',
  },
  'without-role': {
    en: 'The running pod has no role: Kiam answers it with 404.',
    zh: '正在运行的 Pod 没有角色：Kiam 对它返回 404。',
  },
  'agent-not-ready': {
    en: 'The agent of this node is not Ready.',
    zh: '该节点上的 agent 没有 Ready。',
  },
  'dependant-here': {
    en: 'It takes its credentials from the agent of this node: it gets none, or those of the node.',
    zh: '它从该节点的 agent 获取凭证：现在拿不到，或者拿到的是节点的凭证。',
  },
  'prove-words': {
    en: 'The last lines of the run before (`kubectl logs --previous`): Kiam says why it ends.',
    zh: '上一次运行的最后几行日志（`kubectl logs --previous`）：Kiam 会说明退出原因。',
  },
  'prove-again': { en: 'Kiam is starting: look again in two minutes.', zh: 'Kiam 正在启动：两分钟后再看。' },
  'prove-intercepted': {
    en: 'What a pod gets from 169.254.169.254: its own role, or the node’s (the runbook says how to ask).',
    zh: 'Pod 从 169.254.169.254 得到的是自己的角色还是节点的角色（查询方法见 runbook）。',
  },
  'prove-permitted': {
    en: 'Kiam’s version and --role-base-arn, or a simpler expression: what is permitted is compared by them.',
    zh: 'Kiam 的版本和 --role-base-arn，或更简单的表达式：是否允许由它们决定。',
  },
  'prove-namespace': {
    en: 'The Namespace and its annotation iam.amazonaws.com/permitted.',
    zh: '该 Namespace 及其注解 iam.amazonaws.com/permitted。',
  },
  'prove-agents': {
    en: 'Kiam’s agents: they are not in the namespaces that were read.',
    zh: 'Kiam 的 agent：不在读取的命名空间中。',
  },
  'prove-asks': {
    en: 'Whether the application calls AWS: its log would say that it finds no credentials.',
    zh: '应用是否调用 AWS：若调用，其日志会提示找不到凭证。',
  },
  'look-words': { en: 'Read why Kiam ended', zh: '查看 Kiam 的退出原因' },
  'roll-back': {
    en: 'Back to the last revision (with OnDelete delete the crashing pods after it); the same command goes forward again',
    zh: '回滚到上一版本（OnDelete 时之后再删除崩溃的 Pod）；再执行一次即可恢复',
  },
  permit: { en: 'Permit exactly {role} too', zh: '额外只允许 {role}' },
  'annotate-pods': {
    en: 'Annotate the running pods: works within seconds, without a restart, until they are replaced',
    zh: '给正在运行的 Pod 加上注解：几秒内生效，无需重启，直到 Pod 被替换',
  },
  'annotate-template': {
    en: 'Annotate the pod template, so that it lasts (restarts the pods)',
    zh: '给 Pod 模板加上注解，长期有效（会重启 Pod）',
  },
  'look-agent': { en: 'See why the agent of this node is not Ready', zh: '查看该节点的 agent 为何没有 Ready' },
  'look-agents': { en: 'See which nodes the agents’ DaemonSet leaves out', zh: '查看 agent 的 DaemonSet 漏掉了哪些节点' },
  'look-node': { en: 'See the node’s labels and taints', zh: '查看该节点的标签和污点' },
};
