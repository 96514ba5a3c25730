import type { LintEngine, LintFinding, LintResult } from '../linters/lint-result.ts';
import type { SourceFile } from '../text/source.ts';
import type { TextEdit } from './change.ts';
import type { NewFile } from './plan.ts';
import { type PlannedFix, planFixes } from './verify.ts';

/** Applies edits to the text that they were made for; `undefined` when two of them overlap or one lies outside the text. */
export function applyEdits(text: string, edits: readonly Omit<TextEdit, 'file'>[]): string | undefined {
  const ordered = edits.map((edit, index) => ({ ...edit, index })).sort((a, b) => a.start - b.start || a.end - b.end || a.index - b.index);
  let result = '';
  let at = 0;
  for (const { start, end, newText } of ordered) {
    if (start < at || end < start || end > text.length) return undefined;
    result += text.slice(at, start) + newText;
    at = end;
  }
  return result + text.slice(at);
}

/** The files as they are after edits and creations; `undefined` when the edits overlap or a new file is already there. */
export function changedFiles(
  edits: readonly TextEdit[],
  creates: readonly NewFile[],
  file: (path: string) => SourceFile | undefined,
): Map<string, SourceFile> | undefined {
  const changed = new Map<string, SourceFile>();
  for (const path of new Set(edits.map((edit) => edit.file))) {
    const before = file(path);
    const text =
      before &&
      applyEdits(
        before.text,
        edits.filter((edit) => edit.file === path),
      );
    if (!before || text === undefined) return undefined;
    changed.set(path, { ...before, text });
  }
  for (const create of creates) {
    if (file(create.file) || changed.has(create.file)) return undefined;
    changed.set(create.file, { path: create.file, text: create.text, bom: false });
  }
  return changed;
}

export interface FixAllOptions {
  /** Also the fixes that change behaviour. */
  readonly unsafe: boolean;
  /** Findings to heal; all by default. */
  readonly only?: (finding: LintFinding) => boolean;
  /** Whether a fix that holds may be used; all by default. */
  readonly accepts?: (fix: PlannedFix) => boolean;
  /** Rounds until it stops; overlapping fixes wait for the next one. */
  readonly maxRounds?: number;
}

export interface FixedFiles {
  /** Files that changed, as they should be; a new file was not there before. */
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly fixed: readonly { readonly finding: LintFinding; readonly fix: PlannedFix }[];
  /** What remains. */
  readonly result: LintResult;
  readonly rounds: number;
}

/**
 * Applies one verified fix per finding, in rounds: fixes that overlap in a round wait until the files have been judged again.
 * The engine is left as it was; nothing is written.
 */
export function fixAll(engine: LintEngine, options: FixAllOptions): FixedFiles {
  const files = new Map<string, SourceFile>();
  const originals = new Map<string, SourceFile | undefined>();
  const fixed: { finding: LintFinding; fix: PlannedFix }[] = [];
  const maxRounds = options.maxRounds ?? 25;
  let result = engine.lint();
  let rounds = 0;
  try {
    while (rounds < maxRounds) {
      const chosen = chooseFixes(engine, result, options);
      if (chosen.length === 0) break;
      rounds++;
      const together = mergeRound(engine, chosen);
      const after = engine.lintWith(together.changed);
      // Each fix was tried alone; where they spoil each other, the first goes alone and the others are tried again.
      const allHealed = !together.used.some(({ finding }) => after.findings.some((left) => left.fingerprint === finding.fingerprint));
      const merged = allHealed ? together : mergeRound(engine, chosen.slice(0, 1));
      for (const [path, file] of merged.changed) {
        if (!originals.has(path)) originals.set(path, engine.file(path));
        engine.setFile(path, file);
        files.set(path, file);
      }
      fixed.push(...merged.used);
      result = engine.lint();
    }
    return { files, fixed, result, rounds };
  } finally {
    for (const [path, file] of originals) engine.setFile(path, file);
  }
}

function chooseFixes(engine: LintEngine, result: LintResult, options: FixAllOptions): { finding: LintFinding; fix: PlannedFix }[] {
  const chosen: { finding: LintFinding; fix: PlannedFix }[] = [];
  for (const finding of result.findings) {
    if (options.only && !options.only(finding)) continue;
    const wanted = (finding.fixes ?? []).filter((fix) => options.unsafe || fix.safety === 'safe');
    if (wanted.length === 0) continue;
    const [fix] = planFixes(engine, result, finding, wanted, 1).fixes;
    if (fix && (options.accepts?.(fix) ?? true)) chosen.push({ finding, fix });
  }
  return chosen;
}

/** As many of the fixes as go together; the same edit wanted by two findings counts once. */
function mergeRound(
  engine: LintEngine,
  chosen: readonly { finding: LintFinding; fix: PlannedFix }[],
): { changed: Map<string, SourceFile>; used: { finding: LintFinding; fix: PlannedFix }[] } {
  const edits: TextEdit[] = [];
  const creates: NewFile[] = [];
  const used: { finding: LintFinding; fix: PlannedFix }[] = [];
  const seen = new Set<string>();
  let changed = new Map<string, SourceFile>();
  for (const one of chosen) {
    const key = JSON.stringify([one.fix.edits, one.fix.creates]);
    if (seen.has(key)) {
      used.push(one);
      continue;
    }
    if (one.fix.edits.some((edit) => edits.some((other) => touches(edit, other)))) continue;
    const next = changedFiles([...edits, ...one.fix.edits], [...creates, ...one.fix.creates], (path) => engine.file(path));
    if (!next) continue;
    changed = next;
    edits.push(...one.fix.edits);
    creates.push(...one.fix.creates);
    used.push(one);
    seen.add(key);
  }
  return { changed, used };
}

/** Edits that share a character or an offset: neither knows of the other, so only one of them is made in a round. */
function touches(a: TextEdit, b: TextEdit): boolean {
  return a.file === b.file && a.start <= b.end && b.start <= a.end;
}
