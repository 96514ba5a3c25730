/** Hovers, code lenses, the side bar and the runbook reader. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { extension, inside, SOURCE } from './inside.ts';
import { test } from './runner.ts';
import { closeEditors, codeOf, diagnosticsOf, hoverText, openEditor, until, workspaceUri } from './workspace.ts';

test('hovering a finding tells its title, the effective value with its layers, and the runbook', async () => {
  await inside();
  const diagnostic = await until('a finding', () =>
    diagnosticsOf('kong/kong.yaml', SOURCE).find((each) => codeOf(each) === 'kong/db-cache-ttl-zero'),
  );
  const text = await hoverText('kong/kong.yaml', diagnostic.range.start);
  assert.match(text, /KONG_DB_CACHE_TTL.* in effect `0`/);
  assert.match(text, /1\. `0` /);
  assert.match(text, /command:runbookLens\.openRunbook/);
});

test('a code lens tells what a setting comes to, opens the runbook, and can be switched off', async () => {
  await inside();
  const lenses = async (): Promise<vscode.CodeLens[]> =>
    (await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', workspaceUri('kiam/server.yaml'), 10)) ?? [];
  await openEditor('kiam/server.yaml');
  const [lens] = await until('the code lens', async () => {
    const found = await lenses();
    return found.length > 0 && found;
  });
  assert.equal(lens?.command?.title, 'Kiam: pods get credentials with 5m to 15m left');
  assert.deepEqual(lens.command.arguments, ['kiam/credential-refresh-storm']);
  const settings = vscode.workspace.getConfiguration('runbookLens');
  await settings.update('codeLens', false, vscode.ConfigurationTarget.Global);
  try {
    await until('no code lens', async () => (await lenses()).length === 0);
  } finally {
    await settings.update('codeLens', undefined, vscode.ConfigurationTarget.Global);
  }
  await closeEditors();
});

test('the configuration completes rule ids and values', async () => {
  await inside();
  const path = '.runbook-lens.yaml';
  const editor = await openEditor(path);
  const labelsAfter = async (text: string): Promise<string[]> => {
    const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
    await editor.edit((edit) => edit.insert(end, text));
    const at = editor.document.lineAt(editor.document.lineCount - 1).range.end;
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      workspaceUri(path),
      at,
    );
    return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
  };
  assert.ok((await labelsAfter('\nrules:\n  ')).includes('kong/db-cache-ttl-zero'));
  const values = await labelsAfter('kong/db-cache-ttl-zero: ');
  for (const value of ['error', 'off']) assert.ok(values.includes(value), values.join(' '));
  await closeEditors();
});

test('the Findings view groups by runbook, the badge counts, and the Runbooks view lists all technologies', async () => {
  const { findingsTree, runbooksTree, badge } = await inside();
  const groups = await findingsTree();
  const count = groups.reduce((sum, group) => sum + group.children.length, 0);
  assert.equal(badge(), count);
  const kiam = groups.find((group) => group.children.some((child) => child.label === 'server.yaml:9'));
  assert.ok(kiam, groups.map(({ label }) => label).join(' | '));
  assert.notEqual(kiam.label, 'kiam/credential-refresh-storm', 'the group has an id for a title');
  const technologies = await runbooksTree();
  assert.deepEqual(
    technologies.map(({ label }) => label),
    ['DNS', 'gRPC', 'Istio', 'Kiam', 'Kong', 'Runtimes'],
  );
});

test('the reader shows a runbook without scripts, with its findings here and its commands to copy', async () => {
  const { readerHtml } = await inside();
  await vscode.commands.executeCommand('runbookLens.openRunbook', 'kong/cache-ttl-zero#fix');
  const html = await until('the page', () => (readerHtml()?.includes('db_cache_ttl') ? readerHtml() : undefined));
  assert.match(html, /default-src 'none'|default-src &#39;none&#39;/);
  assert.doesNotMatch(html, /<script/);
  assert.match(html, /kong\/kong\.yaml:15/);
  assert.match(html, /<a href="#fix" class="wanted">/);
  assert.match(html, /command:runbookLens\.copyFence/);
  const copy = /command:runbookLens\.copyFence\?([^"]+)"/.exec(html)?.[1] ?? '';
  const [id, language, index] = JSON.parse(decodeURIComponent(copy));
  await vscode.commands.executeCommand('runbookLens.copyFence', id, language, index);
  const copied = await vscode.env.clipboard.readText();
  assert.ok(copied.length > 5, `copied: ${copied}`);
  await closeEditors();
});

test('the language of findings and runbooks is a setting that takes effect at once', async () => {
  const { readerHtml } = await inside();
  const settings = vscode.workspace.getConfiguration('runbookLens');
  const message = (): string => diagnosticsOf('kiam/server.yaml', SOURCE)[0]?.message ?? '';
  await vscode.commands.executeCommand('runbookLens.openRunbook', 'kong/cache-ttl-zero');
  await until('the English page', () => readerHtml()?.includes('In this workspace'));
  await settings.update('lang', 'zh-cn', vscode.ConfigurationTarget.Global);
  try {
    await until('a Chinese message', () => /[\u4e00-\u9fff]/.test(message()));
    await until('the Chinese page', () => readerHtml()?.includes('当前工作区中'));
  } finally {
    await settings.update('lang', undefined, vscode.ConfigurationTarget.Global);
  }
  await until('an English message', () => message() !== '' && !/[\u4e00-\u9fff]/.test(message()));
  await closeEditors();
});

test('a palette without a relevant file shows only what helps somebody on call', () => {
  const { contributes } = extension().packageJSON as {
    contributes: { commands: { command: string }[]; menus: { commandPalette: { command: string }[] } };
  };
  const hidden = new Set(contributes.menus.commandPalette.map(({ command }) => command));
  assert.deepEqual(
    contributes.commands.map(({ command }) => command).filter((command) => !hidden.has(command)),
    ['runbookLens.openRunbook', 'runbookLens.searchRunbooks', 'runbookLens.diagnoseCluster', 'runbookLens.openSnapshot'],
  );
});
