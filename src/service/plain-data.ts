import type { LintEngine, LintFinding } from '../linters/lint-result.ts';
import { findingText } from '../report/lint-report.ts';
import type { Language } from '../runbooks/types.ts';
import type { TextEdit } from '../fixes/change.ts';
import { type Anchor, lineStarts, rangeOf, type SourceFile } from '../text/source.ts';
import { RULES_BY_ID } from './engine-setup.ts';
import type { EditData, FindingData, PlaceData } from './protocol.ts';

export function placeOf(at: Anchor): PlaceData {
  return { path: at.file.path, range: rangeOf(at) };
}

/** A finding as the editor gets it: texts made, positions instead of offsets. */
export function findingData(finding: LintFinding, language: Language): FindingData {
  const rule = RULES_BY_ID.get(finding.rule);
  const { message, related } = findingText(finding, rule, language);
  return {
    id: finding.fingerprint,
    rule: finding.rule,
    title: rule ? rule.title[language === 'zh-cn' ? 'zh' : 'en'] : finding.rule,
    severity: finding.severity,
    message,
    ...placeOf(finding.at),
    related: related.map((place) => ({ path: place.file.path, range: rangeOf(place), message: place.message })),
    tags: finding.tags ?? [],
    runbook: finding.runbook,
    fixable: (finding.fixes ?? []).length > 0,
  };
}

export function editData(edit: TextEdit, engine: LintEngine): EditData[] {
  const file = engine.file(edit.file);
  return file ? [{ path: edit.file, range: rangeOf({ file, start: edit.start, end: edit.end }), newText: edit.newText }] : [];
}

/** One edit over the lines that differ between two texts of a file; none when they are equal. */
export function differingLines(before: SourceFile, after: SourceFile): EditData[] {
  if (before.text === after.text) return [];
  const starts = lineStarts(before);
  const newStarts = lineStarts(after);
  const line = (file: SourceFile, all: readonly number[], at: number): string => file.text.slice(all[at], all[at + 1]);
  const most = Math.min(starts.length, newStarts.length);
  let head = 0;
  while (head < most && line(before, starts, head) === line(after, newStarts, head)) head++;
  let tail = 0;
  while (tail < most - head && line(before, starts, starts.length - 1 - tail) === line(after, newStarts, newStarts.length - 1 - tail))
    tail++;
  const start = starts[head] ?? before.text.length;
  const end = starts[starts.length - tail] ?? before.text.length;
  const newText = after.text.slice(newStarts[head] ?? after.text.length, newStarts[newStarts.length - tail] ?? after.text.length);
  return [{ path: before.path, range: rangeOf({ file: before, start, end }), newText }];
}
