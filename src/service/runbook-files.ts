import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import ignore from 'ignore';
import type { RunbookFiles } from '../runbooks/types.ts';
import { productFolder } from './product.ts';

const PRUNED = new Set(['.git', 'node_modules']);

/** The Markdown files below a folder, by path relative to `base`, sorted. Folders and files that can't be read are left out. */
function markdownBelow(base: string, folder: string): string[] {
  const paths: string[] = [];
  const walk = (relative: string): void => {
    let entries: import('node:fs').Dirent[];
    try {
      entries = readdirSync(join(base, relative), { withFileTypes: true });
    } catch {
      return;
    }
    for (const entry of entries) {
      const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
      if (entry.isDirectory() && !PRUNED.has(entry.name)) walk(path);
      else if (entry.isFile() && entry.name.endsWith('.md')) paths.push(path);
    }
  };
  walk(folder);
  return paths.sort();
}

function readEach(base: string, paths: readonly string[], whenUnreadable: 'skip' | 'throw' = 'throw'): Map<string, string> {
  const files = new Map<string, string>();
  for (const path of paths) {
    try {
      files.set(path, readFileSync(join(base, path), 'utf8'));
    } catch (error) {
      if (whenUnreadable === 'throw') throw error;
    }
  }
  return files;
}

/** The runbooks that ship with the product. */
export function shippedRunbooks(): RunbookFiles {
  const base = join(productFolder(), 'runbooks');
  return readEach(base, markdownBelow(base, ''));
}

/** A team's own runbooks: the Markdown files of a repository that match the configuration's patterns. */
export function ownRunbooks(root: string, patterns: readonly string[]): RunbookFiles {
  if (patterns.length === 0) return new Map();
  const matches = ignore().add([...patterns]);
  const folders = new Set(patterns.map(fixedFolder));
  const paths = new Set([...folders].flatMap((folder) => markdownBelow(root, folder)).filter((path) => matches.ignores(path)));
  // One that can't be read must not keep anybody from the others.
  return readEach(root, [...paths].sort(), 'skip');
}

/** The folder before the first wildcard of a pattern. A pattern without a slash may match anywhere. */
function fixedFolder(pattern: string): string {
  const plain = pattern.replace(/^[!/]+/, '');
  const segments = plain.split('/').slice(0, -1);
  const wild = segments.findIndex((segment) => /[*?[]/.test(segment));
  return (wild < 0 ? segments : segments.slice(0, wild)).join('/');
}

/** The Markdown files of paths relative to a root: files as they are, folders with all below. */
export function runbooksAt(root: string, paths: readonly string[]): RunbookFiles {
  const found = paths.flatMap((path) => (statSync(join(root, path)).isDirectory() ? markdownBelow(root, path) : [path]));
  return readEach(root, [...new Set(found)].sort());
}
