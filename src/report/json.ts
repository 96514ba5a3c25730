import { rangeOf } from '../text/source.ts';
import { findingText, type LintReport, rulesById, totalCounts } from './lint-report.ts';

/**
 * The lint report as JSON. The same input gives the same bytes, `summary.durationMs` aside; described by
 * `schemas/lint-report.schema.json`. The counts of the summary include findings below the severity that is shown.
 */
export function lintJson(report: LintReport): string {
  const rules = rulesById(report);
  const counts = totalCounts(report);
  const document = {
    version: 1,
    tool: report.tool,
    findings: report.findings.map((finding) => {
      const text = findingText(finding, rules.get(finding.rule), report.language);
      return {
        rule: finding.rule,
        severity: finding.severity,
        message: text.message,
        messageId: finding.messageId,
        data: finding.data ?? {},
        ...(finding.runbook === '' ? {} : { runbook: finding.runbook }),
        unit: finding.unit,
        units: finding.units,
        fingerprint: finding.fingerprint,
        file: finding.at.file.path,
        range: rangeOf(finding.at),
        related: text.related.map((related) => ({ file: related.file.path, range: rangeOf(related), message: related.message })),
        fixes: report.fixesOf(finding),
        ...(text.snippet ? { snippet: text.snippet } : {}),
      };
    }),
    notices: report.notices.map(({ kind, file, message }) => ({ kind, file, message })),
    summary: {
      files: report.files,
      documents: report.documents,
      units: report.units,
      errors: counts.error,
      warnings: counts.warning,
      information: counts.information,
      hints: counts.hint,
      suppressed: report.suppressed,
      baseline: report.baseline,
      durationMs: report.durationMs,
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
