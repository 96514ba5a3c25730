import type { RepositoryModel } from '../workspace/repository-model.ts';
import type { EngineOptions } from './engine.ts';
import type { LintConfiguration } from './lint-result.ts';
import type { LintFinding } from './lint-result.ts';
import { mergeFindings } from './merge-findings.ts';
import type { Finding, Rule } from './rule.ts';
import {
  applySuppressions,
  findSuppressions,
  IGNORE_ANNOTATION,
  objectSuppressions,
  type Suppression,
  type UnusedSuppression,
} from './suppress.ts';

/** Says where a suppression can go. It looks at no unit: the findings come from `suppressWith`, when all others are known. */
export const unusedSuppression: Rule = {
  id: 'runbook-lens/unused-suppression',
  title: { en: 'A suppression that nothing needs', zh: '多余的忽略声明' },
  runbook: '',
  severity: 'hint',
  default: 'on',
  affects: 'every file',
  fixable: 'no',
  sources: [],
  messages: {
    unused: { en: '{rule} finds nothing here any more: this suppression can go.', zh: '{rule} 在此处已无发现，可以删除这条忽略声明。' },
    'unknown-rule': { en: 'There is no rule {rule}: this suppression has no effect.', zh: '规则 {rule} 不存在，这条忽略声明不起作用。' },
    'no-rule': {
      en: 'A suppression must name the rule that it means: runbook-lens-ignore RULE -- reason.',
      zh: '忽略声明必须写明规则：runbook-lens-ignore RULE -- 原因。',
    },
  },
  check() {},
};

const ID = unusedSuppression.id;

/**
 * The engine's last step: takes suppressed findings out and adds hints for suppressions that nothing uses. A suppression of a rule
 * that did not run is not called unused.
 */
export function suppressWith(
  rules: readonly Rule[],
  configuration: LintConfiguration,
  preview: boolean,
): NonNullable<EngineOptions['suppress']> {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const ran = (id: string, path: string): boolean => {
    const rule = byId.get(id);
    const configured = configuration.severityOf(id, path);
    return rule !== undefined && configured !== 'off' && (preview || configured !== 'default' || rule.default === 'on');
  };
  return (findings, model) => {
    const suppressions = suppressionsIn(findings, model);
    if (suppressions.length === 0) return { findings, suppressed: 0 };
    const { kept, suppressed, unused } = applySuppressions(findings, suppressions);
    const reports = unused.flatMap((item) => report(item, byId, ran) ?? []).flatMap((item) => configured(item, configuration) ?? []);
    const hints = applySuppressions(
      mergeFindings(reports, [unusedSuppression], (path) => model.parsed(path)),
      suppressions,
    ).kept;
    if (hints.length === 0) return { findings: kept, suppressed: suppressed.length };
    return { findings: [...kept, ...hints].sort(byPlace), suppressed: suppressed.length };
  };
}

function suppressionsIn(findings: readonly LintFinding[], model: RepositoryModel): Suppression[] {
  const all: Suppression[] = [];
  const seen = new Set<string>();
  for (const parsed of model.filesWithSuppressions()) {
    seen.add(parsed.file.path);
    all.push(...findSuppressions(parsed.file));
    if (parsed.format === 'yaml' && parsed.file.text.includes(IGNORE_ANNOTATION)) all.push(...objectSuppressions(parsed.objects));
  }
  // A file that another one names (an env file of a generator) is not in the list, but may have findings.
  for (const { at } of findings) {
    if (seen.has(at.file.path)) continue;
    seen.add(at.file.path);
    all.push(...findSuppressions(at.file));
  }
  return all;
}

function report(
  { suppression, rule }: UnusedSuppression,
  byId: ReadonlyMap<string, Rule>,
  ran: (id: string, path: string) => boolean,
): Finding | undefined {
  const { path } = suppression.at.file;
  const shared = { rule: ID, severity: unusedSuppression.severity, unit: folderOf(path) };
  if (!rule) return { ...shared, messageId: 'no-rule', at: suppression.at };
  // `ignore-file runbook-lens/unused-suppression` is about these very hints.
  if (rule.id === ID) return undefined;
  const data = { rule: rule.id };
  if (!byId.has(rule.id)) return { ...shared, messageId: 'unknown-rule', data, at: rule.at };
  return ran(rule.id, path) ? { ...shared, messageId: 'unused', data, at: rule.at, tags: ['unnecessary'] } : undefined;
}

function configured(finding: Finding, configuration: LintConfiguration): Finding | undefined {
  const level = configuration.severityOf(ID, finding.at.file.path);
  if (level === 'off') return undefined;
  return level === 'default' || level === 'on' ? finding : { ...finding, severity: level };
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

function byPlace(a: LintFinding, b: LintFinding): number {
  const file = a.at.file.path < b.at.file.path ? -1 : a.at.file.path > b.at.file.path ? 1 : 0;
  return file || a.at.start - b.at.start || a.at.end - b.at.end || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
}
