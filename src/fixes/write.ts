import { createHash, randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readFile, realpath, rename, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** A file as it should become. */
export interface FileToWrite {
  /** Relative to the root, with `/`. */
  readonly path: string;
  /** Without byte-order mark. */
  readonly text: string;
  readonly bom: boolean;
  /** sha256 (hex) of the bytes that the edits were made for; `undefined` for a new file. */
  readonly base: string | undefined;
}

export type WriteFailure = 'changed' | 'exists' | 'missing' | 'outside' | 'not-a-file' | 'io';

export type WriteOutcome =
  | { readonly ok: true; readonly written: readonly string[] }
  | {
      readonly ok: false;
      readonly written: readonly string[];
      readonly path: string;
      readonly failure: WriteFailure;
      readonly message: string;
    };

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The hash of the bytes that a file on disk has when its text is this. */
export function baseHash(file: { readonly text: string; readonly bom: boolean }): string {
  return sha256((file.bom ? '\ufeff' : '') + file.text);
}

/**
 * Writes files whole or not at all: each goes to a temporary file in its own folder that then takes its place, with its mode. All
 * bases are compared before the first byte is written, and again right before each file is replaced. Nothing outside `root` is
 * written, whatever links stand on the way.
 */
export async function writeFixed(root: string, files: readonly FileToWrite[]): Promise<WriteOutcome> {
  const written: string[] = [];
  const top = await realpath(root);
  for (const file of files) {
    const failure = await check(top, file);
    if (failure) return { ok: false, written, path: file.path, failure, message: file.path };
  }
  for (const file of files) {
    try {
      const failure = await writeOne(top, file);
      if (failure) return { ok: false, written, path: file.path, failure, message: file.path };
      written.push(file.path);
    } catch (error) {
      return { ok: false, written, path: file.path, failure: 'io', message: error instanceof Error ? error.message : String(error) };
    }
  }
  return { ok: true, written };
}

async function check(top: string, file: FileToWrite): Promise<WriteFailure | undefined> {
  const path = join(top, ...file.path.split('/'));
  if (!isInside(top, path)) return 'outside';
  // The deepest folder that is there tells where links lead to.
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const real = await realpath(folder).catch(() => undefined);
    if (real === undefined) continue;
    if (real !== top && !isInside(top, real)) return 'outside';
    break;
  }
  const stats = await lstat(path).catch(() => undefined);
  if (file.base === undefined) return stats ? 'exists' : undefined;
  if (!stats) return 'missing';
  if (stats.isSymbolicLink()) {
    const real = await realpath(path).catch(() => undefined);
    return real !== undefined && isInside(top, real) ? changedSince(real, file.base) : 'outside';
  }
  return stats.isFile() ? changedSince(path, file.base) : 'not-a-file';
}

async function changedSince(path: string, base: string): Promise<WriteFailure | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes) return 'io';
  return sha256(bytes) === base ? undefined : 'changed';
}

async function writeOne(top: string, file: FileToWrite): Promise<WriteFailure | undefined> {
  const path = join(top, ...file.path.split('/'));
  // A link inside the root stays a link: the file that it names is replaced.
  const target = file.base === undefined ? path : await realpath(path);
  if (file.base === undefined) await mkdir(dirname(target), { recursive: true });
  const temporary = join(dirname(target), `.runbook-lens-${randomBytes(6).toString('hex')}.tmp`);
  const mode = file.base === undefined ? undefined : (await lstat(target)).mode & 0o7777;
  try {
    const handle = await open(temporary, 'wx', mode ?? 0o666);
    try {
      await handle.writeFile((file.bom ? '\ufeff' : '') + file.text);
      // The process's umask may have taken bits from the mode.
      if (mode !== undefined) await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const failure = await check(top, file);
    if (failure) return failure;
    if (file.base === undefined) await link(temporary, target);
    else await rename(temporary, target);
    return undefined;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

function isInside(top: string, path: string): boolean {
  const way = relative(top, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
