#!/usr/bin/env node
/**
 * Tests the test host: a suite that passes is reported as passed, one that fails as failed, one that hangs or kills its host as failed,
 * and Restricted Mode and the display language are what was asked for. Uses the small extension in test/vscode/fixture-extension.
 *
 *   node scripts/vscode-host/self-test.mjs
 *
 * Exit code: 0 all as expected, 1 not.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageFolder } from '../package.mjs';
import { exitOnSignals, hostFolder, repositoryRoot } from './layout.mjs';
import { runEditorSuite } from './run-tests.mjs';

exitOnSignals();
const testRoot = join(repositoryRoot, 'test', 'vscode');
const { path: vsixPath } = packageFolder(join(testRoot, 'fixture-extension'), join(hostFolder, 'host-check.vsix'));
const common = {
  vsixPath,
  extensionId: 'runbook-lens-tests.host-check',
  testFolder: join(testRoot, 'host-check'),
  timeoutMs: 30_000,
  keep: 'never',
};

const cases = [
  { what: 'a passing suite', options: { grep: '' }, expected: { passed: 4, failed: 0, skipped: 5 } },
  { what: 'a failing test', options: { grep: 'planted failure' }, expected: { passed: 0, failed: 1, skipped: 0 } },
  { what: 'a hanging test', options: { grep: 'planted hang' }, expected: { passed: 0, failed: 1, skipped: 0 } },
  { what: 'a host that dies', options: { grep: 'planted exit', timeoutMs: 15_000 }, expected: { passed: 0, failed: 1, skipped: 0 } },
  { what: 'no test at all', options: { grep: 'no such test' }, expected: { passed: 0, failed: 1, skipped: 0 } },
  { what: 'Restricted Mode', options: { grep: 'planted untrusted', restricted: true }, expected: { passed: 1, failed: 0, skipped: 0 } },
  { what: 'the display language', options: { grep: 'planted Chinese', locale: 'zh-cn' }, expected: { passed: 1, failed: 0, skipped: 0 } },
];

for (const { what, options, expected } of cases) {
  const { passed, failed, skipped } = await runEditorSuite({ ...common, ...options });
  try {
    assert.deepEqual({ passed, failed, skipped }, expected);
    process.stdout.write(`as expected: ${what}\n`);
  } catch (error) {
    process.stdout.write(`NOT as expected: ${what}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
