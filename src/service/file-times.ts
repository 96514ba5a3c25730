import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Files whose times are asked for: a report names no more. */
const MAX_FILES = 40;
const TIMEOUT_MS = 3000;

/**
 * When files were last changed, RFC 3339: by the last commit that touched them, else, where Git doesn't know or the file was changed since, by the file
 * system. Only in folders that the user trusts: Git runs programs that a repository's configuration names.
 * @param root absolute
 * @param paths relative to the root
 */
export async function changeTimes(root: string, paths: readonly string[]): Promise<Map<string, string>> {
  const wanted = [...new Set(paths)].slice(0, MAX_FILES);
  const times = new Map<string, string>();
  for (const path of wanted) {
    const time = (await commitTime(root, path)) ?? (await diskTime(join(root, path)));
    if (time !== undefined) times.set(path, time);
  }
  return times;
}

async function commitTime(root: string, path: string): Promise<string | undefined> {
  try {
    const [changed, committed] = await Promise.all([
      git(root, 'status', '--porcelain', '--', path),
      git(root, 'log', '-1', '--format=%cI', '--', path),
    ]);
    return changed === '' && committed !== '' ? committed : undefined;
  } catch {
    return undefined;
  }
}

async function git(root: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', ['--no-optional-locks', '-C', root, ...args], { timeout: TIMEOUT_MS, windowsHide: true });
  return stdout.trim();
}

async function diskTime(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).mtime.toISOString();
  } catch {
    return undefined;
  }
}
