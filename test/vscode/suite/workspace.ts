/** What editor tests do all the time: open a file of the workspace, wait for diagnostics, apply a quick fix, read what was saved. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

const POLL_MS = 25;
const DEFAULT_WAIT_MS = 30_000;

/** @param path relative to the (first) workspace folder, with `/`. */
export function workspaceUri(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no folder is open');
  return vscode.Uri.joinPath(folder.uri, ...path.split('/'));
}

/** Opens a file of the workspace in an editor. */
export async function openEditor(path: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(workspaceUri(path)));
}

/** Closes all editors; unsaved changes are dropped. */
export async function closeEditors(): Promise<void> {
  while (vscode.window.tabGroups.all.some((group) => group.tabs.length > 0)) {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
}

/** Waits until `probe` gives something other than undefined or false; fails with `what` and the last state after `waitMs`. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  waitMs = DEFAULT_WAIT_MS,
): Promise<T> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadlineMs) assert.fail(`waited ${waitMs} ms for ${what}`);
    await sleep(POLL_MS);
  }
}

/** The rule id or other code of a diagnostic. */
export function codeOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : (code ?? ''));
}

/** The diagnostics of a file that carry `source`, in text order. */
export function diagnosticsOf(path: string, source: string): vscode.Diagnostic[] {
  const own = vscode.languages.getDiagnostics(workspaceUri(path)).filter((diagnostic) => diagnostic.source === source);
  return own.sort((a, b) => a.range.start.compareTo(b.range.start));
}

/**
 * Waits until the codes of a file's diagnostics are exactly `codes` (in text order; empty: none left) and stay so for `steadyMs`.
 * Waiting for "none" right after opening would see the state before the first scan: wait for something else first.
 */
export async function waitForDiagnostics(
  path: string,
  source: string,
  codes: readonly string[],
  options: { readonly waitMs?: number; readonly steadyMs?: number } = {},
): Promise<vscode.Diagnostic[]> {
  const waitMs = options.waitMs ?? DEFAULT_WAIT_MS;
  const steadyMs = options.steadyMs ?? 150;
  const deadlineMs = performance.now() + waitMs;
  let rightSinceMs: number | undefined;
  for (;;) {
    const diagnostics = diagnosticsOf(path, source);
    const seen = diagnostics.map(codeOf);
    const nowMs = performance.now();
    if (seen.length === codes.length && seen.every((code, index) => code === codes[index])) {
      rightSinceMs ??= nowMs;
      if (nowMs - rightSinceMs >= steadyMs) return diagnostics;
    } else {
      rightSinceMs = undefined;
      if (nowMs > deadlineMs) assert.deepEqual(seen, codes, `diagnostics of ${path} after ${waitMs} ms`);
    }
    await sleep(POLL_MS);
  }
}

/** What the lightbulb offers at a range, resolved; `kind` narrows as VS Code does ("quickfix", "source.fixAll"). */
export async function codeActionsAt(path: string, range: vscode.Range, kind?: vscode.CodeActionKind): Promise<vscode.CodeAction[]> {
  const resolveAll = 100;
  const actions = await vscode.commands.executeCommand<(vscode.CodeAction | vscode.Command)[]>(
    'vscode.executeCodeActionProvider',
    workspaceUri(path),
    range,
    kind?.value,
    resolveAll,
  );
  return actions.filter((action): action is vscode.CodeAction => !('command' in action && typeof action.command === 'string'));
}

/** Applies the one action whose title matches: its edit, then its command, as the editor does. Fails on none or several. */
export async function applyCodeAction(path: string, range: vscode.Range, title: RegExp): Promise<vscode.CodeAction> {
  const actions = await codeActionsAt(path, range);
  const matching = actions.filter((action) => title.test(action.title));
  const [action] = matching;
  assert.ok(
    action && matching.length === 1,
    `one action like ${title} expected among: ${actions.map((each) => each.title).join(' | ') || 'none'}`,
  );
  assert.equal(action.disabled, undefined, `"${action.title}" is disabled: ${action.disabled?.reason}`);
  if (action.edit !== undefined) assert.ok(await vscode.workspace.applyEdit(action.edit), `the edit of "${action.title}" was refused`);
  if (action.command !== undefined) await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
  return action;
}

/** Saves every changed document, also those that no editor shows yet, and fails if one stays unsaved. */
export async function saveAll(): Promise<void> {
  // `workspace.saveAll` saves what has a tab; a file that a fix changed in the background gets its tab a moment later.
  for (const document of vscode.workspace.textDocuments) if (document.isDirty) await document.save();
  const unsaved = vscode.workspace.textDocuments.filter((document) => document.isDirty).map((document) => document.uri.path);
  assert.deepEqual(unsaved, [], 'still unsaved');
}

/** The bytes on disk as text, byte order mark and line endings included. */
export async function savedText(path: string): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(await vscode.workspace.fs.readFile(workspaceUri(path)));
}

/** The text as the editor holds it, saved or not. */
export async function editorText(path: string): Promise<string> {
  return (await vscode.workspace.openTextDocument(workspaceUri(path))).getText();
}

/** The text that hovering shows at a position, all providers' parts joined. */
export async function hoverText(path: string, position: vscode.Position): Promise<string> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', workspaceUri(path), position);
  return hovers.flatMap((hover) => hover.contents.map((part) => (typeof part === 'string' ? part : part.value))).join('\n\n');
}
