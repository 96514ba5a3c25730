/**
 * Times one edit: a character typed into a 2,000-line manifest whose workloads are joined with Services and ConfigMaps of other files,
 * alone and in a workspace of 10,000 files.
 *
 *   node_modules/.bin/node scripts/bench/keystroke.ts [FOLDER]     prints one JSON line, milliseconds and MiB
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, NO_CONFIGURATION } from '../../src/linters/engine.ts';
import { RULES } from '../../src/linters/registry.ts';
import { scan } from '../../src/workspace/scan.ts';
import { MANIFEST_LINES, openManifest, typeInto } from './typing.ts';

/** A quarter of an hour of typing; the first characters, on code that is not compiled yet, are among them. */
const CHARACTERS = 1000;

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const folder = process.argv[2];
const engine = new Engine({
  rules: RULES,
  configuration: NO_CONFIGURATION,
  preview: false,
  inputs: { readText: (path) => (folder === undefined ? undefined : readFileSync(join(folder, path), 'utf8')) },
});
if (folder !== undefined) scan(folder, { file: (file) => engine.setFile(file.path, file), notice: () => undefined });
const files = openManifest(engine);
const sorted = (await typeInto(engine, CHARACTERS)).sort((a, b) => a - b);
const peakMiB = process.resourceUsage().maxRSS / 1024;
const result = { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), peakMiB, lines: MANIFEST_LINES, files };
process.stdout.write(`${JSON.stringify(result)}\n`);
