import type { Diagnosis, Incident } from '../diagnosis/diagnose.ts';
import type { Evidence, LiveFinding, NotChecked, Said, Subject, Verdict } from '../linters/probe.ts';
import type { Message, Rule, Severity } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { ObjectReference } from '../snapshot/snapshot.ts';
import { messageText, ruleText } from './message.ts';

/** The cluster's incident report in one language: plain data, what `diagnose --format json` prints and the editor shows. */
export interface DiagnosisReport {
  readonly version: 1;
  readonly tool: { readonly name: string; readonly version: string };
  /** RFC 3339: every age in the report counts from here. */
  readonly takenAt: string;
  readonly cluster: {
    readonly context: string;
    readonly server: string;
    readonly version: string;
    readonly namespaces: readonly string[];
    readonly scope: 'all' | 'listed';
    readonly objects: number;
    readonly pods: number;
  };
  readonly incidents: readonly IncidentReport[];
  readonly access: {
    readonly denied: readonly { readonly verb: string; readonly resource: string; readonly namespace?: string }[];
    readonly roleYaml: string;
  };
  readonly requests: { readonly count: number; readonly durationMs: number };
}

export interface IncidentReport {
  readonly runbook: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly summary: string;
  readonly subjects: readonly SubjectReport[];
  readonly notChecked: readonly NotCheckedReport[];
}

export interface SubjectReport extends ObjectReference {
  readonly verdict: Verdict;
  readonly evidence: readonly EvidenceReport[];
  readonly findings: readonly FindingReport[];
  readonly wouldProve: readonly string[];
  readonly actions: readonly ActionReport[];
}

export interface EvidenceReport {
  readonly source: Evidence['source'];
  readonly object: ObjectReference;
  readonly pointer: string;
  readonly value: string;
  readonly time?: string;
  readonly explains: string;
}

export interface FindingReport {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly object: ObjectReference;
  readonly pointer: string;
}

export interface ActionReport {
  readonly title: string;
  readonly command: string;
  readonly risk: 'read' | 'change';
  readonly undo?: string;
}

export interface NotCheckedReport {
  readonly what: string;
  readonly reason: NotChecked['reason'];
  readonly namespace?: string;
  readonly message: string;
}

export interface DiagnosisTexts {
  readonly language: Language;
  readonly tool: { readonly name: string; readonly version: string };
  readonly rules: readonly Rule[];
  /** The runbook's title; the id where there is no such runbook. */
  readonly titleOf: (runbook: string) => string;
}

/** Verdict first: what is live, then latent, then what nobody can know yet. */
export const VERDICTS: readonly Verdict[] = ['live', 'latent', 'unknown', 'mitigated', 'clear', 'absent'];

export function diagnosisReport(diagnosis: Diagnosis, texts: DiagnosisTexts): DiagnosisReport {
  const { counts, access, requests, takenAt } = diagnosis;
  const { context, server, version, namespaces, scope } = diagnosis.cluster;
  const incidents = diagnosis.incidents.map((incident) => incidentReport(incident, texts));
  incidents.sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) || (a.runbook < b.runbook ? -1 : 1));
  // Written out: what is replayed from a file must give the same bytes, whatever the order of its keys.
  const cluster = { context, server, version, namespaces, scope, objects: counts.objects, pods: counts.pods };
  const { count, durationMs } = requests;
  return { version: 1, tool: texts.tool, takenAt, cluster, incidents, access, requests: { count, durationMs } };
}

function incidentReport(incident: Incident, texts: DiagnosisTexts): IncidentReport {
  const { probe, verdict } = incident;
  const say = (said: Said): string => ruleText(probe, said.messageId, said.data, texts.language);
  return {
    runbook: probe.id,
    title: texts.titleOf(probe.id),
    verdict,
    summary: say(incident.summary),
    subjects: incident.subjects.map((subject) => subjectReport(subject, say, texts)),
    notChecked: incident.notChecked.map((one) => notCheckedReport(one, texts.language)),
  };
}

function subjectReport(subject: Subject, say: (said: Said) => string, texts: DiagnosisTexts): SubjectReport {
  const { kind, namespace, name } = subject.object;
  return {
    kind,
    namespace,
    name,
    verdict: subject.verdict,
    evidence: subject.evidence.map(({ explains, ...rest }) => ({ ...rest, explains: say(explains) })),
    findings: subject.findings.map((finding) => findingReport(finding, texts)),
    wouldProve: subject.wouldProve.map(say),
    actions: subject.actions.map(({ title, ...rest }) => ({ title: say(title), ...rest })),
  };
}

function findingReport({ rule, severity, messageId, data, object, pointer }: LiveFinding, texts: DiagnosisTexts): FindingReport {
  const known = texts.rules.find(({ id }) => id === rule);
  return { rule, severity, message: ruleText(known, messageId, data, texts.language), object, pointer };
}

const REASONS: Readonly<Record<NotChecked['reason'], Message>> = {
  'needs-code': {
    en: 'judged in files only: it needs source code, build files or an image',
    zh: '只能在文件中判断：需要源代码、构建文件或镜像',
  },
  read: { en: 'was read, but holds no answer', zh: '已读取，但其中没有答案' },
  absent: { en: 'the API server does not serve it', zh: 'API server 不提供该资源' },
  forbidden: { en: 'not allowed (403)', zh: '没有权限（403）' },
  unauthorized: { en: 'the credentials were refused (401)', zh: '凭据被拒绝（401）' },
  expired: { en: 'the credentials or the list expired while reading', zh: '读取过程中凭据或列表已过期' },
  timeout: { en: 'no answer in time', zh: '未在时限内得到响应' },
  unreachable: { en: 'could not be reached', zh: '无法连接' },
  'server-error': { en: 'the server failed to answer', zh: '服务器返回错误' },
  cancelled: { en: 'reading was stopped', zh: '读取已被停止' },
  limit: { en: 'there is more than is read', zh: '数量超过读取上限' },
  'not-asked': { en: 'was not asked for', zh: '没有读取' },
};

function notCheckedReport({ what, reason, detail, namespace }: NotChecked, language: Language): NotCheckedReport {
  const text = messageText(REASONS[reason], undefined, language);
  const message = detail === undefined || detail === '' ? text : language === 'zh-cn' ? `${text}：${detail}` : `${text}: ${detail}`;
  return { what, reason, ...(namespace === undefined ? {} : { namespace }), message };
}

/** The exit status: something is live or latent. */
export function isHappeningOrWaiting(report: DiagnosisReport): boolean {
  return report.incidents.some(({ verdict }) => verdict === 'live' || verdict === 'latent');
}
