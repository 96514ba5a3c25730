import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { SourceFile } from '../text/source.ts';
import { decodeText } from './decode.ts';
import { oversizeNotice } from './oversize.ts';
import { formatOf, MAX_FILE_BYTES } from './parse-file.ts';
import type { Notice } from './parsed-file.ts';

/** Folders that hold no config of this repository's own; pruned by name before any ignore file is asked. */
const PRUNED = new Set([
  ...['.git', '.hg', '.svn', '.idea', '.terraform', '.gradle', '__pycache__', '.venv', '.tox'],
  ...['vendor', 'node_modules', '.yarn', '.pnpm-store'],
]);

export interface ScanSink {
  file(file: SourceFile): void;
  notice(notice: Notice): void;
}

export interface ScanOptions {
  /** From the configuration, beside `.gitignore`. Paths relative to the root. */
  readonly isIgnored?: (path: string) => boolean;
  /** Called every few hundred files; `false` ends the scan. */
  readonly onProgress?: (files: number) => boolean;
}

/**
 * Walks a folder as Git would (nested `.gitignore`), reads every file whose name says that a rule may want it, and hands it on.
 * Synchronous on purpose: reading through promises is four to seven times slower, and this runs in a worker or in the command line.
 */
export function scan(root: string, sink: ScanSink, options: ScanOptions = {}): void {
  const seen = new Set<string>();
  /** Links are followed last, so that a folder that is here is read by its own name. */
  const links: { readonly path: string; readonly active: readonly { readonly base: string; readonly rules: Ignore }[] }[] = [];
  let files = 0;
  let stopped = false;

  const walk = (folder: string, ignores: readonly { readonly base: string; readonly rules: Ignore }[]): void => {
    const absolute = join(root, folder);
    let entries: import('node:fs').Dirent[];
    try {
      entries = readdirSync(absolute, { withFileTypes: true });
    } catch (error) {
      sink.notice({ kind: 'unreadable', file: folder || '.', message: `the folder can't be read: ${errorText(error)}` });
      return;
    }
    const own = entries.some((entry) => entry.name === '.gitignore' && entry.isFile())
      ? readIgnore(join(absolute, '.gitignore'))
      : undefined;
    const active = own ? [...ignores, { base: folder, rules: own }] : ignores;
    entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const entry of entries) {
      if (stopped) return;
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      const link = entry.isSymbolicLink();
      const kind = link ? linkKind(join(root, path)) : entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : undefined;
      if (kind === 'folder') {
        if (PRUNED.has(entry.name) || isIgnored(path, true, active) || options.isIgnored?.(`${path}/`)) continue;
        if (link) links.push({ path, active });
        else if (enter(join(root, path), seen)) walk(path, active);
      } else if (kind === 'file') {
        if (formatOf(path) === undefined || isIgnored(path, false, active) || options.isIgnored?.(path)) continue;
        read(path);
      }
    }
  };

  const read = (path: string): void => {
    const result = readSource(root, path);
    if ('kind' in result) sink.notice(result);
    else sink.file(result);
    files++;
    if (files % 200 === 0 && options.onProgress?.(files) === false) stopped = true;
  };

  seen.add(realpath(root));
  walk('', []);
  // A link may lead back to where we were; each real folder is read once.
  for (const { path, active } of links) if (!stopped && enter(join(root, path), seen)) walk(path, active);
}

/**
 * Whether a scan would read this file, should it be there: by its name, the `.gitignore` files above it and the configuration.
 * For one file that changed; a scan asks the same of all.
 */
export function wouldRead(root: string, path: string, isIgnoredToo: (path: string) => boolean = () => false): boolean {
  if (formatOf(path) === undefined) return false;
  const names = path.split('/');
  const ignores: { readonly base: string; readonly rules: Ignore }[] = [];
  for (let depth = 0; depth < names.length; depth++) {
    const folder = names.slice(0, depth).join('/');
    const own = readIgnore(join(root, folder, '.gitignore'));
    if (own) ignores.push({ base: folder, rules: own });
    const entry = names.slice(0, depth + 1).join('/');
    const isFolder = depth < names.length - 1;
    if (isFolder && PRUNED.has(names[depth] ?? '')) return false;
    if (isIgnored(entry, isFolder, ignores) || isIgnoredToo(entry)) return false;
  }
  return true;
}

/** Reused for every file: most are small, and a fresh buffer each would be most of the garbage of a scan. */
let shared = Buffer.allocUnsafe(256 * 1024);

/** Reads one file, or says why it can't be read. */
export function readSource(root: string, path: string): SourceFile | Notice {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(join(root, path), 'r');
    // Most files fit; what fills the buffer is asked for its size.
    let length = readSync(descriptor, shared, 0, shared.length, 0);
    if (length === shared.length || length > MAX_FILE_BYTES) {
      const { size } = fstatSync(descriptor);
      if (size > MAX_FILE_BYTES) return oversizeNotice(path, size, chunksOf(descriptor));
      if (size > shared.length) shared = Buffer.concat([shared], size * 2);
      for (let read = -1; read !== 0 && length < size; length += read) read = readSync(descriptor, shared, length, size - length, length);
    }
    return decodeText(path, shared.subarray(0, length));
  } catch (error) {
    return { kind: 'unreadable', file: path, message: errorText(error) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function* chunksOf(descriptor: number): Generator<Uint8Array> {
  let at = 0;
  for (let read = 0; ; ) {
    read = readSync(descriptor, shared, 0, shared.length, at);
    at += read;
    if (read === 0) return;
    yield shared.subarray(0, read);
  }
}

function readIgnore(path: string): Ignore | undefined {
  try {
    return ignore().add(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isIgnored(path: string, folder: boolean, ignores: readonly { readonly base: string; readonly rules: Ignore }[]): boolean {
  let ignored = false;
  for (const { base, rules } of ignores) {
    const relative = base ? path.slice(base.length + 1) : path;
    const result = rules.test(folder ? `${relative}/` : relative);
    if (result.ignored) ignored = true;
    else if (result.unignored) ignored = false;
  }
  return ignored;
}

function linkKind(path: string): 'folder' | 'file' | undefined {
  try {
    const target = statSync(path);
    return target.isDirectory() ? 'folder' : target.isFile() ? 'file' : undefined;
  } catch {
    return undefined;
  }
}

function enter(path: string, seen: Set<string>): boolean {
  const real = realpath(path);
  if (seen.has(real)) return false;
  seen.add(real);
  return true;
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function errorText(error: unknown): string {
  if (error instanceof Error && 'code' in error) {
    if (error.code === 'EACCES' || error.code === 'EPERM') return 'no permission to read it';
    if (error.code === 'ENOENT') return 'it is not there any more';
  }
  return error instanceof Error ? error.message : String(error);
}
