import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FollowUp } from '../diagnosis/diagnose.ts';
import type { Message, MessageData } from '../linters/rule.ts';
import { matchSavedLogs, type SavedFile, snapshotFromFiles } from '../snapshot/from-objects.ts';
import { looksSaved, readSnapshot } from '../snapshot/read-saved.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

export interface SavedError {
  readonly message: Message;
  readonly data: MessageData;
}

export type Saved = { readonly snapshot: Snapshot; readonly skipped: readonly string[] } | { readonly error: SavedError };

/** Enough to tell a saved snapshot from kubectl's output. Bytes. */
const HEAD_BYTES = 4096;

/**
 * A cluster from disk: a snapshot that was saved, files of `kubectl get -o yaml|json`, or a folder of `kubectl cluster-info dump`.
 * @param followUp which logs of a dump to look into
 */
export async function readSavedCluster(path: string, followUp: (snapshot: Snapshot) => FollowUp): Promise<Saved> {
  try {
    const about = await stat(path);
    if (about.isFile() && looksSaved(await headOf(path))) {
      const saved = readSnapshot(await readFile(path, 'utf8'));
      return saved.ok ? { snapshot: saved.snapshot, skipped: [] } : refused(path, saved.problem);
    }
    const read = await snapshotFromFiles(about.isDirectory() ? filesBelow(path) : [savedFile(path, path)], path);
    if (!read.ok) return refused(path, read.problem);
    const logs = await matchSavedLogs(followUp(read.snapshot).logs, read.logs);
    return { snapshot: { ...read.snapshot, logs }, skipped: read.skipped };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused(path, { en: reason, zh: reason });
  }
}

function refused(path: string, { en, zh }: Message): Saved {
  return { error: { message: { en: `{path}: ${en}`, zh: `{path}：${zh}` }, data: { path } } };
}

async function headOf(path: string): Promise<string> {
  let head = '';
  for await (const chunk of createReadStream(path, { end: HEAD_BYTES - 1, encoding: 'utf8' })) head += String(chunk);
  return head;
}

function savedFile(path: string, absolute: string): SavedFile {
  return { path, text: () => readFile(absolute, 'utf8') };
}

/** In the order of their names. */
async function* filesBelow(folder: string, relative = ''): AsyncGenerator<SavedFile> {
  const entries = await readdir(join(folder, relative), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = relative === '' ? entry.name : `${relative}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, path);
    else if (entry.isFile()) yield savedFile(path, join(folder, path));
  }
}
