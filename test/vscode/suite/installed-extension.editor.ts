/** The suite must run against what users install: the packaged extension, from the extensions folder, in a VS Code of its own. */
import assert from 'node:assert/strict';
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import * as vscode from 'vscode';
import { test } from './runner.ts';

test('the extension under test is the installed VSIX', () => {
  const id = process.env.RUNBOOK_LENS_TEST_EXTENSION_ID ?? '';
  const folder = process.env.RUNBOOK_LENS_TEST_EXTENSIONS_FOLDER ?? '';
  const extension = vscode.extensions.getExtension(id);
  assert.ok(extension, `${id} is not installed`);
  assert.ok(realpathSync(extension.extensionPath).startsWith(realpathSync(folder) + sep), `${extension.extensionPath} is not in ${folder}`);
});

test('a folder is open and it is a copy', () => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.equal(folder?.uri.fsPath, process.env.RUNBOOK_LENS_TEST_WORKSPACE);
});
