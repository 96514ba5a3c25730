import type { LintFinding } from '../linters/lint-result.ts';
import { type Message, type MessageData, type Rule, SEVERITIES, type Severity } from '../linters/rule.ts';
import { codeFrame, placeOf } from './code-frame.ts';
import { harmless, harmlessPath, palette, type Palette } from './colour.ts';
import { type FindingCounts, findingText, type LintReport, type ReportFix, rulesById, totalCounts } from './lint-report.ts';
import { messageText } from './message.ts';

export interface TextOptions {
  readonly colour: boolean;
  /** One line a finding and nothing else. */
  readonly brief: boolean;
}

/** A chart repository may have hundreds of templates that no parser understands: they are said quietly. */
const MAX_NOTICES = 10;

const TEXT = {
  related: { en: 'see', zh: '参见' },
  runbook: { en: 'runbook', zh: 'runbook' },
  safe: { en: 'fix available (--fix)', zh: '可自动修复（--fix）' },
  review: { en: 'fix available (--unsafe-fixes, review it)', zh: '可修复（--unsafe-fixes，需人工复核）' },
  byHand: { en: 'by hand', zh: '手动修改' },
  notice: { en: 'notice', zh: '提示' },
  moreNotices: {
    en: '{count} more files that could not be read as a whole (--format json names them)',
    zh: '另有 {count} 个文件未能完整读取（--format json 可查看全部）',
  },
  none: { en: 'No findings', zh: '没有发现问题' },
  hidden: { en: '{what} hidden (--severity {severity})', zh: '未显示：{what}（--severity {severity}）' },
  suppressed: { en: '{count} suppressed', zh: '已忽略 {count} 条' },
  baseline: { en: '{count} in the baseline', zh: '基线中 {count} 条' },
} as const satisfies Record<string, Message>;

const NAMES: Readonly<Record<Severity, { readonly one: Message; readonly many: Message }>> = {
  error: { one: { en: '{count} error', zh: '{count} 个错误' }, many: { en: '{count} errors', zh: '{count} 个错误' } },
  warning: { one: { en: '{count} warning', zh: '{count} 个警告' }, many: { en: '{count} warnings', zh: '{count} 个警告' } },
  information: { one: { en: '{count} information', zh: '{count} 条信息' }, many: { en: '{count} information', zh: '{count} 条信息' } },
  hint: { one: { en: '{count} hint', zh: '{count} 条建议' }, many: { en: '{count} hints', zh: '{count} 条建议' } },
};

/**
 * The report for people in a terminal. The first line of each finding is `path:line:column: severity rule message`, which problem
 * matchers and editors understand.
 */
export function lintText(report: LintReport, options: TextOptions): string {
  const colours = palette(options.colour);
  const rules = rulesById(report);
  const say = (message: Message, data?: MessageData): string => messageText(message, data, report.language);
  const blocks = report.findings.map((finding) => findingBlock(report, finding, rules.get(finding.rule), colours, options.brief, say));
  if (options.brief) return blocks.map((block) => `${block.join('\n')}\n`).join('');
  const notices = report.notices
    .slice(0, MAX_NOTICES)
    .map(
      (notice) =>
        `${harmlessPath(notice.file)}: ${colours.information(say(TEXT.notice))} ${harmless(notice.message).replaceAll('\n', ' ')}`,
    );
  const more = report.notices.length - notices.length;
  if (more > 0) notices.push(say(TEXT.moreNotices, { count: more }));
  const parts = [
    ...blocks.map((block) => block.join('\n')),
    ...(notices.length > 0 ? [notices.join('\n')] : []),
    summary(report, colours, say),
  ];
  return `${parts.join('\n\n')}\n`;
}

type Say = (message: Message, data?: MessageData) => string;

function findingBlock(
  report: LintReport,
  finding: LintFinding,
  rule: Rule | undefined,
  colours: Palette,
  brief: boolean,
  say: Say,
): string[] {
  const text = findingText(finding, rule, report.language);
  const paint = colours[finding.severity];
  const message = harmless(text.message).replace(/\s*\n\s*/g, ' ');
  const head = `${colours.bold(harmlessPath(placeOf(finding.at)))}: ${paint(finding.severity)} ${colours.bold(finding.rule)} ${message}`;
  if (brief) return [head];
  const lines = [head, ...codeFrame(finding.at, paint, colours).map((line) => `  ${line}`)];
  for (const related of text.related) {
    lines.push(
      `  ${colours.faint(say(TEXT.related))} ${harmlessPath(placeOf(related))}: ${harmless(related.message).replace(/\s*\n\s*/g, ' ')}`,
    );
  }
  const fixes = report.fixesOf(finding);
  for (const fix of fixes) lines.push(`  ${colours.good(fixLabel(fix, say))}: ${harmless(fix.title)}`);
  if (text.snippet && fixes.length === 0) {
    lines.push(`  ${colours.good(say(TEXT.byHand))}: ${harmless(text.snippet.reason)}`);
    for (const line of harmless(text.snippet.text).trimEnd().split('\n')) lines.push(`      ${line}`.trimEnd());
  }
  if (finding.runbook !== '')
    lines.push(`  ${colours.faint(`${say(TEXT.runbook)}: runbook-lens runbooks show ${finding.runbook.replace(/#.*/, '')}`)}`);
  return lines;
}

function fixLabel(fix: ReportFix, say: Say): string {
  return say(fix.safety === 'safe' ? TEXT.safe : TEXT.review);
}

function summary(report: LintReport, colours: Palette, say: Say): string {
  const total = totalCounts(report);
  const separator = report.language === 'zh-cn' ? '，' : ', ';
  const shown = SEVERITIES.filter((severity) => total[severity] - report.hidden[severity] > 0).map((severity) =>
    colours[severity](count(severity, total[severity] - report.hidden[severity], say)),
  );
  const aside = [
    counted('file', report.files, say),
    counted('unit', report.units, say),
    ...(report.suppressed > 0 ? [say(TEXT.suppressed, { count: report.suppressed })] : []),
    ...(report.baseline > 0 ? [say(TEXT.baseline, { count: report.baseline })] : []),
  ];
  const first = `${shown.length > 0 ? shown.join(separator) : colours.good(say(TEXT.none))} ${colours.faint(`(${aside.join(separator)})`)}`;
  const hidden = hiddenLine(report.hidden, separator, say);
  return hidden ? `${first}\n${hidden}` : first;
}

/** The mildest severity that is hidden is the one to ask for. */
function hiddenLine(hidden: FindingCounts, separator: string, say: Say): string | undefined {
  const severities = SEVERITIES.filter((severity) => hidden[severity] > 0);
  const mildest = severities.at(-1);
  if (!mildest) return undefined;
  return say(TEXT.hidden, {
    what: severities.map((severity) => count(severity, hidden[severity], say)).join(separator),
    severity: mildest,
  });
}

function count(severity: Severity, number: number, say: Say): string {
  const { one, many } = NAMES[severity];
  return say(number === 1 ? one : many, { count: number });
}

const CHINESE = { file: '个文件', unit: '个部署单元' } as const;

function counted(noun: 'file' | 'unit', count: number, say: Say): string {
  return say({ en: `{count} ${noun}${count === 1 ? '' : 's'}`, zh: `{count} ${CHINESE[noun]}` }, { count });
}
