/** The running extension: what it exports for these tests, and its diagnostics. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Inside } from '../../../src/extension.ts';
import { until } from './workspace.ts';

export const SOURCE = 'Runbook Lens';

/** Name of the folder of fixtures that the run was started on: some tests are about one of them only. */
export function fixture(): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return folder === undefined ? '' : basename(folder.fsPath);
}

export function extension(): vscode.Extension<Inside> {
  const found = vscode.extensions.getExtension<Inside>(process.env.RUNBOOK_LENS_TEST_EXTENSION_ID ?? '');
  assert.ok(found, 'the extension is not installed');
  return found;
}

/** The extension once it has looked at the workspace. */
export async function inside(): Promise<Inside> {
  const exported = await until('the extension to start by itself', () => (extension().isActive ? extension().exports : undefined));
  await until('the first findings', () => exported.badge() !== undefined);
  return exported;
}
