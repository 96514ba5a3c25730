/** The running extension: what it exports for these tests, and its diagnostics. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Inside } from '../../../src/extension.ts';
import { until } from './workspace.ts';

export const SOURCE = 'Runbook Lens';

/** The run is on `fixtures/unrelated`, where no file concerns us. */
export const isUnrelated = !existsSync(join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'go', 'limits.yaml'));

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
