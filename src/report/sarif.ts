import type { Fix, Log, Location, ReportingDescriptor, Result, Run } from 'sarif';
import type { LintFinding } from '../linters/lint-result.ts';
import type { Rule, Severity } from '../linters/rule.ts';
import type { Language } from '../runbooks/types.ts';
import { type Anchor, type Range, rangeOf } from '../text/source.ts';
import { findingText, type LintReport, type ReportFix, rulesById } from './lint-report.ts';
import { messageText } from './message.ts';

export interface SarifOptions {
  /** `file:` address of the root, with a slash at its end. */
  readonly rootUri: string;
  /** A rule's page as Markdown. */
  readonly page: (rule: Rule) => string | undefined;
}

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  information: 'note',
  hint: 'note',
};
const PROBLEM: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  information: 'recommendation',
  hint: 'recommendation',
};

/** GitHub keeps 1,024 characters of a description and 25,000 results; more makes the upload fail. */
const MAX_DESCRIPTION = 1024;
const BASE = '%SRCROOT%';

/**
 * The report as SARIF 2.1.0. All rules that ran are listed, not only those that found something, so that the list does not depend
 * on the code. Evidence in other files is linked from the message, which is the one place where GitHub shows it.
 */
export function lintSarif(report: LintReport, options: SarifOptions): string {
  const rules = [...report.rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  const index = new Map(rules.map((rule, at) => [rule.id, at]));
  const byId = rulesById(report);
  const run: Run = {
    tool: {
      driver: {
        name: report.tool.name,
        semanticVersion: report.tool.version,
        rules: rules.map((rule) => descriptor(rule, report.language, options.page(rule))),
      },
    },
    automationDetails: { id: `${report.tool.name}/lint/` },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [BASE]: { uri: options.rootUri } },
    results: report.findings.map((finding) => result(finding, byId.get(finding.rule), index.get(finding.rule), report)),
    invocations: [
      {
        executionSuccessful: true,
        toolExecutionNotifications: report.notices.map((notice) => ({
          level: 'note',
          descriptor: { id: notice.kind },
          message: { text: notice.message },
          locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(notice.file), uriBaseId: BASE } } }],
        })),
      },
    ],
  };
  const log: Log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [run] };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function descriptor(rule: Rule, language: Language, page: string | undefined): ReportingDescriptor {
  const title = messageText(rule.title, undefined, language);
  const full =
    language === 'zh-cn'
      ? `${title}。适用范围：${rule.affects}。${rule.runbook === '' ? '' : `Runbook：${rule.runbook}。`}`
      : `${title}. ${rule.affects}.${rule.runbook === '' ? '' : ` Runbook: ${rule.runbook}.`}`;
  return {
    id: rule.id,
    name: rule.id,
    shortDescription: { text: title.slice(0, MAX_DESCRIPTION) },
    fullDescription: { text: full.slice(0, MAX_DESCRIPTION) },
    help: { text: full, markdown: page ?? full },
    defaultConfiguration: { level: LEVEL[rule.severity] },
    properties: {
      tags: [rule.id.split('/')[0] ?? rule.id, 'reliability'],
      precision: 'high',
      'problem.severity': PROBLEM[rule.severity],
      ...(rule.runbook === '' ? {} : { runbook: rule.runbook }),
    },
  };
}

function result(finding: LintFinding, rule: Rule | undefined, ruleIndex: number | undefined, report: LintReport): Result {
  const text = findingText(finding, rule, report.language);
  const links = text.related.map((related, at) => `[${linkText(related.message)}](${at + 1})`);
  const separator = report.language === 'zh-cn' ? '；' : '; ';
  const see = report.language === 'zh-cn' ? '参见：' : 'See: ';
  const fixes = report.fixesOf(finding);
  return {
    ruleId: finding.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: LEVEL[finding.severity],
    message: { text: escapeText(text.message) + (links.length > 0 ? ` ${see}${links.join(separator)}` : '') },
    locations: [location(finding.at)],
    ...(text.related.length > 0
      ? {
          relatedLocations: text.related.map((related, at) => ({
            id: at + 1,
            ...location(related),
            message: { text: escapeText(related.message) },
          })),
        }
      : {}),
    partialFingerprints: { 'runbookLens/v1': finding.fingerprint },
    ...(fixes.length > 0 ? { fixes: fixes.map(sarifFix) } : {}),
    properties: { messageId: finding.messageId, unit: finding.unit, ...(finding.runbook === '' ? {} : { runbook: finding.runbook }) },
  };
}

/** In SARIF messages, brackets make links (3.11.6); a backslash escapes them. */
function escapeText(text: string): string {
  return text.replace(/[[\]\\]/g, '\\$&');
}

function linkText(text: string): string {
  return escapeText(text.replace(/\s+/g, ' '));
}

function location(anchor: Anchor): Location {
  return { physicalLocation: { artifactLocation: { uri: uriOf(anchor.file.path), uriBaseId: BASE }, region: region(rangeOf(anchor)) } };
}

function region({ start, end }: Range) {
  return { startLine: start.line + 1, startColumn: start.character + 1, endLine: end.line + 1, endColumn: end.character + 1 };
}

function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function sarifFix(fix: ReportFix): Fix {
  const files = [...new Set(fix.edits.map((edit) => edit.file))];
  return {
    description: { text: fix.title },
    artifactChanges: files.map((file) => ({
      artifactLocation: { uri: uriOf(file), uriBaseId: BASE },
      replacements: fix.edits
        .filter((edit) => edit.file === file)
        .map((edit) => ({ deletedRegion: region(edit.range), insertedContent: { text: edit.newText } })),
    })),
    properties: { safety: fix.safety },
  };
}
