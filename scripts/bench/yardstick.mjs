/** The yardstick: reads every YAML file below a folder and parses it with js-yaml's own `loadAll`, nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';

const folder = process.argv[2] ?? '.';
const started = performance.now();
let files = 0;
const walk = (path) => {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) walk(below);
    else if (/\.ya?ml$/.test(entry.name)) {
      files++;
      try {
        loadAll(readFileSync(below, 'utf8'));
      } catch {
        // A file that does not parse costs what it cost until there.
      }
    }
  }
};
walk(folder);
process.stdout.write(
  `${JSON.stringify({ files, durationMs: performance.now() - started, peakMiB: process.resourceUsage().maxRSS / 1024 })}\n`,
);
