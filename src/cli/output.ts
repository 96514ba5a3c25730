import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CannotWork } from './cannot-work.ts';

/** Writes a file as a whole or not at all. */
export function writeWhole(path: string, text: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
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
