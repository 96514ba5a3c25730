/** Proves the host and its helpers with a small extension, so that a failure of the real suite is not searched for in the wrong place. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import '../suite/installed-extension.editor.ts';
import { test } from '../suite/runner.ts';
import {
  applyCodeAction,
  closeEditors,
  codeActionsAt,
  editorText,
  hoverText,
  openEditor,
  saveAll,
  savedText,
  waitForDiagnostics,
} from '../suite/workspace.ts';

const SOURCE = 'Host check';

test('a quick fix heals the diagnostic and the saved bytes keep their line ending', async () => {
  await openEditor('windows.yaml');
  const [diagnostic] = await waitForDiagnostics('windows.yaml', SOURCE, ['boom']);
  assert.ok(diagnostic);
  assert.match(await hoverText('windows.yaml', diagnostic.range.start), /host check hovers/);
  await applyCodeAction('windows.yaml', diagnostic.range, /^Make it calm$/);
  await waitForDiagnostics('windows.yaml', SOURCE, []);
  assert.equal(await savedText('windows.yaml'), 'level: BOOM # kept\r\n');
  await saveAll();
  assert.equal(await savedText('windows.yaml'), 'level: calm # kept\r\n');
  assert.deepEqual(await codeActionsAt('windows.yaml', diagnostic.range, vscode.CodeActionKind.QuickFix), []);
});

test('what is typed is seen before it is saved, and closing drops it', async () => {
  const editor = await openEditor('quiet.yaml');
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 6), 'BOOM '));
  await waitForDiagnostics('quiet.yaml', SOURCE, ['boom']);
  assert.equal(await editorText('quiet.yaml'), 'name: BOOM quiet\n');
  await closeEditors();
  assert.equal(await savedText('quiet.yaml'), 'name: quiet\n');
});
