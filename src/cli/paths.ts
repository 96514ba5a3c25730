import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { LintFinding } from '../linters/lint-result.ts';
import { CannotWork } from './cannot-work.ts';

/** The root: the folder given, else the Git root above the working folder, else the working folder. Links are resolved. */
export function findRoot(given: string | undefined, workingFolder: string): string {
  if (given !== undefined) {
    const root = resolve(workingFolder, given);
    if (!existsSync(root) || !statSync(root).isDirectory()) {
      throw new CannotWork({ en: '--root {path}: there is no such folder', zh: '--root {path}：没有这个目录' }, { path: given });
    }
    return realpathSync(root);
  }
  let folder = realpathSync(workingFolder);
  const start = folder;
  while (!existsSync(join(folder, '.git'))) {
    const parent = dirname(folder);
    if (parent === folder) return start;
    folder = parent;
  }
  return folder;
}

/**
 * A path from the command line as the report writes it: relative to the root, with `/`; `''` for the root itself.
 * @param mustExist false for a file that is only on standard input
 */
export function pathInRoot(path: string, root: string, workingFolder: string, mustExist = true): string {
  const absolute = resolve(workingFolder, path);
  if (mustExist && !existsSync(absolute)) {
    throw new CannotWork({ en: '{path}: there is no such file or folder', zh: '{path}：没有这个文件或目录' }, { path });
  }
  // The link itself is kept when it leads out: what stands in the repository under that name is meant.
  for (const candidate of [join(realOf(dirname(absolute)), absolute.slice(dirname(absolute).length)), realOf(absolute)]) {
    const inside = relative(root, candidate);
    if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return inside.split(sep).join('/');
  }
  throw new CannotWork(
    { en: '{path} is outside of the root {root}; see --root', zh: '{path} 不在根目录 {root} 之内；参见 --root' },
    { path, root },
  );
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** What the paths on the command line ask for. */
export class Focus {
  private readonly paths: readonly string[];

  /** @param paths relative to the root; none: everything */
  constructor(paths: readonly string[]) {
    this.paths = paths.includes('') ? [] : paths;
  }

  get everything(): boolean {
    return this.paths.length === 0;
  }

  has(file: string): boolean {
    return this.everything || this.paths.some((path) => file === path || file.startsWith(`${path}/`));
  }

  /** A finding counts when it stands in one of the paths, or when its evidence does. */
  hasFinding(finding: LintFinding): boolean {
    return this.has(finding.at.file.path) || (finding.related ?? []).some((related) => this.has(related.at.file.path));
  }
}
