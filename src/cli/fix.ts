import { type FixedFiles, fixAll } from '../fixes/apply.ts';
import { unifiedDiff } from '../fixes/diff.ts';
import { baseHash, type WriteFailure, writeFixed } from '../fixes/write.ts';
import { compareSeverity, type Message } from '../linters/rule.ts';
import { messageText } from '../report/message.ts';
import type { SourceFile } from '../text/source.ts';
import { CannotWork } from './cannot-work.ts';
import type { LintOptions, LintOutcome, StandardInput } from './lint.ts';
import { note } from './output.ts';
import type { Project } from './project.ts';

export interface FixRun {
  /** Standard output went to the fixed text or to the diff. */
  readonly stdoutTaken: boolean;
  /** The engine has other files than before. */
  readonly changed: boolean;
}

/**
 * `--fix`, `--unsafe-fixes`, `--fix-dry-run`: fixes the findings that the run shows. Files are written atomically, and only when they are
 * as they were read; with `--stdin-filename` the fixed text goes to standard output and no file is touched.
 */
export async function fix(project: Project, outcome: LintOutcome, options: LintOptions, stdin: StandardInput | undefined): Promise<FixRun> {
  const { engine } = project;
  const shown = outcome.findings.filter((finding) => compareSeverity(finding.severity, options.severity) <= 0);
  const wanted = new Set(shown.map((finding) => finding.fingerprint));
  const fixed = stdin ? fixWithin(project, options, wanted, stdin.path) : fixWanted(project, options, wanted);
  const before = new Map([...fixed.files.keys()].map((path) => [path, engine.file(path)]));
  if (options.fixDryRun) {
    for (const [path, file] of fixed.files) process.stdout.write(unifiedDiff(path, before.get(path)?.text, file.text));
    return { stdoutTaken: true, changed: false };
  }
  if (stdin) {
    const file = fixed.files.get(stdin.path);
    process.stdout.write(file ? (file.bom ? '\ufeff' : '') + file.text : stdin.bytes);
  } else await write(project, fixed.files, before);
  for (const [path, file] of fixed.files) engine.setFile(path, file);
  if (!options.quiet && fixed.fixed.length > 0 && !stdin) {
    const said = { en: 'findings fixed: {count}, files written: {files}', zh: '已修复 {files} 个文件中的 {count} 条发现' };
    note(messageText(said, { count: fixed.fixed.length, files: fixed.files.size }, project.language));
  }
  return { stdoutTaken: stdin !== undefined, changed: fixed.files.size > 0 };
}

function fixWanted(project: Project, options: LintOptions, wanted: ReadonlySet<string>): FixedFiles {
  return fixAll(project.engine, { unsafe: options.unsafeFixes, only: (finding) => wanted.has(finding.fingerprint) });
}

/** Only fixes that stay in one file: the others can't be handed out on standard output. */
function fixWithin(project: Project, options: LintOptions, wanted: ReadonlySet<string>, path: string): FixedFiles {
  const allowed = new Set(wanted);
  for (;;) {
    const fixed = fixWanted(project, options, allowed);
    const wide = fixed.fixed.filter(({ fix: { edits, creates } }) => creates.length > 0 || edits.some((edit) => edit.file !== path));
    if (wide.length === 0) return fixed;
    for (const { finding } of wide) allowed.delete(finding.fingerprint);
  }
}

const FAILURES: Readonly<Record<WriteFailure, Message>> = {
  changed: { en: '{path} has changed since it was read; it was not fixed', zh: '{path} 在读取之后已被修改，未作修复' },
  exists: { en: '{path} is already there', zh: '{path} 已经存在' },
  missing: { en: '{path} is not there any more', zh: '{path} 已不存在' },
  outside: { en: '{path} leads out of the root; it was not fixed', zh: '{path} 指向根目录之外，未作修复' },
  'not-a-file': { en: '{path} is no regular file; it was not fixed', zh: '{path} 不是普通文件，未作修复' },
  io: { en: '{path}: {message}', zh: '{path}：{message}' },
};

async function write(
  project: Project,
  files: ReadonlyMap<string, SourceFile>,
  before: ReadonlyMap<string, SourceFile | undefined>,
): Promise<void> {
  const writes = [...files].map(([path, file]) => {
    const old = before.get(path);
    return { path, text: file.text, bom: file.bom, base: old && baseHash(old) };
  });
  const outcome = await writeFixed(project.root, writes);
  if (!outcome.ok) throw new CannotWork(FAILURES[outcome.failure], { path: outcome.path, message: outcome.message });
}
