import type { Language } from '../runbooks/types.ts';
import { harmless } from './colour.ts';
import type { DiagnosisReport, IncidentReport, SubjectReport } from './diagnosis-report.ts';
import { ageText, notCheckedLines, objectText, scopeText, SOURCE_WORDS, VERDICT_WORDS, word } from './diagnosis-words.ts';
import { messageText } from './message.ts';

/** The incident report for a ticket or a post-mortem. */
export function diagnosisMarkdown(report: DiagnosisReport, language: Language): string {
  const verdictOf = ({ verdict }: { verdict: IncidentReport['verdict'] }): string =>
    messageText(VERDICT_WORDS[verdict], undefined, language);
  const parts = [
    `# ${word('cluster', language)} ${inline(report.cluster.context === '' ? report.cluster.server : report.cluster.context)}`,
    inline(scopeText(report, language)),
    [
      '| | runbook | |',
      '|---|---|---|',
      ...report.incidents.map((incident) => `| **${verdictOf(incident)}** | \`${incident.runbook}\` | ${inline(incident.summary)} |`),
    ].join('\n'),
  ];
  for (const incident of report.incidents) {
    if (incident.verdict === 'clear' || incident.verdict === 'absent') continue;
    parts.push(`## ${verdictOf(incident)}: ${inline(incident.title)}`, inline(incident.summary));
    for (const subject of incident.subjects) {
      if (subject.verdict === 'clear') continue;
      parts.push(`### ${inline(objectText(subject))}: ${verdictOf(subject)}`, ...subjectParts(subject, report, language));
    }
    if (incident.notChecked.length > 0) {
      const lines = notCheckedLines(incident.notChecked, language).map((text) => `- ${inline(text)}`);
      parts.push(`**${word('notChecked', language)}**`, lines.join('\n'));
    }
  }
  if (report.access.roleYaml !== '') parts.push(`## ${word('access', language)}`, fence(report.access.roleYaml, 'yaml'));
  return `${parts.join('\n\n')}\n`;
}

function subjectParts(subject: SubjectReport, report: DiagnosisReport, language: Language): string[] {
  const parts: string[] = [];
  const rows = subject.evidence.map(({ source, object, pointer, value, time, explains }) => {
    const age = time === undefined ? '' : ` (${ageText(time, report.takenAt, language)})`;
    const from = messageText(SOURCE_WORDS[source], undefined, language);
    return `- ${from}: ${inline(explains)} ${code(value)}${age}, ${inline(objectText(object))}${pointer === '' ? '' : ` ${code(pointer)}`}`;
  });
  const rules = subject.findings.map(
    ({ rule, severity, message, pointer }) => `- ${severity} \`${rule}\`: ${inline(message)} ${code(pointer)}`,
  );
  const more = subject.wouldProve.map((text) => `- ${word('wouldProve', language)}: ${inline(text)}`);
  const lines = [...rows, ...rules, ...more];
  if (lines.length > 0) parts.push(lines.join('\n'));
  for (const { title, command, risk, undo } of subject.actions) {
    parts.push(`**${word(risk, language)}**: ${inline(title)}`, fence(command, 'sh'));
    if (undo !== undefined) parts.push(`${word('undo', language)}:`, fence(undo, 'sh'));
  }
  return parts;
}

/** Text of a cluster in one line of Markdown: nothing in it may become markup. */
function inline(text: string): string {
  return harmless(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/([\\`*_[\]<>|#])/g, '\\$1');
}

function code(text: string): string {
  const plain = harmless(text).replace(/\s*\n\s*/g, ' ');
  return plain.includes('`') ? inline(plain) : `\`${plain.replaceAll('|', '\\|')}\``;
}

function fence(text: string, language: string): string {
  const marks = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${marks}${language}\n${harmless(text).trimEnd()}\n${marks}`;
}
