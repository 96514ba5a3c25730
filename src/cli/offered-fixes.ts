import type { TextEdit } from '../fixes/change.ts';
import { type PlannedFix, planFixes } from '../fixes/verify.ts';
import { baseHash } from '../fixes/write.ts';
import type { LintEngine, LintFinding, LintResult } from '../linters/lint-result.ts';
import type { Rule } from '../linters/rule.ts';
import type { ReportEdit, ReportFix } from '../report/lint-report.ts';
import { ruleText } from '../report/message.ts';
import type { Language } from '../runbooks/types.ts';
import { rangeOf } from '../text/source.ts';

const NO_FIXES: readonly ReportFix[] = [];

/** The fixes of a finding that hold, each tried on the engine; worked out once a finding, when it is asked for. */
export function fixesFor(
  engine: LintEngine,
  result: LintResult,
  rules: readonly Rule[],
  language: Language,
): (finding: LintFinding) => readonly ReportFix[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const known = new Map<LintFinding, readonly ReportFix[]>();
  return (finding) => {
    if (!finding.fixes || finding.fixes.length === 0) return NO_FIXES;
    const seen = known.get(finding);
    if (seen) return seen;
    const fixes = planFixes(engine, result, finding).fixes.map((planned) => reportFix(planned, engine, byId.get(finding.rule), language));
    known.set(finding, fixes);
    return fixes;
  };
}

function reportFix({ fix, edits, creates }: PlannedFix, engine: LintEngine, rule: Rule | undefined, language: Language): ReportFix {
  const start = { line: 0, character: 0 };
  const created = creates.map((file): ReportEdit => ({ file: file.file, create: true, range: { start, end: start }, newText: file.text }));
  return {
    id: fix.id,
    title: ruleText(rule, fix.titleId, fix.data, language),
    safety: fix.safety,
    edits: [...edits.flatMap((edit) => reportEdit(edit, engine)), ...created],
  };
}

function reportEdit(edit: TextEdit, engine: LintEngine): ReportEdit[] {
  const file = engine.file(edit.file);
  if (!file) return [];
  return [{ file: edit.file, base: baseHash(file), range: rangeOf({ file, start: edit.start, end: edit.end }), newText: edit.newText }];
}
