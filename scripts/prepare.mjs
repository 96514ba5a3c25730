#!/usr/bin/env node
/**
 * npm's `prepare`: builds, so that an installation from Git (`npm install -g git+https://…`, the pre-commit hook) has a program.
 * When npm prepares a global installation from Git it passes `global` on to the installation of the development dependencies, which
 * then does not happen; they are installed here in that case.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Standard output is the result of `npm pack`, which runs this too. */
function run(program, args, env) {
  const done = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2], env, shell: process.platform === 'win32' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

if (!existsSync(join(root, 'node_modules', 'esbuild'))) {
  // What npm was called with comes along as `npm_config_*`; the installation of dependencies is to be a plain one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
  run('npm', ['install', '--include=dev', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund'], { ...env, NODE_ENV: 'development' });
}
run(process.execPath, [join(root, 'scripts', 'build.mjs')], process.env);
