import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LintFinding, LintResult } from '../linters/lint-result.ts';
import { compareSeverity, type Severity } from '../linters/rule.ts';
import type { SourceFile } from '../text/source.ts';
import { decodeText } from '../workspace/decode.ts';
import { oversizeNotice } from '../workspace/oversize.ts';
import { formatOf, MAX_FILE_BYTES } from '../workspace/parse-file.ts';
import type { Notice } from '../workspace/parsed-file.ts';
import { CannotWork } from './cannot-work.ts';
import type { Project } from './project.ts';
import { newEngine } from '../service/engine-setup.ts';

interface Blob {
  readonly path: string;
  readonly id: string;
}

/** Git, with nothing of the repository's own configuration that would run a program. */
function git(
  root: string,
  args: readonly string[],
  input?: string,
): { readonly ok: boolean; readonly out: Buffer; readonly error: string } {
  const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false', '-c', 'diff.external=', '-C', root];
  const done = spawnSync('git', [...safe, ...args], {
    input,
    maxBuffer: 2 ** 30,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
  });
  if (done.error)
    throw new CannotWork({ en: '--since needs Git: {reason}', zh: '--since 需要 Git：{reason}' }, { reason: done.error.message });
  return { ok: done.status === 0, out: done.stdout, error: done.stderr.toString().trim() };
}

/**
 * Findings that the change since a Git ref caused, also in files that it did not touch: those whose fingerprint the merge base of the ref
 * and HEAD does not have, or has at a milder severity. The merge base is linted in memory from Git's objects, with today's
 * configuration. Throws `CannotWork` for a ref that is none.
 */
export async function findingsSince(ref: string, project: Project, today: LintResult, preview: boolean): Promise<LintFinding[]> {
  const base = mergeBase(project.root, ref);
  const engine = newEngine(project.root, project.configuration, preview, project.codeParser);
  const { files, oversize } = readTree(project, base);
  for (const file of files.values()) engine.setFile(file.path, file);
  for (const notice of oversize) engine.workspace.setNotice(notice.file, notice);
  await engine.prepare();
  const before = engine.lint().findings;
  const severities = new Map<string, Severity>(before.map((finding) => [finding.fingerprint, finding.severity]));
  const renames = renamesSince(project.root, base).filter(([from]) => files.has(from));
  if (renames.length > 0) {
    const changes = new Map<string, SourceFile | undefined>();
    for (const [from] of renames) changes.set(from, undefined);
    for (const [from, to] of renames) {
      const file = files.get(from);
      if (file) changes.set(to, { ...file, path: to });
    }
    // The same text under its new name: a finding in the same place has the fingerprint that today's would have.
    const newNames = new Map(renames);
    const renamed = new Map(
      engine.lintWith(changes).findings.map((finding) => [placeOf(finding, finding.at.file.path), finding.fingerprint]),
    );
    for (const finding of before) {
      const to = newNames.get(finding.at.file.path);
      const fingerprint = to === undefined ? undefined : renamed.get(placeOf(finding, to));
      if (fingerprint !== undefined) severities.set(fingerprint, finding.severity);
    }
  }
  return today.findings.filter((finding) => {
    const known = severities.get(finding.fingerprint);
    return known === undefined || compareSeverity(finding.severity, known) < 0;
  });
}

function placeOf(finding: LintFinding, path: string): string {
  return [finding.rule, finding.messageId, path, finding.at.start, finding.at.end].join('\u0000');
}

function mergeBase(root: string, ref: string): string {
  const commit = git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (!commit.ok) {
    if (git(root, ['rev-parse', '--is-shallow-repository']).out.toString().trim() === 'true') {
      throw new CannotWork(
        {
          en: '--since {ref}: Git knows no such commit here; the clone is shallow: fetch more history',
          zh: '--since {ref}：Git 找不到这个提交；当前是浅克隆，请先获取更多历史',
        },
        { ref },
      );
    }
    throw new CannotWork({ en: '--since {ref}: Git knows no such commit here', zh: '--since {ref}：Git 找不到这个提交' }, { ref });
  }
  const base = git(root, ['merge-base', commit.out.toString().trim(), 'HEAD']);
  if (!base.ok) {
    throw new CannotWork(
      {
        en: '--since {ref}: no common ancestor with HEAD (in a shallow clone: fetch more history)',
        zh: '--since {ref}：与 HEAD 没有共同祖先（浅克隆请先获取更多历史）',
      },
      { ref },
    );
  }
  return base.out.toString().trim();
}

/** A file that a scan only counts is taken out of Git whole; above this it isn't. */
const MAX_COUNTED_BYTES = 64 * 2 ** 20;

interface Tree {
  readonly files: Map<string, SourceFile>;
  /** Files that a scan would not have parsed for their size. */
  readonly oversize: readonly Notice[];
}

/** The files of a commit that a scan would have read then. */
function readTree(project: Project, commit: string): Tree {
  const { root, scanned, configuration } = project;
  const listed = git(root, ['ls-tree', '-r', '-z', '-l', commit]);
  if (!listed.ok) throw new CannotWork({ en: 'git ls-tree: {reason}', zh: 'git ls-tree：{reason}' }, { reason: listed.error });
  const blobs: Blob[] = [];
  const oversize: Notice[] = [];
  for (const line of listed.out.toString().split('\u0000')) {
    const match = /^(\d+) blob ([0-9a-f]+) +(\d+)\t([\s\S]+)$/.exec(line);
    if (!match) continue;
    const [, mode, id = '', size, path = ''] = match;
    if (mode === '120000' || formatOf(path) === undefined || configuration.isIgnored(path)) continue;
    // What is there today but was not scanned is left out by an ignore file or by its folder's name; so it was then.
    if (!scanned.has(path) && existsSync(join(root, path))) continue;
    if (Number(size) > MAX_COUNTED_BYTES) oversize.push(oversizeNotice(path, Number(size), []));
    else blobs.push({ path, id });
  }
  const files = new Map<string, SourceFile>();
  const content = git(root, ['cat-file', '--batch'], blobs.map((blob) => `${blob.id}\n`).join(''));
  if (!content.ok) throw new CannotWork({ en: 'git cat-file: {reason}', zh: 'git cat-file：{reason}' }, { reason: content.error });
  let at = 0;
  for (const { path } of blobs) {
    const eol = content.out.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(content.out.toString('latin1', at, eol))?.[1] ?? Number.NaN);
    if (Number.isNaN(size)) throw new CannotWork({ en: 'git cat-file lacks {path}', zh: 'git cat-file 缺少 {path}' }, { path });
    const bytes = content.out.subarray(eol + 1, eol + 1 + size);
    const decoded = size > MAX_FILE_BYTES ? oversizeNotice(path, size, [bytes]) : decodeText(path, bytes);
    if ('text' in decoded) files.set(path, decoded);
    else if (decoded.kind === 'oversize') oversize.push(decoded);
    at = eol + 1 + size + 1;
  }
  return { files, oversize };
}

/** Old to new name of files that were renamed between a commit and the working tree. */
function renamesSince(root: string, commit: string): [string, string][] {
  const diff = git(root, [
    'diff',
    '--name-status',
    '-z',
    '-M',
    '--relative',
    '--no-ext-diff',
    '--no-textconv',
    '--diff-filter=R',
    commit,
    '--',
  ]);
  if (!diff.ok) return [];
  const parts = diff.out.toString().split('\u0000');
  const renames: [string, string][] = [];
  for (let at = 0; at + 2 < parts.length; at += 3) renames.push([parts[at + 1] ?? '', parts[at + 2] ?? '']);
  return renames;
}
