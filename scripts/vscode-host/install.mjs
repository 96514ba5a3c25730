#!/usr/bin/env node
/**
 * Installs a real VS Code that needs no desktop: VS Code's own server and web workbench out of the npm package code-server, and a Chromium.
 * A second run does nothing; an interrupted one goes on where it stopped.
 *
 *   node scripts/vscode-host/install.mjs [--fonts]
 *
 * `--fonts` also installs a Chinese font, for pictures of the Chinese texts.
 * Exit codes: 0 ready, 1 failed, 2 something is missing that this script may not or cannot install (the message says what to do).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { withLock } from '../lock.mjs';
import { installDebianPackages, mayInstallUnasked, onPath } from './debian-packages.mjs';
import {
  CODE_SERVER_VERSION,
  codeServerFolder,
  hostFolder,
  isMain,
  MissingPrerequisite,
  node24Path,
  progress,
  vscodeServerFolder,
} from './layout.mjs';

const STAMP = join(codeServerFolder, 'installed.json');
const LOCK = join(hostFolder, 'install.lock');
const STEP_TIMEOUT_MS = 10 * 60_000;

/** The server's two modules without a prebuilt binary. Kerberos, which code-server's own install would build too, is not needed. */
const NATIVE_MODULES = ['@vscode/spdlog', '@vscode/native-watchdog'];

/** Each step is done once per code-server version; `done` looks at the disk, so that a half-deleted folder is mended. */
const STEPS = [
  {
    name: 'VS Code server',
    cwd: codeServerFolder,
    // --ignore-scripts: its postinstall builds kerberos; --force: it names the exact Node it wants.
    args: ['install', `code-server@${CODE_SERVER_VERSION}`, '--save-exact', '--ignore-scripts', '--force'],
    done: () => existsSync(join(vscodeServerFolder, 'out', 'server-main.js')),
  },
  {
    name: "the server's dependencies",
    cwd: vscodeServerFolder,
    args: ['install', '--omit=dev', '--ignore-scripts'],
    done: () => NATIVE_MODULES.every((name) => existsSync(join(vscodeServerFolder, 'node_modules', name, 'package.json'))),
  },
  {
    name: 'native modules',
    cwd: vscodeServerFolder,
    args: ['rebuild', ...NATIVE_MODULES],
    needsCompiler: true,
    done: () => NATIVE_MODULES.every(hasBinary),
  },
];

/** @param {string} name a native module of the server */
function hasBinary(name) {
  const release = join(vscodeServerFolder, 'node_modules', name, 'build', 'Release');
  return existsSync(release) && readdirSync(release).some((file) => file.endsWith('.node'));
}

/**
 * Makes sure that the server can be started.
 * @param {{ mayInstallPackages?: boolean }} [options] whether Debian packages (g++, make, python3) may be installed
 * @throws {MissingPrerequisite | Error}
 */
export async function installServer({ mayInstallPackages = mayInstallUnasked() } = {}) {
  if (process.platform === 'win32') {
    throw new MissingPrerequisite('the headless VS Code host runs on Linux and macOS', 'use: npm run test:desktop');
  }
  if (isInstalled()) return;
  mkdirSync(hostFolder, { recursive: true });
  const install = async () => {
    if (isInstalled()) return;
    const finished = finishedSteps();
    if (finished.length === 0) rmSync(codeServerFolder, { recursive: true, force: true });
    // A folder of its own with a manifest of its own, else npm would add code-server to the project around it.
    mkdirSync(codeServerFolder, { recursive: true });
    const manifest = join(codeServerFolder, 'package.json');
    if (!existsSync(manifest)) writeFileSync(manifest, `${JSON.stringify({ name: 'vscode-test-host', private: true }, null, 2)}\n`);
    for (const [index, step] of STEPS.entries()) {
      if (finished.includes(step.name) && step.done()) continue;
      if (step.needsCompiler) requireCompiler(mayInstallPackages);
      const startMs = Date.now();
      progress(`${index + 1}/${STEPS.length} ${step.name}…`);
      await npm(step.args, step.cwd);
      if (!step.done()) throw new Error(`npm ${step.args.join(' ')} ended well but left no result in ${step.cwd}`);
      if (!finished.includes(step.name)) finished.push(step.name);
      writeFileSync(STAMP, JSON.stringify({ version: CODE_SERVER_VERSION, finished }));
      progress(`${index + 1}/${STEPS.length} ${step.name}: ${((Date.now() - startMs) / 1000).toFixed(0)} s`);
    }
  };
  await withLock(LOCK, install, () => progress('another run is installing, waiting…'));
}

function isInstalled() {
  const finished = finishedSteps();
  return STEPS.every((step) => finished.includes(step.name) && step.done());
}

/** @returns {string[]} steps finished for the pinned version; none if another version is there. */
function finishedSteps() {
  try {
    const stamp = JSON.parse(readFileSync(STAMP, 'utf8'));
    return stamp.version === CODE_SERVER_VERSION && Array.isArray(stamp.finished) ? stamp.finished : [];
  } catch {
    return [];
  }
}

/** @param {boolean} mayInstallPackages */
function requireCompiler(mayInstallPackages) {
  const missing = [
    ['g++', onPath('g++') ?? onPath('c++') ?? onPath('clang++')],
    ['make', onPath('make')],
    ['python3', onPath('python3')],
  ].flatMap(([name, path]) => (path === undefined ? [String(name)] : []));
  if (missing.length === 0) return;
  installDebianPackages(missing, `${missing.join(', ')} missing: the VS Code server has two native modules to compile`, mayInstallPackages);
}

/**
 * Runs npm under Node 24, so that native modules are built for the Node that loads them.
 * @param {string[]} args @param {string} cwd
 */
function npm(args, cwd) {
  const env = {
    ...process.env,
    PATH: `${dirname(node24Path())}${delimiter}${process.env.PATH ?? ''}`,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  };
  // `npm run` hands its own settings down; they belong to the project, not to this folder.
  for (const name of ['npm_config_local_prefix', 'npm_config_prefix', 'INIT_CWD', 'npm_package_json']) delete env[name];
  const headers = nodeHeaders();
  // Without headers on this machine node-gyp downloads them. The modules use Node-API, for which any Node's headers are right.
  if (headers !== undefined) env.npm_config_nodedir = headers;
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: STEP_TIMEOUT_MS });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else
        reject(new Error(`npm ${args.join(' ')} failed (${signal ?? code}) in ${cwd}\n${output.trim().split('\n').slice(-30).join('\n')}`));
    });
  });
}

/** @returns {string | undefined} the prefix of a Node installation that has its C headers */
function nodeHeaders() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'node');
    if (!existsSync(candidate)) continue;
    const prefix = dirname(dirname(realpathSync(candidate)));
    if (existsSync(join(prefix, 'include', 'node', 'common.gypi'))) return prefix;
  }
  return undefined;
}

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const CHROMIUM_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * Finds a Chromium (CHROMIUM_PATH, then PATH), else installs Debian's.
 * @param {{ mayInstallPackages?: boolean }} [options]
 * @returns {string} path of the program
 * @throws {MissingPrerequisite}
 */
export function installChromium({ mayInstallPackages = mayInstallUnasked() } = {}) {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new MissingPrerequisite(`CHROMIUM_PATH names ${named}, which does not exist`, 'correct or unset it');
  }
  const found = findChromium();
  if (found !== undefined) return found;
  installDebianPackages(['chromium'], 'no Chromium or Chrome found (CHROMIUM_PATH, PATH)', mayInstallPackages);
  const installed = findChromium();
  if (installed === undefined) throw new MissingPrerequisite('chromium was installed but is not on PATH', 'set CHROMIUM_PATH');
  return installed;
}

function findChromium() {
  for (const name of CHROMIUM_NAMES) {
    const path = onPath(name);
    if (path !== undefined) return path;
  }
  return existsSync(CHROMIUM_MAC) ? CHROMIUM_MAC : undefined;
}

/** A font with Chinese glyphs, else pictures of the Chinese texts show boxes. @param {{ mayInstallPackages?: boolean }} [options] */
export function installChineseFont({ mayInstallPackages = mayInstallUnasked() } = {}) {
  if (process.platform !== 'linux') return;
  const fonts = spawnSync('fc-list', [':lang=zh', 'family'], { encoding: 'utf8' });
  if (fonts.status === 0 && fonts.stdout.trim() !== '') return;
  installDebianPackages(['fonts-noto-cjk'], 'no font with Chinese characters', mayInstallPackages);
}

if (isMain(import.meta.url)) {
  try {
    await installServer({ mayInstallPackages: true });
    const chromium = installChromium({ mayInstallPackages: true });
    if (process.argv.includes('--fonts')) installChineseFont({ mayInstallPackages: true });
    progress(`ready: code-server ${CODE_SERVER_VERSION} in ${codeServerFolder}, browser ${chromium}`);
  } catch (error) {
    progress(error instanceof MissingPrerequisite ? `MISSING: ${error.message}` : `FAILED: ${error.message}`);
    process.exitCode = error instanceof MissingPrerequisite ? 2 : 1;
  }
}
