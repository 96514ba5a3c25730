import { applyEdits, fixAll } from '../fixes/apply.ts';
import type { NewFile } from '../fixes/plan.ts';
import { type PlannedFix, planFixes } from '../fixes/verify.ts';
import type { TextEdit } from '../fixes/change.ts';
import type { LintFinding, LintResult } from '../linters/lint-result.ts';
import { ruleText } from '../report/message.ts';
import { offsetAt, type Range } from '../text/source.ts';
import { RULES_BY_ID } from './engine-setup.ts';
import { ignoreWays } from './ignore.ts';
import type { LintService } from './lint-service.ts';
import { differingLines, editData } from './plain-data.ts';
import type { ActionsData, EditsData, FixData, IgnoreData, SnippetData } from './protocol.ts';

/** A lightbulb's menu is read by a person: more findings than these on one line are not offered at once. */
const MAX_FINDINGS = 6;

const NO_EDITS: EditsData = { edits: [], creates: [], versions: [] };

/** What can be done about the findings that touch a range: fixes that were tried and hold, snippets to paste, and ways to ignore them. */
export async function actionsAt(service: LintService, path: string, range: Range): Promise<ActionsData> {
  const result = service.result ?? (await service.judge());
  const first = offerAll(service, result, path, range);
  const touched = new Set(first.fixes.flatMap((fix) => fix.edits.map((edit) => edit.path)));
  if (!service.refresh(touched)) return first;
  return offerAll(service, await service.judge(), path, range);
}

function offerAll(service: LintService, result: LintResult, path: string, range: Range): ActionsData {
  const file = service.engine.file(path);
  // Of a text that does not parse, nothing is known well enough to edit it.
  const document = service.document(path);
  if (!file || (document && document.state !== 'whole')) return { fixes: [], snippets: [], ignores: [] };
  const start = offsetAt(file, range.start);
  const end = offsetAt(file, range.end);
  const here = service.findingsIn(path).filter(({ at }) => at.start <= end && start <= at.end);
  const fixes: FixData[] = [];
  const snippets: SnippetData[] = [];
  const ignores: IgnoreData[] = [];
  for (const finding of here.slice(0, MAX_FINDINGS)) {
    const planned = planFixes(service.engine, result, finding);
    for (const fix of planned.fixes) if (!editsBroken(service, fix)) fixes.push(fixData(service, finding, fix));
    if (planned.snippet) snippets.push(snippetData(service, finding, planned.snippet));
    for (const way of ignoreWays(service.engine, finding, service.settings.language)) {
      ignores.push({ ...editsData(service, way.edits, []), finding: finding.fingerprint, scope: way.scope, reason: way.reason });
    }
  }
  return { fixes, snippets, ignores };
}

function editsBroken(service: LintService, fix: PlannedFix): boolean {
  return fix.edits.some((edit) => (service.document(edit.file)?.state ?? 'whole') !== 'whole');
}

function fixData(service: LintService, finding: LintFinding, { fix, edits, creates }: PlannedFix): FixData {
  return {
    ...editsData(service, edits, creates),
    finding: finding.fingerprint,
    id: fix.id,
    title: ruleText(RULES_BY_ID.get(finding.rule), fix.titleId, fix.data, service.settings.language),
    safety: fix.safety,
  };
}

function snippetData(service: LintService, finding: LintFinding, snippet: NonNullable<LintFinding['snippet']>): SnippetData {
  return {
    finding: finding.fingerprint,
    reason: ruleText(RULES_BY_ID.get(finding.rule), snippet.reasonId, snippet.data, service.settings.language),
    language: snippet.language,
    text: snippet.text,
  };
}

function editsData(service: LintService, edits: readonly TextEdit[], creates: readonly NewFile[]): EditsData {
  return {
    edits: edits.flatMap((edit) => editData(edit, service.engine)),
    creates: creates.map(({ file, text }) => ({ path: file, text })),
    versions: versionsOf(service, new Set(edits.map((edit) => edit.file))),
  };
}

function versionsOf(service: LintService, paths: Iterable<string>): { path: string; version: number }[] {
  return [...paths].flatMap((path) => {
    const document = service.document(path);
    return document ? [{ path, version: document.version }] : [];
  });
}

/**
 * One fix for each finding of a file. Of one rule: whatever its fixes are, other files included, for the user asked for just that.
 * Without a rule: only the safe ones, and only those that stay in this file, for this runs on save.
 */
export async function fixAllIn(service: LintService, path: string, rule: string | undefined): Promise<EditsData> {
  await service.judge();
  if (service.document(path) && service.document(path)?.state !== 'whole') return NO_EDITS;
  const inFile = (fix: PlannedFix): boolean => fix.creates.length === 0 && fix.edits.every((edit) => edit.file === path);
  const shown = new Set(service.findingsIn(path).map((finding) => finding.fingerprint));
  const fixed = fixAll(service.engine, {
    unsafe: rule !== undefined,
    // A finding that comes up when another is healed was not asked about.
    only: (finding) => shown.has(finding.fingerprint) && (rule === undefined || finding.rule === rule),
    accepts: (fix) => !editsBroken(service, fix) && (rule !== undefined || inFile(fix)),
  });
  if (fixed.files.size === 0) return NO_EDITS;
  const paths = [...fixed.files.keys()];
  if (service.refresh(paths)) return fixAllIn(service, path, rule);
  if (fixed.rounds === 1) {
    const edits = distinct(fixed.fixed.flatMap(({ fix }) => fix.edits));
    const creates = distinct(fixed.fixed.flatMap(({ fix }) => fix.creates));
    if (givesSame(service, edits, fixed.files)) return editsData(service, edits, creates);
  }
  const edits = [...fixed.files.values()].flatMap((file) => {
    const old = service.engine.file(file.path);
    return old ? differingLines(old, file) : [];
  });
  const creates = [...fixed.files.values()]
    .filter((file) => !service.engine.file(file.path))
    .map(({ path: created, text }) => ({ path: created, text }));
  return { edits, creates, versions: versionsOf(service, paths) };
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

function givesSame(service: LintService, edits: readonly TextEdit[], files: ReadonlyMap<string, { readonly text: string }>): boolean {
  return [...files].every(([path, file]) => {
    const old = service.engine.file(path);
    const own = edits.filter((edit) => edit.file === path);
    return old ? applyEdits(old.text, own) === file.text : own.length === 0;
  });
}
