#!/usr/bin/env node
/**
 * Builds, and shows the main job on `examples/`: what a look over a repository finds, in colour where there is a terminal.
 * Findings are what the examples are for, so they are no failure here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const examples = join(root, 'examples');

const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
if (!existsSync(examples)) {
  process.stderr.write('start: examples/ is not there\n');
  process.exit(1);
}
const shown = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), 'lint', '--root', examples, '--fail-on', 'never'], {
  cwd: examples,
  stdio: 'inherit',
});
if (shown.status === 0)
  process.stdout.write(
    '\nThe same in the editor: npm run demo. On your own repository: node dist/cli.js lint --root PATH. On your cluster: node dist/cli.js diagnose\n',
  );
process.exitCode = shown.status ?? 1;
