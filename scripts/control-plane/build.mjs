#!/usr/bin/env node
/**
 * Makes sure that there is a Kubernetes control plane for the tests: finds one (see locate.mjs), else builds it from Go modules.
 * The first build on a machine downloads about 0.6 GiB, compiles for 5 to 15 minutes and takes up to 2 GiB of memory.
 *
 *   node scripts/control-plane/build.mjs
 *
 * Prints where it is on standard output, progress on standard error. Exit codes: 0 there, 1 the build failed, 2 it can't be built here.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { withLock } from '../lock.mjs';
import { isMain } from '../vscode-host/layout.mjs';
import { BUILD_ENVIRONMENT, BUILD_FLAGS, buildPath, buildsFolder, findControlPlane, goVersion, ours, sourceFolder } from './locate.mjs';

const REPORT_EVERY_MS = 30_000;
const UNUSED_AFTER_MS = 21 * 24 * 3600_000;

/** @param {string} line */
function toStandardError(line) {
  process.stderr.write(`control-plane: ${line}\n`);
}

/**
 * @param {{ progress?: (line: string) => void }} [options]
 * @returns {Promise<import('./locate.mjs').ControlPlaneProgram | import('./locate.mjs').Missing>}
 */
export async function prepareControlPlane({ progress = toStandardError } = {}) {
  const found = findControlPlane();
  if (!('missing' in found)) return found;
  const go = goVersion();
  if (go === undefined || process.platform === 'win32' || process.env.KUBEBUILDER_ASSETS) return found;
  const path = buildPath(go);
  try {
    mkdirSync(buildsFolder(), { recursive: true });
    await withLock(
      `${buildsFolder()}.lock`,
      async () => {
        if (statSync(path, { throwIfNoEntry: false }) === undefined) await build(path, go, progress);
      },
      () => progress('another process is building it, waiting…'),
    );
  } catch (error) {
    return {
      missing: `the control plane could not be built: ${error.message}`,
      remedy: 'see above; the Go module proxy must be reachable',
    };
  }
  return ours('built', path);
}

/** @param {string} path of the program to be @param {string} go version @param {(line: string) => void} progress */
async function build(path, go, progress) {
  removeUnused(progress);
  const startMs = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startMs) / 1000)} s`;
  progress(`building it with ${go}; the first time on a machine this takes 5 to 15 minutes`);
  progress('modules…');
  const packages = (await runGo(['list', '-deps', '-tags=kcm', '.'])).length;
  // Renamed when complete: nobody ever sees half a program.
  const temporary = mkdtempSync(join(buildsFolder(), 'temporary-'));
  let compiled = 0;
  const report = setInterval(() => progress(`compiled ${compiled} of at most ${packages} packages, ${elapsed()}`), REPORT_EVERY_MS);
  try {
    progress(`modules: ${elapsed()}; compiling…`);
    await runGo(['build', '-v', ...BUILD_FLAGS, '-o', join(temporary, 'control-plane'), '.'], () => {
      compiled++;
    });
    rmSync(dirname(path), { recursive: true, force: true });
    renameSync(temporary, dirname(path));
  } finally {
    clearInterval(report);
    rmSync(temporary, { recursive: true, force: true });
  }
  progress(`built in ${elapsed()}, ${(statSync(path).size / 1024 / 1024).toFixed(0)} MiB: ${path}`);
}

/**
 * Runs Go at a low priority: other tests may be running beside it.
 * @param {string[]} args @param {(line: string) => void} [onPackage] called for each package that `-v` names
 * @returns {Promise<string[]>} lines of its standard output
 */
function runGo(args, onPackage = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, {
      cwd: sourceFolder,
      env: { ...process.env, ...BUILD_ENVIRONMENT },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    const end = () => child.kill();
    process.once('exit', end);
    let output = '';
    let problems = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      for (const line of text.split('\n')) {
        if (/^[\w.-]+(\/[\w.-]+)*$/.test(line)) onPackage(line);
        else if (line !== '' && !line.startsWith('go: downloading')) problems = `${problems}${line}\n`.slice(-4000);
      }
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      process.removeListener('exit', end);
      if (status === 0) resolve(output.trim().split('\n'));
      else reject(new Error(`go ${args[0]} ended with ${signal ?? status}\n${problems.trim()}`));
    });
  });
}

/** A build has over 100 MiB, and each change of its sources or of Go leaves one. @param {(line: string) => void} progress */
function removeUnused(progress) {
  for (const name of readdirSync(buildsFolder())) {
    const folder = join(buildsFolder(), name);
    const used = statSync(join(folder, 'control-plane'), { throwIfNoEntry: false }) ?? statSync(folder);
    if (Date.now() - used.mtimeMs < UNUSED_AFTER_MS) continue;
    rmSync(folder, { recursive: true, force: true });
    progress(`removed a build that was not used for weeks: ${folder}`);
  }
}

if (isMain(import.meta.url)) {
  const result = await prepareControlPlane();
  if ('missing' in result) {
    toStandardError(`MISSING: ${result.missing}; ${result.remedy}`);
    process.exitCode = goVersion() === undefined || process.platform === 'win32' ? 2 : 1;
  } else process.stdout.write(`${result.from}\n`);
}
