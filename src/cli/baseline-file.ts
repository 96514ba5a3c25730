import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASELINE_FILE, type PlacedEntry, readBaseline } from '../linters/baseline.ts';
import { sourceFile } from '../text/source.ts';
import { CannotWork } from './cannot-work.ts';

/** The entries of the baseline at the root; `undefined` when there is none. Throws `CannotWork` when it can't be read. */
export function loadBaseline(root: string): readonly PlacedEntry[] | undefined {
  const path = join(root, BASELINE_FILE);
  if (!existsSync(path)) return undefined;
  const baseline = readBaseline(sourceFile(BASELINE_FILE, readFileSync(path, 'utf8')));
  if (baseline.ok) return baseline.entries;
  throw new CannotWork({ en: '{file}: {problem}', zh: '{file}：{problem}' }, { file: BASELINE_FILE, problem: baseline.problem });
}
