import { changedFiles } from '../fixes/apply.ts';
import type { TextEdit } from '../fixes/change.ts';
import { planChanges } from '../fixes/plan.ts';
import { protectedFile } from '../fixes/refusals.ts';
import type { Engine } from '../linters/engine.ts';
import type { LintFinding } from '../linters/lint-result.ts';
import { IGNORE_ANNOTATION } from '../linters/suppress.ts';
import { annotationsOf, entryOf } from '../model/kubernetes/objects.ts';
import type { Language } from '../runbooks/types.ts';
import { lineStarts, positionAt, type SourceFile } from '../text/source.ts';
import { lineBreakOf } from '../text/yaml-source.ts';
import { formatOf } from '../workspace/parse-file.ts';

export interface IgnoreWay {
  readonly scope: 'next-line' | 'file' | 'object';
  readonly edits: readonly TextEdit[];
  /** Offsets in the first edit's text of the words that stand for a reason. */
  readonly reason: { readonly start: number; readonly end: number } | undefined;
}

const REASON = { en: 'why', 'zh-cn': '原因' } as const;

/** The ways to keep a finding from being reported that work where it stands: each was tried on the engine. */
export function ignoreWays(engine: Engine, finding: LintFinding, language: Language): IgnoreWay[] {
  const { file } = finding.at;
  if (protectedFile(file)) return [];
  const ways = [nextLine(file, finding, language), wholeFile(file, finding, language), object(engine, finding)];
  return ways.filter((way) => way !== undefined).filter((way) => silences(engine, way, finding));
}

function silences(engine: Engine, way: IgnoreWay, finding: LintFinding): boolean {
  const changed = changedFiles(way.edits, [], (path) => engine.file(path));
  if (!changed) return false;
  const before = engine.lint();
  const after = engine.lintWith(changed);
  return after.findings.length < before.findings.length && !after.findings.some((left) => left.fingerprint === finding.fingerprint);
}

/** What opens and closes a comment that has a line for itself. */
function commentMarks(path: string): { readonly open: string; readonly close: string } | undefined {
  const hash = { open: '# ', close: '' };
  const slashes = { open: '// ', close: '' };
  const format = formatOf(path);
  if (format === undefined || path.endsWith('.json') || path.endsWith('.lock')) return undefined;
  if (format === 'code') return path.endsWith('.py') ? hash : slashes;
  if (path.endsWith('.xml')) return { open: '<!-- ', close: ' -->' };
  if (/\.gradle(?:\.kts)?$/.test(path) || path.endsWith('go.mod')) return slashes;
  return hash;
}

function comment(
  file: SourceFile,
  directive: string,
  rule: string,
  language: Language,
): { text: string; reason: IgnoreWay['reason'] } | undefined {
  const marks = commentMarks(file.path);
  if (!marks) return undefined;
  const lead = `${marks.open}${directive} ${rule} -- `;
  const word = REASON[language];
  return { text: `${lead}${word}${marks.close}`, reason: { start: lead.length, end: lead.length + word.length } };
}

function nextLine(file: SourceFile, finding: LintFinding, language: Language): IgnoreWay | undefined {
  const said = comment(file, 'runbook-lens-ignore-next-line', finding.rule, language);
  if (!said?.reason) return undefined;
  const { line } = positionAt(file, finding.at.start);
  const start = lineStarts(file)[line] ?? 0;
  // A comment inside a continued command would end it; only a Dockerfile allows that.
  if (/\\[ \t]*\r?\n$/.test(file.text.slice(0, start)) && formatOf(file.path) !== 'dockerfile') return undefined;
  const indent = /^[ \t]*/.exec(file.text.slice(start))?.[0] ?? '';
  const newText = indent + said.text + lineBreakOf(file.text);
  const reason = { start: indent.length + said.reason.start, end: indent.length + said.reason.end };
  return { scope: 'next-line', edits: [{ file: file.path, start, end: start, newText }], reason };
}

function wholeFile(file: SourceFile, finding: LintFinding, language: Language): IgnoreWay | undefined {
  const said = comment(file, 'runbook-lens-ignore-file', finding.rule, language);
  if (!said) return undefined;
  // Some first lines have to stay first.
  const start = /^(?:#!.*|<\?xml.*|# ?(?:syntax|escape) ?=.*)\r?\n/i.exec(file.text)?.[0].length ?? 0;
  const newText = said.text + lineBreakOf(file.text);
  return { scope: 'file', edits: [{ file: file.path, start, end: start, newText }], reason: said.reason };
}

function object(engine: Engine, finding: LintFinding): IgnoreWay | undefined {
  const parsed = engine.workspace.parsed(finding.at.file.path);
  if (parsed?.format !== 'yaml') return undefined;
  const owner = parsed.objects.find(({ root }) => root.start <= finding.at.start && finding.at.end <= root.end);
  if (!owner) return undefined;
  const old = entryOf(annotationsOf(owner), IGNORE_ANNOTATION);
  if (old?.unknown) return undefined;
  const value = old && old.text.trim() !== '' ? `${old.text.trim()}, ${finding.rule}` : finding.rule;
  const plan = planChanges([{ change: 'set-entry', map: owner.root, path: ['metadata', 'annotations', IGNORE_ANNOTATION], value }], engine);
  return plan.ok ? { scope: 'object', edits: plan.edits, reason: undefined } : undefined;
}
