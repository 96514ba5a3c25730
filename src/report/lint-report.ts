import type { LintFinding } from '../linters/lint-result.ts';
import { type Rule, SEVERITIES, type Severity } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import type { Range, SourceFile } from '../text/source.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { ruleText } from './message.ts';

/** An edit as a report gives it: by range in a file whose content is named by its hash, so that nobody edits another text. */
export interface ReportEdit {
  readonly file: string;
  /** SHA-256 of the edited file's bytes, hexadecimal. Missing for a new file. */
  readonly base?: string;
  readonly create?: true;
  readonly range: Range;
  readonly newText: string;
}

export interface ReportFix {
  readonly id: string;
  readonly title: string;
  readonly safety: 'safe' | 'review';
  readonly edits: readonly ReportEdit[];
}

export interface FindingCounts {
  readonly error: number;
  readonly warning: number;
  readonly information: number;
  readonly hint: number;
}

/** What all formats are made from. */
export interface LintReport {
  readonly tool: { readonly name: string; readonly version: string };
  /** Those to show: sorted by file, range, rule. */
  readonly findings: readonly LintFinding[];
  /** Those at a lower severity than is shown. */
  readonly hidden: FindingCounts;
  readonly notices: readonly Notice[];
  readonly files: number;
  readonly documents: number;
  readonly units: number;
  readonly suppressed: number;
  /** Findings left out because the baseline holds them. */
  readonly baseline: number;
  readonly durationMs: number;
  readonly language: Language;
  /** The rules that ran. */
  readonly rules: readonly Rule[];
  /** Fixes of a shown finding that were tried and heal it. */
  fixesOf(finding: LintFinding): readonly ReportFix[];
}

export function countBySeverity(findings: readonly { readonly severity: Severity }[]): FindingCounts {
  const counts = { error: 0, warning: 0, information: 0, hint: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** Shown and hidden together. */
export function totalCounts(report: LintReport): FindingCounts {
  const total = { ...countBySeverity(report.findings) };
  for (const severity of SEVERITIES) total[severity] += report.hidden[severity];
  return total;
}

/** The rules by id, for the texts of their messages. */
export function rulesById(report: Pick<LintReport, 'rules'>): ReadonlyMap<string, Rule> {
  return new Map(report.rules.map((rule) => [rule.id, rule]));
}

export interface RelatedText {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** A finding's words in the report's language. */
export interface FindingText {
  readonly message: string;
  readonly related: readonly RelatedText[];
  /** What to paste by hand, and why there is no edit. */
  readonly snippet?: { readonly reason: string; readonly language: string; readonly text: string };
}

export function findingText(finding: LintFinding, rule: Rule | undefined, language: Language): FindingText {
  const { snippet } = finding;
  return {
    message: ruleText(rule, finding.messageId, finding.data, language),
    related: (finding.related ?? []).map(({ at, messageId, data }) => ({
      file: at.file,
      start: at.start,
      end: at.end,
      message: ruleText(rule, messageId, data, language),
    })),
    ...(snippet
      ? { snippet: { reason: ruleText(rule, snippet.reasonId, snippet.data, language), language: snippet.language, text: snippet.text } }
      : {}),
  };
}
