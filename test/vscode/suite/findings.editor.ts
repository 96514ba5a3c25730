/** Findings in the window: the whole workspace, what is typed, evidence, and that they go when their cause does. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { inside, SOURCE } from './inside.ts';
import { test } from './runner.ts';
import { closeEditors, diagnosticsOf, editorText, openEditor, savedText, until, waitForDiagnostics, workspaceUri } from './workspace.ts';

/** One for each incident that the product starts from: file, rule, underlined text, evidence elsewhere. */
const INCIDENTS: readonly { file: string; rule: string; token: string; severity: vscode.DiagnosticSeverity; related: readonly string[] }[] =
  [
    {
      file: 'kong/kong.yaml',
      rule: 'kong/db-cache-ttl-zero',
      token: '0',
      severity: vscode.DiagnosticSeverity.Error,
      related: ['kong/kong.yaml: 0.12.3-alpine'],
    },
    {
      file: 'gateway/gateway.yaml',
      rule: 'kong/limit-below-rebuild-headroom',
      token: '4Gi',
      severity: vscode.DiagnosticSeverity.Error,
      related: ['gateway/gateway.yaml: 4'],
    },
    { file: 'kiam/server.yaml', rule: 'kiam/session-window', token: 'v3.6', severity: vscode.DiagnosticSeverity.Warning, related: [] },
    {
      file: 'istio/orders-db.yaml',
      rule: 'istio/idle-timeout-not-on-top-level',
      token: '24h',
      severity: vscode.DiagnosticSeverity.Warning,
      related: ['istio/orders-db.yaml: TCP'],
    },
    {
      file: 'grpc/web/main.go',
      rule: 'grpc/clusterip-pinned',
      token: 'os.Getenv("ORDERS_ADDR")',
      severity: vscode.DiagnosticSeverity.Warning,
      related: ['grpc/k8s/web.yaml: orders:9090', 'grpc/k8s/orders.yaml: orders', 'grpc/k8s/orders.yaml: 3'],
    },
    { file: 'go/windows.yaml', rule: 'runtime/gomemlimit-malformed', token: '1Gi', severity: vscode.DiagnosticSeverity.Error, related: [] },
  ];

for (const { file, rule, token, severity, related } of INCIDENTS) {
  test(`${rule} is underlined in a file that nobody opened, with its evidence and its runbook`, async () => {
    await inside();
    const diagnostic = await until(`${rule} in ${file}`, () =>
      diagnosticsOf(file, SOURCE).find(({ code }) => typeof code === 'object' && code.value === rule),
    );
    const document = await vscode.workspace.openTextDocument(workspaceUri(file));
    assert.equal(document.getText(diagnostic.range), token);
    assert.equal(diagnostic.severity, severity);
    const places = (diagnostic.relatedInformation ?? []).map(async ({ location }) => {
      const path = vscode.workspace.asRelativePath(location.uri);
      return `${path}: ${(await vscode.workspace.openTextDocument(location.uri)).getText(location.range)}`;
    });
    assert.deepEqual(await Promise.all(places), related);
    const { code } = diagnostic;
    assert.ok(typeof code === 'object' && code.target.scheme === 'command', 'the code does not open the runbook');
  });
}

test('what is typed is judged before it is saved, and dropping it brings the finding back', async () => {
  await inside();
  const editor = await openEditor('go/limits.yaml');
  const [first] = await waitForDiagnostics('go/limits.yaml', SOURCE, ['runtime/gomemlimit-malformed', 'runtime/gomemlimit-malformed']);
  assert.ok(first);
  await editor.edit((edit) => edit.replace(first.range, '400MiB'));
  await waitForDiagnostics('go/limits.yaml', SOURCE, ['runtime/gomemlimit-malformed']);
  assert.match(await savedText('go/limits.yaml'), /400Mi\n/);
  await closeEditors();
  await waitForDiagnostics('go/limits.yaml', SOURCE, ['runtime/gomemlimit-malformed', 'runtime/gomemlimit-malformed']);
});

test('a line that does not parse yet neither hides the other findings nor makes new ones', async () => {
  await inside();
  const editor = await openEditor('go/limits.yaml');
  await waitForDiagnostics('go/limits.yaml', SOURCE, ['runtime/gomemlimit-malformed', 'runtime/gomemlimit-malformed']);
  const seen = new Set<number>();
  const watch = vscode.languages.onDidChangeDiagnostics(() => seen.add(diagnosticsOf('go/limits.yaml', SOURCE).length));
  const line = (await editorText('go/limits.yaml'))
    .split('\n')
    .findIndex((text) => text.includes('image: registry.example.com/shop/exporter'));
  for (const text of ['\n          command: ["/ex', '\n          comm', '\n    "']) {
    await editor.edit((edit) => edit.insert(new vscode.Position(line, 1000), text));
    await new Promise((resolve) => setTimeout(resolve, 250));
    await vscode.commands.executeCommand('undo');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  watch.dispose();
  assert.deepEqual(
    [...seen].filter((count) => count !== 2),
    [],
  );
  await closeEditors();
});

test('files that appear, change and go on disk are followed', async () => {
  await inside();
  const path = 'go/late.yaml';
  const text = (await savedText('go/limits.yaml')).replace('name: checkout\n  namespace', 'name: late\n  namespace');
  await vscode.workspace.fs.writeFile(workspaceUri(path), new TextEncoder().encode(text));
  await waitForDiagnostics(path, SOURCE, ['runtime/gomemlimit-malformed', 'runtime/gomemlimit-malformed']);
  await vscode.workspace.fs.writeFile(workspaceUri(path), new TextEncoder().encode(text.replace('400Mi', '400MiB')));
  await waitForDiagnostics(path, SOURCE, ['runtime/gomemlimit-malformed']);
  await vscode.workspace.fs.delete(workspaceUri(path));
  await waitForDiagnostics(path, SOURCE, []);
});

test('the configuration switches rules while it is typed, and points at its own mistakes', async () => {
  await inside();
  const path = '.runbook-lens.yaml';
  const editor = await openEditor(path);
  const end = new vscode.Position(editor.document.lineCount, 0);
  await editor.edit((edit) => edit.insert(end, 'rules:\n  runtime/gomemlimit-malformed: off\n'));
  await waitForDiagnostics('go/limits.yaml', SOURCE, []);
  await editor.edit((edit) => edit.insert(new vscode.Position(editor.document.lineCount, 0), '  runtime/gomemlimit-malformd: off\n'));
  const [problem] = await until('the mistake in the configuration', () => {
    const found = diagnosticsOf(path, SOURCE);
    return found.length > 0 && found;
  });
  assert.match(problem?.message ?? '', /did you mean "runtime\/gomemlimit-malformed"/);
  await closeEditors();
  await waitForDiagnostics('go/limits.yaml', SOURCE, ['runtime/gomemlimit-malformed', 'runtime/gomemlimit-malformed']);
  await waitForDiagnostics(path, SOURCE, []);
});
