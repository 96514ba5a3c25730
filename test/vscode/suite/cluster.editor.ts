/** Diagnosing a cluster from the editor, against a real API server with staged incidents (test/vscode/cluster.ts). */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Inside, TreeText } from '../../../src/extension.ts';
import { inside, isUnrelated, SOURCE } from './inside.ts';
import { skip, test } from './runner.ts';
import { closeEditors, codeActionsAt, codeOf, diagnosticsOf, openEditor, saveAll, savedText, until, workspaceUri } from './workspace.ts';

const isPlain = vscode.workspace.isTrusted && vscode.env.language !== 'zh-cn' && !isUnrelated;
const WAIT_MS = 60_000;
const VERDICTS = ['live', 'latent', 'unknown', 'mitigated', 'clear', 'absent'];
const folder = mkdtempSync(join(tmpdir(), 'runbook-lens-exports-'));

/** In the plain window only: it is the one that has a cluster. */
function clusterTest(name: string, body: () => Promise<void>): void {
  if (!isPlain) return;
  test(name, async () => {
    if (process.env.RUNBOOK_LENS_TEST_CLUSTER === undefined) {
      skip(process.env.RUNBOOK_LENS_TEST_NO_CLUSTER ?? 'no cluster was started (--cluster)');
    }
    await body();
  });
}

/** The labels and descriptions of a tree, one line each, indented. */
function outline(nodes: readonly TreeText[], depth = 0): string {
  return nodes
    .map(({ label, description, children }) => `${'  '.repeat(depth)}${label} | ${description}\n${outline(children, depth + 1)}`)
    .join('');
}

async function diagnosed(): Promise<Inside> {
  const exported = await inside();
  if ((await exported.clusterTree()).length > 1) return exported;
  await vscode.commands.executeCommand('runbookLens.diagnoseCluster', { context: 'staging' });
  return exported;
}

/** Without the comparison with files, which comes a moment later. */
function incidentsIn(tree: readonly TreeText[]): string {
  return outline(tree.filter(({ description }) => VERDICTS.includes(description)));
}

function incident(tree: readonly TreeText[], title: RegExp): TreeText {
  const found = tree.find(({ label }) => title.test(label));
  assert.ok(found, outline(tree));
  return found;
}

clusterTest('nothing of a cluster is known, shown or loaded before somebody asks', async () => {
  const { clusterTree, clusterBadge, clusterHtml } = await inside();
  assert.deepEqual(await clusterTree(), []);
  assert.equal(clusterBadge(), undefined);
  assert.equal(clusterHtml(), undefined);
});

clusterTest('the command asks for context and namespaces, reads in view, and shows verdict, evidence and actions', async () => {
  const { clusterTree, clusterBadge } = await inside();
  let isDone = false;
  const running = vscode.commands.executeCommand<boolean>('runbookLens.diagnoseCluster').then((done) => {
    isDone = true;
    return done;
  });
  let sawReading = false;
  // Return on each of the two lists: the current context, then all that may be read.
  await until(
    'the diagnosis to run',
    async () => {
      const [first] = await clusterTree();
      sawReading ||= first?.label.startsWith('Reading staging') === true && first.children.some(({ label }) => label === 'pods');
      if (first === undefined) await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return isDone;
    },
    WAIT_MS,
  );
  assert.equal(await running, true);
  assert.ok(sawReading, 'the tree did not tell what is read');
  const tree = await clusterTree();
  const ttl = incident(tree, /cache/i);
  assert.equal(ttl.description, 'live');
  const subject = ttl.children.find(({ label }) => label === 'Deployment edge/kong');
  assert.ok(subject, outline(tree));
  assert.match(outline([subject]), /exited on signal 9/);
  assert.match(outline([subject]), /change · kubectl -n edge set env deployment\/kong -c proxy KONG_DB_CACHE_TTL=3600/);
  const verdicts = tree.map(({ description }) => description).filter((text) => VERDICTS.includes(text));
  assert.equal(clusterBadge(), verdicts.filter((verdict) => verdict === 'live').length);
  assert.deepEqual(
    verdicts,
    [...verdicts].sort((a, b) => VERDICTS.indexOf(a) - VERDICTS.indexOf(b)),
  );
  assert.ok(verdicts.includes('absent'), verdicts.join(' '));
});

clusterTest('the report says the verdict first, with evidence, pictures and commands to copy, and holds no script', async () => {
  const { clusterHtml } = await diagnosed();
  await vscode.commands.executeCommand('runbookLens.openReport', 'kong/cache-ttl-zero');
  const html = await until('the report', () => clusterHtml());
  assert.match(html, /default-src 'none'/);
  assert.doesNotMatch(html, /<script|unsafe-inline|\sstyle="/);
  const main = html.slice(html.indexOf('<main>'));
  assert.match(main, /^<main>\s*<section class="incident" id="kong\/cache-ttl-zero"/);
  assert.match(main, /<span class="verdict verdict-live">live<\/span>/);
  assert.match(main, /<svg class="picture picture-memory" role="img"/);
  assert.match(main, /exited on signal 9/);
  const copy = /href="command:runbookLens\.copyCommand\?([^"]+)"/.exec(main)?.[1] ?? '';
  const args: unknown[] = JSON.parse(decodeURIComponent(copy));
  await vscode.commands.executeCommand('runbookLens.copyCommand', ...args);
  assert.match(await vscode.env.clipboard.readText(), /^kubectl /);
  await closeEditors();
});

clusterTest('an object opens as a read-only document, at the place that evidence points at', async () => {
  await diagnosed();
  const object = { kind: 'Deployment', namespace: 'edge', name: 'kong' };
  await vscode.commands.executeCommand('runbookLens.openObject', object, '/spec/template/spec/containers/0/image');
  const editor = vscode.window.activeTextEditor;
  assert.ok(editor);
  assert.equal(editor.document.uri.scheme, 'runbook-lens-object');
  assert.equal(editor.document.languageId, 'yaml');
  assert.equal(editor.document.getText(editor.selection), 'kong:0.12.3');
  assert.doesNotMatch(editor.document.getText(), /last-applied/);
  await closeEditors();
});

clusterTest('runbooks carry the verdict, and the reader links to the report', async () => {
  const { runbooksTree, readerHtml } = await diagnosed();
  const runbooks = (await runbooksTree()).flatMap(({ children }) => children);
  assert.equal(runbooks.find(({ label }) => /cache/i.test(label))?.description, 'live');
  await vscode.commands.executeCommand('runbookLens.openRunbook', 'kong/cache-ttl-zero');
  const html = await until('the reader', () => readerHtml());
  assert.match(html, /<a class="verdict verdict-live" href="command:runbookLens\.openReport\?/);
  await closeEditors();
});

clusterTest('a finding in a file is looked up in the cluster, and mending the file shows what still runs', async () => {
  const { clusterTree } = await diagnosed();
  const file = 'kong/kong.yaml';
  const before = await savedText(file);
  const diagnostic = await until('the finding', () =>
    diagnosticsOf(file, SOURCE).find((each) => codeOf(each) === 'kong/db-cache-ttl-zero'),
  );
  await openEditor(file);
  const actions = await codeActionsAt(file, diagnostic.range);
  const action = actions.find(({ title }) => title === 'Is this live in the cluster? (kong/db-cache-ttl-zero)');
  assert.ok(action?.command, actions.map(({ title }) => title).join(' | '));
  await vscode.commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
  const answer = await until('the answer', async () => (await clusterTree()).find(({ label }) => label === 'kong.yaml:15'));
  assert.match(
    answer.description,
    /^live there too · kong\/db-cache-ttl-zero is in kong\/kong\.yaml:15 and live in Deployment edge\/kong$/,
  );

  const drift = async (): Promise<string> => outline((await clusterTree()).filter(({ label }) => label === 'Drift'));
  assert.match(await drift(), /Deployment edge\/gateway \| fixed in the cluster, still in files · kong\/limit-below-rebuild-headroom/);
  assert.doesNotMatch(await drift(), /db-cache-ttl-zero/);
  const editor = await openEditor(file);
  const start = before.indexOf('"0"');
  const range = new vscode.Range(editor.document.positionAt(start), editor.document.positionAt(start + 3));
  await editor.edit((edit) => edit.replace(range, '"3600"'));
  await saveAll();
  try {
    await until('the drift', async () =>
      /Deployment edge\/kong \| fixed in files, still live · kong\/db-cache-ttl-zero/.test(await drift()),
    );
  } finally {
    await vscode.workspace.fs.writeFile(workspaceUri(file), new TextEncoder().encode(before));
    await closeEditors();
  }
  await until('the finding again', () => diagnosticsOf(file, SOURCE).some((each) => codeOf(each) === 'kong/db-cache-ttl-zero'));
});

clusterTest('the report is exported, and a saved snapshot gives the same one without a cluster', async () => {
  const { clusterTree } = await diagnosed();
  const target = (name: string): vscode.Uri => vscode.Uri.file(join(folder, name));
  const exportAs = async (format: string, name: string): Promise<string> => {
    await vscode.commands.executeCommand('runbookLens.exportReport', format, target(name));
    return readFileSync(target(name).fsPath, 'utf8');
  };
  const markdown = await exportAs('markdown', 'report.md');
  assert.match(markdown, /^# Cluster staging/);
  const json = await exportAs('json', 'report.json');
  const { incidents } = JSON.parse(json) as { incidents: { runbook: string; verdict: string }[] };
  assert.equal(incidents.find(({ runbook }) => runbook === 'kong/cache-ttl-zero')?.verdict, 'live');
  await vscode.commands.executeCommand('runbookLens.saveSnapshot', target('snapshot.json'));
  const before = incidentsIn(await clusterTree());
  assert.equal(await vscode.commands.executeCommand('runbookLens.openSnapshot', target('snapshot.json')), true);
  assert.equal(await exportAs('json', 'again.json'), json);
  assert.equal(incidentsIn(await clusterTree()), before);
});

clusterTest('Stop ends the reading within a second, and what was there stays', async () => {
  const { clusterTree, clusterMessage } = await diagnosed();
  const before = incidentsIn(await clusterTree());
  const running = vscode.commands.executeCommand<boolean>('runbookLens.diagnoseCluster', { context: 'stuck' });
  await until('the reading', async () => {
    const [first] = await clusterTree();
    return first?.label.startsWith('Reading stuck') === true && first.children.some(({ label }) => label === 'services');
  });
  const startMs = performance.now();
  await vscode.commands.executeCommand('runbookLens.stopDiagnosis');
  assert.equal(await running, false);
  assert.ok(performance.now() - startMs < 1500, `${performance.now() - startMs} ms`);
  assert.match(clusterMessage() ?? '', /^Stopped/);
  assert.equal(incidentsIn(await clusterTree()), before);
});

clusterTest('a cluster that is not there is told in the view, with what to do', async () => {
  const { clusterTree } = await diagnosed();
  assert.equal(await vscode.commands.executeCommand('runbookLens.diagnoseCluster', { context: 'gone' }), false);
  const [first] = await clusterTree();
  assert.match(first?.label ?? '', /127\.0\.0\.1:1/);
});

clusterTest('in Chinese the tree and the report are Chinese at once', async () => {
  const { clusterTree, clusterHtml } = await diagnosed();
  const settings = vscode.workspace.getConfiguration('runbookLens');
  await vscode.commands.executeCommand('runbookLens.openReport');
  await settings.update('lang', 'zh-cn', vscode.ConfigurationTarget.Global);
  try {
    await until('the Chinese tree', async () => (await clusterTree()).some(({ description }) => description === '正在发生'));
    await until('the Chinese report', () => clusterHtml()?.includes('事故报告'));
  } finally {
    await settings.update('lang', undefined, vscode.ConfigurationTarget.Global);
    await closeEditors();
  }
});
