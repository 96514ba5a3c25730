/** Outcomes that scripts/vscode-host/self-test.mjs asks for by name; in a run without that name they skip themselves. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { skip, test } from '../suite/runner.ts';

function planted(name: string, body: () => Promise<void> | void, options: { readonly timeoutMs?: number } = {}): void {
  const run = () => (process.env.RUNBOOK_LENS_TEST_GREP === name ? body() : skip('runs only when asked for'));
  test(name, run, options);
}

planted('planted failure', () => assert.fail('as planned'));
planted('planted hang', () => new Promise(() => {}), { timeoutMs: 500 });
planted('planted exit', async () => {
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => {});
});
planted('planted untrusted', () => assert.equal(vscode.workspace.isTrusted, false));
planted('planted Chinese', () => assert.equal(vscode.env.language, 'zh-cn'));
