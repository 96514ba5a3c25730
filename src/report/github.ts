import type { Severity } from '../linters/rule.ts';
import { rangeOf } from '../text/source.ts';
import { findingText, type LintReport, rulesById } from './lint-report.ts';

const COMMAND: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', information: 'notice', hint: 'notice' };

/** Escapes as GitHub's own toolkit does (actions/toolkit, packages/core/src/command.ts). */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${name} ${list.join(',')}::${escapeData(message)}\n`;
}

/** The report as GitHub Actions workflow commands: annotations on the lines of a pull request. */
export function lintGithub(report: LintReport): string {
  const rules = rulesById(report);
  const findings = report.findings.map((finding) => {
    const text = findingText(finding, rules.get(finding.rule), report.language);
    const { start, end } = rangeOf(finding.at);
    const place = { file: finding.at.file.path, line: start.line + 1, endLine: end.line + 1 };
    // GitHub drops columns of an annotation over several lines.
    const columns: Record<string, number> = start.line === end.line ? { col: start.character + 1, endColumn: end.character + 1 } : {};
    const related = text.related.map((item) => {
      const at = rangeOf(item).start;
      return `${item.file.path}:${at.line + 1}:${at.character + 1}: ${item.message}`;
    });
    const runbook = finding.runbook === '' ? [] : [`runbook: ${finding.runbook}`];
    return command(
      COMMAND[finding.severity],
      { ...place, ...columns, title: finding.rule },
      [text.message, ...related, ...runbook].join('\n'),
    );
  });
  const notices = report.notices.map((notice) => command('notice', { file: notice.file, title: notice.kind }, notice.message));
  return [...findings, ...notices].join('');
}
