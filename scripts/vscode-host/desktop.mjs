#!/usr/bin/env node
/**
 * Runs the same editor tests in a desktop VS Code, which @vscode/test-electron downloads: for a machine with a display and internet.
 * UNTRIED by us: no desktop was at hand when it was written; only the suite itself is proven, in the headless host.
 *
 *   node scripts/vscode-host/desktop.mjs [--no-build] [--grep TEXT] [--workspace DIR]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from '@vscode/test-electron';
import { packageExtension } from '../package.mjs';
import { EXTENSION_ID, hostFolder, progress, VSCODE_VERSION } from './layout.mjs';
import { defaultWorkspace, report } from './run-tests.mjs';
import { QUIET_SETTINGS } from './server.mjs';
import { bundleSuite, suiteEnvironment } from './suite.mjs';

const { values } = parseArgs({
  options: {
    'no-build': { type: 'boolean', default: false },
    grep: { type: 'string' },
    workspace: { type: 'string', default: defaultWorkspace },
  },
});

const { path: vsixPath } = packageExtension({ build: !values['no-build'] });
mkdirSync(hostFolder, { recursive: true });
const runFolder = mkdtempSync(join(hostFolder, 'desktop-'));
// VS Code's socket lies below its user data, and socket paths are short on macOS: a temporary folder is shorter than the project's.
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'rl-')));
const workspace = join(temporary, 'workspace');
const extensionsFolder = join(temporary, 'extensions');
const userData = join(temporary, 'user-data');
const result = join(runFolder, 'result.json');
cpSync(resolve(values.workspace), workspace, { recursive: true, verbatimSymlinks: true });
mkdirSync(join(userData, 'User'), { recursive: true });
writeFileSync(join(userData, 'User', 'settings.json'), JSON.stringify(QUIET_SETTINGS));
const { carrierFolder, testsPath } = await bundleSuite(join(runFolder, 'suite'));

const vscodeExecutablePath = await downloadAndUnzipVSCode({ version: VSCODE_VERSION, cachePath: join(hostFolder, 'desktop-vscode') });
const folders = [`--extensions-dir=${extensionsFolder}`, `--user-data-dir=${userData}`];
const [cli, ...cliArgs] = resolveCliArgsFromVSCodeExecutablePath(vscodeExecutablePath, { reuseMachineInstall: true });
const installed = spawnSync(cli, [...cliArgs, ...folders, '--install-extension', vsixPath, '--force'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
if (installed.status !== 0) throw new Error(`VS Code refused ${vsixPath}`);

try {
  await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: carrierFolder,
    extensionTestsPath: testsPath,
    extensionTestsEnv: suiteEnvironment({ extensionId: EXTENSION_ID, extensionsFolder, workspace, result, grep: values.grep }),
    reuseMachineInstall: true,
    launchArgs: [workspace, ...folders, '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes'],
  });
} catch (error) {
  progress(`VS Code ended with: ${error.message}`);
}
const outcome = existsSync(result)
  ? JSON.parse(readFileSync(result, 'utf8'))
  : {
      passed: 0,
      failed: 1,
      skipped: 0,
      tests: [{ name: 'VS Code ran the suite', status: 'failed', durationMs: 0, detail: 'it wrote no result' }],
    };
process.exitCode = report(outcome, join(hostFolder, 'result-desktop.json'));
