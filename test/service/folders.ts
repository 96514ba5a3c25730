import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LintService } from '../../src/service/lint-service.ts';
import type { FindingData, FolderSettings, FolderUpdate } from '../../src/service/protocol.ts';
import { codeParser } from '../helpers/engine.ts';

export const SETTINGS: FolderSettings = { language: 'en', preview: false, severity: 'hint' };

/** A folder on disk that is gone after `work`. */
export async function withFolder(files: Readonly<Record<string, string>>, work: (root: string) => Promise<void>): Promise<void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-lens-service-')));
  try {
    for (const [path, text] of Object.entries(files)) write(root, path, text);
    await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

export function serviceOn(root: string, settings = SETTINGS): LintService {
  return new LintService({ folder: root, root, settings, codeParser });
}

/** What a listener to updates has in the end. */
export class Listener {
  private readonly files = new Map<string, readonly FindingData[]>();

  take({ files }: FolderUpdate): void {
    for (const { path, findings } of files) {
      if (findings.length === 0) this.files.delete(path);
      else this.files.set(path, findings);
    }
  }

  of(path: string): readonly FindingData[] {
    return this.files.get(path) ?? [];
  }

  get all(): Readonly<Record<string, readonly FindingData[]>> {
    return Object.fromEntries([...this.files].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** `rule at line:character` of each finding. */
export function places(findings: readonly FindingData[]): string[] {
  return findings.map(({ rule, range }) => `${rule} at ${range.start.line + 1}:${range.start.character + 1}`);
}
