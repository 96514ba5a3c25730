/** Starts and stops the VS Code server that install.mjs installed, and puts a packaged extension into it. */
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { node24Path, vscodeServerFolder } from './layout.mjs';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Settings of every run: a quiet window, so that pictures show the extension and tests meet no dialog. `openPanel` and side bars stay as
 * the page sets them.
 */
export const QUIET_SETTINGS = {
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'window.commandCenter': false,
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.enableExperiments': false,
  'workbench.layoutControl.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/** In Restricted Mode: the folder is not trusted, and nobody is asked. */
const RESTRICTED_SETTINGS = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

/**
 * @typedef {object} ServerOptions
 * @property {string} runFolder an empty folder for user data, extensions and logs of this run
 * @property {string[]} vsixPaths extensions to install
 * @property {number} [port] default: any free one
 * @property {string} [connectionToken] demanded from whoever opens the page; default none, for short runs on this machine
 * @property {Record<string, unknown>} [settings] user settings on top of the quiet ones
 * @property {boolean} [restricted] start in Restricted Mode
 * @property {Record<string, string>} [env] environment for the extension host
 *
 * @typedef {object} RunningServer
 * @property {string} authority host:port, as in vscode-remote://host:port/…
 * @property {string} url of the workbench, with its connection token if there is one
 * @property {string} extensionsFolder where the VSIX was installed
 * @property {string} logPath what the server wrote
 * @property {() => Promise<void>} stop ends the server and everything it started
 */

/**
 * Installs the extensions and starts the server; resolves when it answers.
 * @param {ServerOptions} options
 * @returns {Promise<RunningServer>}
 */
export async function startServer({ runFolder, vsixPaths, port, connectionToken, settings = {}, restricted = false, env = {} }) {
  const userData = join(runFolder, 'user-data');
  const extensionsFolder = join(runFolder, 'extensions');
  mkdirSync(join(userData, 'User'), { recursive: true });
  mkdirSync(extensionsFolder, { recursive: true });
  const allSettings = { ...QUIET_SETTINGS, ...(restricted ? RESTRICTED_SETTINGS : {}), ...settings };
  writeFileSync(join(userData, 'User', 'settings.json'), `${JSON.stringify(allSettings, null, 2)}\n`);
  const folders = ['--user-data-dir', userData, '--extensions-dir', extensionsFolder, '--server-data-dir', join(runFolder, 'server-data')];
  for (const path of vsixPaths) installVsix(path, folders);

  const listenPort = port ?? (await freePort());
  const logPath = join(runFolder, 'server.log');
  const args = [
    join(vscodeServerFolder, 'out', 'server-main.js'),
    ...['--host', '127.0.0.1', '--port', String(listenPort), '--accept-server-license-terms'],
    ...(connectionToken === undefined ? ['--without-connection-token'] : ['--connection-token', connectionToken]),
    // The switch that makes a release build honour extensionTestsPath in the page's address.
    ...['--enable-smoke-test-driver', '--telemetry-level', 'off', ...folders],
  ];
  // A process group of its own: the server starts extension hosts and watchers, and all of them must end with it.
  const child = spawn(node24Path(), args, { detached: true, env: serverEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(logPath);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const kill = (/** @type {NodeJS.Signals} */ signal) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // already gone
    }
  };
  const killNow = () => kill('SIGKILL');
  process.once('exit', killNow);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    kill('SIGTERM');
    const timer = setTimeout(killNow, STOP_TIMEOUT_MS);
    if (child.exitCode === null && child.signalCode === null) await exited;
    clearTimeout(timer);
    killNow();
    process.removeListener('exit', killNow);
    log.end();
  };

  const authority = `127.0.0.1:${listenPort}`;
  const url = `http://${authority}/`;
  const token = connectionToken === undefined ? '' : `?tkn=${connectionToken}`;
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      await stop();
      throw new Error(`the VS Code server did not start on port ${listenPort}, see ${logPath}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { authority, url: `${url}${token}`, extensionsFolder, logPath, stop };
}

/** @param {string} vsixPath @param {string[]} folders switches that name the run's folders */
function installVsix(vsixPath, folders) {
  const args = [
    join(vscodeServerFolder, 'out', 'server-main.js'),
    '--accept-server-license-terms',
    ...folders,
    '--install-extension',
    vsixPath,
    '--force',
  ];
  const done = spawnSync(node24Path(), args, { encoding: 'utf8', env: serverEnvironment({}), timeout: START_TIMEOUT_MS });
  const output = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`;
  if (done.status !== 0 || !/successfully installed/i.test(output)) throw new Error(`VS Code refused ${vsixPath}:\n${output.trim()}`);
}

/**
 * The server must not inherit what belongs to a surrounding VS Code, npm or Node option.
 * @param {Record<string, string>} extra
 */
function serverEnvironment(extra) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VSCODE_|npm_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|ELECTRON_)/.test(name)),
  );
  return { ...env, ...extra };
}

/** @param {string} url */
async function answers(url) {
  try {
    // Any answer will do: with a connection token this one is a refusal.
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/** @returns {Promise<number>} a port that was free a moment ago */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}
