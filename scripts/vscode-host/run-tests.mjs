#!/usr/bin/env node
/**
 * Runs the editor tests against the packaged extension in a real VS Code (server + headless Chromium).
 *
 *   node scripts/vscode-host/run-tests.mjs [--no-build] [--vsix FILE] [--workspace DIR] [--grep TEXT] [--timeout SECONDS]
 *                                          [--restricted] [--locale zh-cn] [--cluster] [--keep]
 *
 * Streams TAP lines; writes `.vscode-test/result.json`: {passed, failed, skipped, tests: [{name, status, durationMs, detail}]}.
 * Exit codes: 0 all passed, 1 a test failed or the host did. What can't run on this machine is skipped loudly, and in CI (CI=true) fails.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageExtension } from '../package.mjs';
import { openBrowser } from './browser.mjs';
import { installChromium, installServer } from './install.mjs';
import { EXTENSION_ID, exitOnSignals, hostFolder, isMain, MissingPrerequisite, progress, repositoryRoot, resultPath } from './layout.mjs';
import { startServer } from './server.mjs';
import { bundleSuite, suiteEnvironment, suiteFolder } from './suite.mjs';

/** The workspace that the tests see a copy of. */
export const defaultWorkspace = join(repositoryRoot, 'test', 'vscode', 'fixtures', 'workspace');

/**
 * @typedef {object} SuiteResult
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {{ name: string, status: 'passed' | 'failed' | 'skipped', durationMs: number, detail?: string }[]} tests
 *
 * @typedef {object} SuiteOptions
 * @property {string} vsixPath the packaged extension under test
 * @property {string} [extensionId]
 * @property {string} [testFolder] folder of `*.editor.ts` files
 * @property {string} [workspace] copied before it is opened
 * @property {string} [grep] only tests whose name contains it
 * @property {number} [timeoutMs] for everything inside VS Code; default 5 minutes
 * @property {boolean} [restricted] open the folder in Restricted Mode
 * @property {string} [locale]
 * @property {boolean} [cluster] start a real API server with staged incidents, if this machine can; without, the tests that need it are skipped
 * @property {'always' | 'failed' | 'never'} [keep] when to keep the run's folders (logs, workspace copy, bundled suite); default: failed
 * @property {(line: string) => void} [print] receives the TAP lines
 */

/**
 * One run: installs the VSIX into a fresh VS Code, opens a copy of the workspace, runs the tests inside.
 * A host that dies or hangs counts as one failed test, named so.
 * @param {SuiteOptions} options
 * @returns {Promise<SuiteResult>}
 * @throws {MissingPrerequisite}
 */
export async function runEditorSuite({
  vsixPath,
  extensionId = EXTENSION_ID,
  testFolder = suiteFolder,
  workspace = defaultWorkspace,
  grep = '',
  timeoutMs = 5 * 60_000,
  restricted = false,
  locale,
  cluster = false,
  keep = 'failed',
  print = (line) => process.stdout.write(`${line}\n`),
}) {
  await installServer();
  installChromium();
  mkdirSync(hostFolder, { recursive: true });
  const runFolder = mkdtempSync(join(hostFolder, 'run-'));
  // Outside the repository, whose .gitignore covers `.vscode-test/`: the extension would rightly skip an ignored folder.
  const openFolder = realpathSync(mkdtempSync(join(tmpdir(), 'runbook-lens-workspace-')));
  const result = join(runFolder, 'result.json');
  cpSync(workspace, openFolder, { recursive: true, verbatimSymlinks: true });
  const { carrierFolder, testsPath } = await bundleSuite(join(runFolder, 'suite'), testFolder);
  const extensionsFolder = join(runFolder, 'extensions');
  const staged = cluster ? await startCluster() : undefined;
  const env = { ...suiteEnvironment({ extensionId, extensionsFolder, workspace: openFolder, result, grep }), ...staged?.env };
  let hostExit;
  let logPath = '';
  let broken = [];
  try {
    const server = await startServer({ runFolder, vsixPaths: [vsixPath], restricted, env });
    logPath = server.logPath;
    try {
      hostExit = await driveTests(server, { openFolder, carrierFolder, testsPath, timeoutMs, locale, print });
    } finally {
      await server.stop();
    }
  } finally {
    broken = (await staged?.stop()) ?? [];
  }
  const outcome = withPromises(readResult(result, hostExit, logPath), broken);
  if (keep === 'always' || (keep === 'failed' && outcome.failed > 0)) progress(`kept ${runFolder} and ${openFolder}`);
  else for (const folder of [runFolder, openFolder]) rmSync(folder, { recursive: true, force: true });
  return outcome;
}

/**
 * The API server that the tests read, with what the extension host must know of it. Its helpers are the cluster tests' own, in TypeScript: Node 24.
 * @returns {Promise<{ env: Record<string, string>, stop(): Promise<string[]> }>}
 */
async function startCluster() {
  if (process.env.RUNBOOK_LENS_CLUSTER_TESTS === 'off') return noCluster('cluster tests are off');
  const { startEditorCluster, whyNoEditorCluster } = await import('../../test/vscode/cluster.ts');
  const reason = whyNoEditorCluster();
  if (reason === undefined) return startEditorCluster();
  progress('************************************************************');
  progress(`SKIPPED the editor tests that need a cluster: ${reason}`);
  progress('************************************************************');
  return noCluster(reason);
}

/** @param {string} reason */
function noCluster(reason) {
  return { env: { RUNBOOK_LENS_TEST_NO_CLUSTER: reason }, stop: async () => [] };
}

/**
 * One more test: the API server's audit log of the whole run.
 * @param {SuiteResult} outcome @param {string[]} broken @returns {SuiteResult}
 */
function withPromises(outcome, broken) {
  if (broken.length === 0) return outcome;
  const test = {
    name: 'the editor only reads the cluster',
    status: /** @type {const} */ ('failed'),
    durationMs: 0,
    detail: broken.join('\n'),
  };
  return { ...outcome, failed: outcome.failed + 1, tests: [...outcome.tests, test] };
}

/**
 * Opens the workbench on the tests and waits until the extension host reports its exit code.
 * @returns {Promise<{ code: number | undefined, why: string }>} `code` undefined: it never reported
 */
async function driveTests(server, { openFolder, carrierFolder, testsPath, timeoutMs, locale, print }) {
  const { page, close } = await openBrowser({ locale });
  let timer;
  try {
    const exit = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ code: undefined, why: `no result after ${timeoutMs / 1000} s` }), timeoutMs);
      page.on('crash', () => resolve({ code: undefined, why: 'the browser page crashed' }));
      page.exposeFunction('codeAutomationExit', (code) => resolve({ code, why: `the extension host ended with ${code}` })).catch(() => {});
    });
    await page.exposeFunction('codeAutomationLog', (_severity, args) => {
      for (const line of tapLines(args)) print(line);
    });
    const remote = (path) => `vscode-remote://${server.authority}${path}`;
    const payload = [
      ['extensionDevelopmentPath', remote(carrierFolder)],
      ['extensionTestsPath', remote(testsPath)],
      ['skipWelcome', 'true'],
    ];
    const address = new URL(server.url);
    address.searchParams.set('folder', openFolder);
    address.searchParams.set('payload', JSON.stringify(payload));
    await page.goto(address.href, { timeout: 60_000 });
    return await exit;
  } finally {
    clearTimeout(timer);
    await close();
  }
}

/** Of everything that the window logs, the runner's own lines. @param {unknown} args */
function tapLines(args) {
  const texts = (Array.isArray(args) ? args : [args]).filter((arg) => typeof arg === 'string');
  return texts.filter((text) => /^(not ok|ok) \d+ - |^1\.\.\d+$/.test(text));
}

/** @returns {SuiteResult} */
function readResult(path, hostExit, logPath) {
  const read = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { passed: 0, failed: 0, skipped: 0, tests: [] };
  const { planned, ...totals } = read;
  const complete = planned !== undefined && planned === totals.tests.length && planned > 0;
  const agrees = (hostExit.code === 0) === (totals.failed === 0);
  if (complete && hostExit.code !== undefined && agrees) return totals;
  const detail = `${hostExit.why}; ${totals.tests.length} tests had ended; server log: ${logPath}`;
  return {
    ...totals,
    failed: totals.failed + 1,
    tests: [...totals.tests, { name: 'VS Code ran the suite to its end', status: 'failed', durationMs: 0, detail }],
  };
}

/** Writes the machine-readable result and gives the exit code. @param {SuiteResult} result */
export function report(result, path = resultPath) {
  mkdirSync(hostFolder, { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  for (const each of result.tests) if (each.status !== 'passed') progress(`${each.status}: ${each.name}: ${each.detail ?? ''}`);
  process.stdout.write(`# editor tests: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped\n`);
  return result.failed > 0 || (process.env.CI === 'true' && result.skipped > 0) ? 1 : 0;
}

/** @param {MissingPrerequisite} error @returns {SuiteResult} */
export function skippedResult(error) {
  progress('************************************************************');
  progress(`SKIPPED the editor tests: ${error.message}`);
  progress('************************************************************');
  return { passed: 0, failed: 0, skipped: 1, tests: [{ name: 'editor tests', status: 'skipped', durationMs: 0, detail: error.message }] };
}

/** The run broke before VS Code could say anything. @param {Error} error @returns {SuiteResult} */
function brokenResult(error) {
  const detail = error.stack ?? String(error);
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    tests: [{ name: 'VS Code with the packaged extension starts', status: 'failed', durationMs: 0, detail }],
  };
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      'no-build': { type: 'boolean', default: false },
      vsix: { type: 'string' },
      workspace: { type: 'string' },
      grep: { type: 'string' },
      timeout: { type: 'string', default: '300' },
      restricted: { type: 'boolean', default: false },
      locale: { type: 'string' },
      cluster: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  exitOnSignals();
  rmSync(resultPath, { force: true });
  try {
    const vsixPath = values.vsix === undefined ? packageExtension({ build: !values['no-build'] }).path : resolve(values.vsix);
    const { restricted, locale, grep, cluster } = values;
    const keep = values.keep ? 'always' : 'failed';
    const workspace = values.workspace === undefined ? undefined : resolve(values.workspace);
    process.exitCode = report(
      await runEditorSuite({ vsixPath, workspace, grep, timeoutMs: Number(values.timeout) * 1000, restricted, locale, cluster, keep }),
    );
  } catch (error) {
    process.exitCode = report(error instanceof MissingPrerequisite ? skippedResult(error) : brokenResult(error));
  }
}
