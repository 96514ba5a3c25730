import type { Message } from '../../rule.ts';

/** What istio/annotations-that-do-nothing says. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'is-live': {
    en: 'Istio’s injector refuses pods for an annotation, or ignores one that its pods should have (workloads: {count}).',
    zh: 'Istio 注入器正因注解拒绝创建 Pod，或者本应在 Pod 上的注解正被忽略（{count} 个工作负载）。',
  },
  'is-latent': {
    en: 'Annotations that Istio will ignore or refuse stand on live objects (objects: {count}).',
    zh: '线上对象带有会被 Istio 忽略或拒绝的注解（{count} 个对象）。',
  },
  'is-mitigated': {
    en: 'Annotations stand where Istio does not read them, but their pods have them by another way (workloads: {count}).',
    zh: '注解写在 Istio 不读取的位置，但其 Pod 已通过别的途径具备（{count} 个工作负载）。',
  },
  'is-clear': { en: 'Istio reads the annotations that were found for it.', zh: '发现的 Istio 注解都能被正常读取。' },
  'is-absent': { en: 'No Istio was found.', zh: '没有发现 Istio。' },
  'is-unknown': {
    en: 'Whether annotations are ignored or refused could not be judged: something that it rests on could not be read.',
    zh: '无法判断注解是否被忽略或拒绝：所需的信息没有读到。',
  },
  refused: {
    en: 'The sidecar injector refuses the pod for this annotation. Old pods live on; none is replaced.',
    zh: 'sidecar 注入器因这个注解拒绝了 Pod。旧 Pod 还在运行，但无法再补充新 Pod。',
  },
  'misplaced-ignored': {
    en: '{key} stands on the controller, where the injector never looks.',
    zh: '{key} 写在控制器上，注入器从不读取那里。',
  },
  'misplaced-open': {
    en: '{key} stands on the controller, where the injector never looks. No running pod with a sidecar tells whether it is missed.',
    zh: '{key} 写在控制器上，注入器从不读取那里。没有带 sidecar 的运行中 Pod 可用来判断是否受影响。',
  },
  'misplaced-fulfilled': {
    en: '{key} stands on the controller, where it does nothing; the pods are as it wants them by another way.',
    zh: '{key} 写在控制器上不起作用，但 Pod 已通过别的途径达到它要的效果。',
  },
  'pod-lacks': { en: 'The running pod has a sidecar and no {key}.', zh: '运行中的 Pod 带有 sidecar，却没有 {key}。' },
  'pod-otherwise': {
    en: 'The running pod is the opposite of what {key} asks for.',
    zh: '运行中 Pod 的注入状态与 {key} 的要求正好相反。',
  },
  misspelt: {
    en: 'Istio knows no {key}; probably {suggestion} is meant.',
    zh: 'Istio 没有 {key} 这个注解，多半是想写 {suggestion}。',
  },
  invalid: {
    en: '“{item}” in {key} is not what the injector or iptables takes: the next pod will not start.',
    zh: '{key} 里的“{item}”不是注入器或 iptables 能接受的写法：下一个 Pod 起不来。',
  },
  'prove-pod': {
    en: 'A new pod: whether it is created, and what `istio-init` is started with.',
    zh: '看一个新 Pod：能否创建，以及 `istio-init` 的启动参数。',
  },
  'look-events': { en: 'Look at pods that could not be created', zh: '查看未能创建的 Pod' },
  'write-list': { en: 'Write {key} as {list} (restarts the pods)', zh: '把 {key} 写成 {list}（会重启 Pod）' },
  move: {
    en: 'Put {key} on the pod template of {workload} (restarts the pods)',
    zh: '把 {key} 写到 {workload} 的 Pod 模板上（会重启 Pod）',
  },
  'move-label': {
    en: 'Make {key} a label of the pod template of {workload} (restarts the pods)',
    zh: '把 {key} 写成 {workload} Pod 模板的标签（会重启 Pod）',
  },
  'roll-back': {
    en: 'Go back to the revision of {workload} before this one (restarts the pods)',
    zh: '把 {workload} 回退到上一个版本（会重启 Pod）',
  },
};
