import { accessSync, chmodSync, constants, mkdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CannotWork } from './cannot-work.ts';

/**
 * Writes a file as a whole or not at all: the text takes the file's place when it is complete. A link stays a link, what may not be
 * written is refused, and a device or a pipe is written to, never replaced.
 */
export function writeWhole(path: string, text: string | Uint8Array): void {
  let temporary: string | undefined;
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there && !there.isFile()) {
      writeFileSync(path, text);
      return;
    }
    if (there) accessSync(path, constants.W_OK);
    else mkdirSync(dirname(path), { recursive: true });
    const target = there ? realpathSync(path) : path;
    temporary = `${target}.${process.pid}.tmp`;
    writeFileSync(temporary, text);
    if (there) chmodSync(temporary, there.mode & 0o777);
    renameSync(temporary, target);
  } catch (error) {
    if (temporary !== undefined) rmSync(temporary, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotWork({ en: 'cannot write {path}: {reason}', zh: '无法写入 {path}：{reason}' }, { path, reason });
  }
}

/** Puts a report where it was asked for: into a file, else on standard output. */
export function emit(text: string, output: string | undefined): void {
  if (output !== undefined) writeWhole(resolve(output), text);
  else process.stdout.write(text);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
