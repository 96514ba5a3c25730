import type { Verdict } from '../linters/probe.ts';
import type { Message } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { ObjectReference } from '../snapshot/snapshot.ts';
import { harmless } from './colour.ts';
import type { ActionReport, DiagnosisReport, EvidenceReport, IncidentReport, SubjectReport } from './diagnosis-report.ts';
import { VERDICTS } from './diagnosis-report.ts';
import { ageText, notCheckedLines, objectText, scopeText, SOURCE_WORDS, VERDICT_WORDS, word } from './diagnosis-words.ts';
import { messageText } from './message.ts';

/** Addresses of what a page links to; without one there is no link. */
export interface DiagnosisLinks {
  runbook(id: string): string | undefined;
  /** @param pointer RFC 6901 in the object */
  object(object: ObjectReference, pointer: string): string | undefined;
  /** Puts a command on the clipboard. */
  copy(runbook: string, subject: number, action: number, which: 'command' | 'undo'): string | undefined;
}

export interface DiagnosisPage {
  readonly report: DiagnosisReport;
  readonly language: Language;
  /** Nobody chose the namespaces: more was not allowed. */
  readonly narrowed: boolean;
  /** By runbook and place of the subject: `kong/router-rebuild-memory#0`. */
  readonly pictures: Readonly<Record<string, readonly string[]>>;
  /** What differs between files and the cluster, as sentences. */
  readonly drift: readonly { readonly object: ObjectReference; readonly pointer: string; readonly text: string }[];
  /** The runbook that the reader came for: its part comes first. */
  readonly wanted: string | undefined;
  readonly links: DiagnosisLinks;
}

const WORDS = {
  title: { en: 'Incident report', zh: '事故报告' },
  narrowed: {
    en: 'Only namespace {names} was looked at: these credentials may not list pods in all namespaces.',
    zh: '只检查了命名空间 {names}：当前凭据无权列出全部命名空间的 Pod。',
  },
  openRunbook: { en: 'Open the runbook', zh: '打开 runbook' },
  copy: { en: 'Copy', zh: '复制' },
  copyUndo: { en: 'Copy the undo', zh: '复制撤销命令' },
  undo: { en: 'Undo', zh: '撤销' },
  source: { en: 'Source', zh: '来源' },
  means: { en: 'What it means', zh: '说明' },
  value: { en: 'Value', zh: '读到的值' },
  when: { en: 'When', zh: '时间' },
  where: { en: 'Read from', zh: '读取位置' },
  drift: { en: 'Files against the cluster', zh: '文件与集群的差异' },
  moreSubjects: { en: '… and {count} more (the JSON export has all)', zh: '……另有 {count} 个（导出的 JSON 中有全部内容）' },
  neverRun: { en: 'Commands are to be copied; nothing is run for you.', zh: '命令仅供复制，不会自动执行。' },
} as const satisfies Record<string, Message>;

/** Subjects of one incident that are written out. */
const MAX_SUBJECTS = 25;

/** The body of the report page: verdict first. It holds no script and no style; what a cluster says is escaped. */
export function diagnosisHtml(page: DiagnosisPage): string {
  const { report, language, narrowed } = page;
  const { cluster } = report;
  const name = cluster.context === '' ? cluster.server : cluster.context;
  const sections = report.incidents.filter(isTold).sort((a, b) => Number(b.runbook === page.wanted) - Number(a.runbook === page.wanted));
  return [
    '<header>',
    `<h1>${say('title', language)} <span class="context">${text(name)}</span></h1>`,
    countsHtml(report, language),
    `<p class="scope">${text(scopeText(report, language))}</p>`,
    narrowed ? `<p class="narrowed" role="note">${text(say('narrowed', language, { names: cluster.namespaces.join(' ') }))}</p>` : '',
    '</header>',
    overviewHtml(page),
    '<main>',
    ...sections.map((incident) => incidentHtml(incident, page)),
    driftHtml(page),
    accessHtml(page),
    '</main>',
    `<footer>${say('neverRun', language)}</footer>`,
  ].join('\n');
}

/** "1 live · 2 latent" */
function countsHtml({ incidents }: DiagnosisReport, language: Language): string {
  const parts = VERDICTS.flatMap((verdict) => {
    const count = incidents.filter((incident) => incident.verdict === verdict).length;
    return count === 0 ? [] : [`<span class="count"><b>${count}</b> ${chip(verdict, language)}</span>`];
  });
  return `<p class="counts">${parts.join(' ')}</p>`;
}

function overviewHtml(page: DiagnosisPage): string {
  const { incidents } = page.report;
  const told = incidents.filter(isTold);
  const rest = incidents.filter((incident) => !isTold(incident));
  const counts = VERDICTS.flatMap((verdict) => {
    const count = rest.filter((incident) => incident.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${messageText(VERDICT_WORDS[verdict], undefined, page.language)}`];
  });
  return [
    told.length > 0 ? overviewTable(told, page) : '',
    rest.length > 0 ? `<details class="rest"><summary>${text(counts.join(' · '))}</summary>${overviewTable(rest, page)}</details>` : '',
  ].join('\n');
}

function isTold({ verdict }: IncidentReport): boolean {
  return verdict !== 'clear' && verdict !== 'absent';
}

function overviewTable(incidents: readonly IncidentReport[], { language, wanted, links }: DiagnosisPage): string {
  const rows = incidents.map((incident) => {
    const { verdict, runbook, title, summary } = incident;
    const mark = runbook === wanted ? ' class="wanted"' : '';
    const label = isTold(incident) ? `<a href="#${text(runbook)}"${mark}>${text(title)}</a>` : linked(links.runbook(runbook), text(title));
    return `<tr><td>${chip(verdict, language)}</td><td>${label}<div class="summary">${text(summary)}</div></td></tr>`;
  });
  return `<table class="overview">${rows.join('')}</table>`;
}

function incidentHtml(incident: IncidentReport, page: DiagnosisPage): string {
  const { language, links } = page;
  const { runbook, title, verdict, summary, subjects } = incident;
  // What is worth a look here; the rest is counted.
  const shown = subjects.map((subject, index) => ({ subject, index })).filter(({ subject }) => subject.verdict !== 'clear');
  const rest = shown.length - MAX_SUBJECTS;
  const notChecked = notCheckedLines(incident.notChecked, language);
  return [
    `<section class="incident" id="${text(runbook)}" aria-label="${text(title)}">`,
    `<h2>${chip(verdict, language)} ${text(title)}</h2>`,
    `<p class="lead">${text(summary)}</p>`,
    linked(links.runbook(runbook), say('openRunbook', language), 'open-runbook'),
    ...shown.slice(0, MAX_SUBJECTS).map(({ subject, index }) => subjectHtml(incident, subject, index, page)),
    rest > 0 ? `<p>${text(say('moreSubjects', language, { count: rest }))}</p>` : '',
    notChecked.length > 0
      ? `<h4>${word('notChecked', language)}</h4><ul class="not-checked">${notChecked.map((line) => `<li>${text(line)}</li>`).join('')}</ul>`
      : '',
    '</section>',
  ].join('\n');
}

function subjectHtml(incident: IncidentReport, subject: SubjectReport, index: number, page: DiagnosisPage): string {
  const { language, links } = page;
  const { kind, namespace, name } = subject;
  const pictures = page.pictures[`${incident.runbook}#${index}`] ?? [];
  const findings = subject.findings.map(
    ({ rule, severity, message, object, pointer }) =>
      `<li class="finding finding-${severity}"><code>${text(rule)}</code> ${text(message)} ${linked(links.object(object, pointer), `<code>${text(pointer)}</code>`)}</li>`,
  );
  return [
    '<article class="subject">',
    `<h3>${chip(subject.verdict, language)} ${linked(links.object({ kind, namespace, name }, ''), text(objectText(subject)))}</h3>`,
    pictures.map((svg) => `<figure>${svg}</figure>`).join('\n'),
    subject.evidence.length > 0 ? evidenceHtml(subject, page) : '',
    findings.length > 0 ? `<h4>${word('rules', language)}</h4><ul class="findings">${findings.join('')}</ul>` : '',
    subject.wouldProve.length > 0
      ? `<h4>${heading(word('wouldProve', language))}</h4><ul>${subject.wouldProve.map((one) => `<li>${text(one)}</li>`).join('')}</ul>`
      : '',
    subject.actions.length > 0 ? `<h4>${word('actions', language)}</h4>` : '',
    ...subject.actions.map((action, at) => actionHtml(action, { runbook: incident.runbook, subject: index, action: at }, page)),
    '</article>',
  ].join('\n');
}

function evidenceHtml(subject: SubjectReport, page: DiagnosisPage): string {
  const { language } = page;
  const head = (['source', 'means', 'value', 'when', 'where'] as const).map((name) => `<th scope="col">${say(name, language)}</th>`);
  const rows = subject.evidence.map((evidence) => evidenceRow(evidence, page));
  return `<table class="evidence"><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function evidenceRow(
  { source, object, pointer, value, time, explains }: EvidenceReport,
  { report, language, links }: DiagnosisPage,
): string {
  const age =
    time === undefined
      ? ''
      : `<time datetime="${text(time)}" title="${text(time)}">${text(ageText(time, report.takenAt, language))}</time>`;
  const place = `${text(objectText(object))}${pointer === '' ? '' : `<br><code>${text(pointer)}</code>`}`;
  const cells = [
    text(messageText(SOURCE_WORDS[source], undefined, language)),
    text(explains),
    value === '' ? '' : `<code>${text(value)}</code>`,
    age,
    linked(links.object(object, pointer), place),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function actionHtml(
  { title, command, risk, undo }: ActionReport,
  at: { readonly runbook: string; readonly subject: number; readonly action: number },
  { language, links }: DiagnosisPage,
): string {
  const copy = (which: 'command' | 'undo', label: string): string =>
    linked(links.copy(at.runbook, at.subject, at.action, which), label, 'copy');
  return [
    `<div class="fence fence-${risk}"><div class="fence-head"><span class="risk risk-${risk}">${word(risk, language)}</span>`,
    `<span class="action-title">${text(title)}</span>${copy('command', say('copy', language))}</div>`,
    `<pre><code>${text(command)}</code></pre>`,
    undo === undefined
      ? ''
      : `<div class="fence-head undo"><span class="risk">${say('undo', language)}</span>${copy('undo', say('copyUndo', language))}</div><pre><code>${text(undo)}</code></pre>`,
    '</div>',
  ].join('');
}

function driftHtml({ drift, language, links }: DiagnosisPage): string {
  if (drift.length === 0) return '';
  const items = drift.map(
    ({ object, pointer, text: said }) => `<li>${linked(links.object(object, pointer), text(objectText(object)))}: ${text(said)}</li>`,
  );
  return `<section id="drift"><h2>${say('drift', language)}</h2><ul class="drift">${items.join('')}</ul></section>`;
}

function accessHtml({ report, language }: DiagnosisPage): string {
  const { roleYaml } = report.access;
  if (roleYaml === '') return '';
  return `<section id="access"><h2>${word('access', language)}</h2><div class="fence"><pre><code>${text(roleYaml)}</code></pre></div></section>`;
}

function chip(verdict: Verdict, language: Language): string {
  return `<span class="verdict verdict-${verdict}">${messageText(VERDICT_WORDS[verdict], undefined, language)}</span>`;
}

/** @param html of the link's text */
function linked(address: string | undefined, html: string, className = ''): string {
  if (address === undefined) return html;
  return `<a href="${text(address)}"${className === '' ? '' : ` class="${className}"`}>${html}</a>`;
}

function say(name: keyof typeof WORDS, language: Language, data?: Readonly<Record<string, string | number>>): string {
  return messageText(WORDS[name], data, language);
}

function heading(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** Text of a cluster, as text: no markup, and no control characters. */
function text(raw: string): string {
  return harmless(raw).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
