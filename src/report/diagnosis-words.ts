import type { Evidence, Verdict } from '../linters/probe.ts';
import type { Message } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { ObjectReference } from '../snapshot/snapshot.ts';
import type { DiagnosisReport, NotCheckedReport } from './diagnosis-report.ts';
import { messageText } from './message.ts';

/** The words of the incident report that all formats and the editor share. */
export const VERDICT_WORDS: Readonly<Record<Verdict, Message>> = {
  live: { en: 'live', zh: '正在发生' },
  latent: { en: 'latent', zh: '潜在' },
  unknown: { en: 'unknown', zh: '未知' },
  mitigated: { en: 'mitigated', zh: '已缓解' },
  clear: { en: 'clear', zh: '正常' },
  absent: { en: 'absent', zh: '未使用' },
};

export const SOURCE_WORDS: Readonly<Record<Evidence['source'], Message>> = {
  status: { en: 'status', zh: '状态' },
  spec: { en: 'spec', zh: '配置' },
  event: { en: 'event', zh: '事件' },
  log: { en: 'log', zh: '日志' },
  metrics: { en: 'metrics', zh: '指标' },
  config: { en: 'settings', zh: '设置' },
};

export const WORDS = {
  cluster: { en: 'Cluster', zh: '集群' },
  allNamespaces: { en: 'all namespaces', zh: '全部命名空间' },
  namespaces: { en: 'namespaces {names}', zh: '命名空间 {names}' },
  counts: { en: '{objects} objects, {pods} pods', zh: '{objects} 个对象，{pods} 个 Pod' },
  evidence: { en: 'Evidence', zh: '证据' },
  rules: { en: 'Rules', zh: '规则' },
  wouldProve: { en: 'would prove it', zh: '可进一步证明' },
  actions: { en: 'What to do', zh: '处置' },
  read: { en: 'read', zh: '只读' },
  change: { en: 'change', zh: '变更' },
  undo: { en: 'undo', zh: '撤销' },
  runbook: { en: 'runbook', zh: 'runbook' },
  notChecked: { en: 'Not checked', zh: '未检查' },
  access: { en: 'What would allow the rest', zh: '补齐权限所需的最小角色' },
  requests: { en: '{count} requests in {seconds} s', zh: '{count} 个请求，用时 {seconds} 秒' },
  from: { en: 'read from {server}', zh: '读取自 {server}' },
  takenAt: { en: 'taken at {time}', zh: '采集时间 {time}' },
  sameFor: { en: 'The same holds for {names}', zh: '以下对象情况相同：{names}' },
  more: { en: '… and {count} more (--format json has all)', zh: '……另有 {count} 个（--format json 可查看全部）' },
} as const satisfies Record<string, Message>;

export type Word = keyof typeof WORDS;

export function word(name: Word, language: Language, data?: Readonly<Record<string, string | number>>): string {
  return messageText(WORDS[name], data, language);
}

/** `Deployment shop/cart`, `Node node-1`. */
export function objectText({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}

/** What was not checked for one reason, in one line: `pods, services (shop): not allowed (403)`. */
export function notCheckedLines(all: readonly NotCheckedReport[], language: Language): string[] {
  const groups = new Map<string, { readonly one: NotCheckedReport; readonly what: string[] }>();
  for (const one of all) {
    const key = `${one.namespace ?? ''}\n${one.message}`;
    const group = groups.get(key);
    if (group) group.what.push(one.what);
    else groups.set(key, { one, what: [one.what] });
  }
  const [comma, colon] = language === 'zh-cn' ? ['、', '：'] : [', ', ': '];
  return [...groups.values()].map(({ one: { namespace, message }, what }) => {
    const where = namespace === undefined ? '' : language === 'zh-cn' ? `（${namespace}）` : ` (${namespace})`;
    return `${what.join(comma)}${where}${colon}${message}`;
  });
}

const MINUTE_MS = 60_000;

/** How long before the snapshot: `5 min ago`; empty for a time that can't be read. */
export function ageText(time: string, takenAt: string, language: Language): string {
  const minutes = Math.round((Date.parse(takenAt) - Date.parse(time)) / MINUTE_MS);
  if (!Number.isFinite(minutes)) return '';
  const [amount, unit, zh] =
    minutes < 120
      ? [minutes, 'min', '分钟']
      : minutes < 48 * 60
        ? [Math.round(minutes / 60), 'h', '小时']
        : [Math.round(minutes / 1440), 'd', '天'];
  return language === 'zh-cn' ? `${amount} ${zh}前` : `${amount} ${unit} ago`;
}

/** The line that says what was looked at: nobody should take a namespace for the cluster. */
export function scopeText({ cluster, takenAt, requests }: DiagnosisReport, language: Language): string {
  const { context, server, version, scope, namespaces, objects, pods } = cluster;
  const separator = language === 'zh-cn' ? '，' : ', ';
  const where = scope === 'all' ? word('allNamespaces', language) : word('namespaces', language, { names: namespaces.join(' ') });
  return [
    [context, server, version].filter((part) => part !== '').join(' '),
    where,
    word('counts', language, { objects, pods }),
    word('takenAt', language, { time: takenAt }),
    ...(requests.count > 0
      ? [word('requests', language, { count: requests.count, seconds: (requests.durationMs / 1000).toFixed(1) })]
      : []),
  ].join(separator);
}
