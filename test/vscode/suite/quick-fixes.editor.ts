/** The lightbulb: each fix applied in the editor and the saved bytes compared. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { inside, SOURCE } from './inside.ts';
import { test } from './runner.ts';
import {
  applyCodeAction,
  closeEditors,
  codeActionsAt,
  codeOf,
  diagnosticsOf,
  editorText,
  openEditor,
  saveAll,
  savedText,
  until,
  waitForDiagnostics,
  workspaceUri,
} from './workspace.ts';

/** A fix of each incident: what its title says, and what it makes of the saved bytes. */
const FIXES: readonly { file: string; rule: string; title: RegExp; fixed: (text: string) => string }[] = [
  { file: 'kong/kong.yaml', rule: 'kong/db-cache-ttl-zero', title: /3600/, fixed: (text) => text.replace('"0"', '"3600"') },
  {
    file: 'gateway/gateway.yaml',
    rule: 'kong/limit-below-rebuild-headroom',
    title: /number of workers to 2/,
    fixed: (text) => text.replace('value: "4"', 'value: "2"'),
  },
  {
    file: 'kiam/server.yaml',
    rule: 'kiam/session-window',
    title: /^Set session-duration/,
    fixed: (text) => `${text}            - --session-duration=60m\n            - --session-refresh=26m\n`,
  },
  {
    file: 'istio/orders-db.yaml',
    rule: 'istio/idle-timeout-not-on-top-level',
    title: /^Move idleTimeout/,
    fixed: (text) => `${text.slice(0, text.indexOf('    portLevelSettings'))}    connectionPool:\n      tcp:\n        idleTimeout: 24h\n`,
  },
  {
    file: 'go/windows.yaml',
    rule: 'runtime/gomemlimit-malformed',
    title: /^Write 1024MiB/,
    fixed: (text) => text.replace('1Gi', '1024MiB'),
  },
];

for (const { file, rule, title, fixed } of FIXES) {
  test(`the fix of ${rule} heals, and leaves every other byte as it was`, async () => {
    await inside();
    const before = await savedText(file);
    await openEditor(file);
    const diagnostic = await findingOf(file, rule);
    await applyCodeAction(file, diagnostic.range, title);
    await until(`${rule} to go`, () => !diagnosticsOf(file, SOURCE).some((each) => codeOf(each) === rule));
    await saveAll();
    assert.equal(await savedText(file), fixed(before));
    await restore(file, before);
    await findingOf(file, rule);
  });
}

test('a fix that needs three files edits all three, also those that nobody opened', async () => {
  await inside();
  const files = ['grpc/web/main.go', 'grpc/k8s/web.yaml', 'grpc/k8s/orders.yaml'];
  const before = await Promise.all(files.map(savedText));
  await openEditor('grpc/web/main.go');
  const { range } = await findingOf('grpc/web/main.go', 'grpc/clusterip-pinned');
  await applyCodeAction('grpc/web/main.go', range, /^Balance over the pods of shop\/orders/);
  await waitForDiagnostics('grpc/web/main.go', SOURCE, []);
  await saveAll();
  const [code = '', client = '', server = ''] = before;
  assert.equal(
    await savedText('grpc/web/main.go'),
    code.replace('NewCredentials()))', 'NewCredentials()), grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))'),
  );
  assert.equal(await savedText('grpc/k8s/web.yaml'), client.replace('"orders:9090"', '"dns:///orders-headless:9090"'));
  const twin = `---
apiVersion: v1
kind: Service
metadata:
  name: orders-headless
  namespace: shop
spec:
  clusterIP: None
  selector:
    app: orders
  ports:
    - name: grpc
      port: 9090
      targetPort: 9090
---
`;
  assert.equal(await savedText('grpc/k8s/orders.yaml'), server.replace('---\n', twin));
  for (const [index, file] of files.entries()) await restore(file, before[index] ?? '');
  await findingOf('grpc/web/main.go', 'grpc/clusterip-pinned');
});

test('all findings of a rule in a file are fixed at once', async () => {
  await inside();
  const file = 'go/limits.yaml';
  const before = await savedText(file);
  await openEditor(file);
  const { range } = await findingOf(file, 'runtime/gomemlimit-malformed');
  await applyCodeAction(file, range, /^Fix all 2 of runtime\/gomemlimit-malformed in this file$/);
  await waitForDiagnostics(file, SOURCE, []);
  await saveAll();
  assert.equal(await savedText(file), before.replace('400Mi', '400MiB').replace('100MB', '95MiB'));
  await restore(file, before);
});

test('on save only safe fixes are applied, and only when asked for', async () => {
  await inside();
  const file = 'go/limits.yaml';
  const before = await savedText(file);
  const settings = vscode.workspace.getConfiguration('editor');
  await settings.update('codeActionsOnSave', { 'source.fixAll.runbookLens': 'explicit' }, vscode.ConfigurationTarget.Workspace);
  try {
    await findingOf(file, 'runtime/gomemlimit-malformed');
    const editor = await openEditor(file);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# touched\n'));
    await saveAll();
    assert.equal(await savedText(file), `# touched\n${before.replace('400Mi', '400MiB').replace('100MB', '95MiB')}`);

    const review = 'kong/kong.yaml';
    const kept = await savedText(review);
    const other = await openEditor(review);
    await other.edit((edit) => edit.insert(new vscode.Position(0, 0), '# touched\n'));
    await saveAll();
    assert.equal(await savedText(review), `# touched\n${kept}`);
    await restore(review, kept);
  } finally {
    await settings.update('codeActionsOnSave', undefined, vscode.ConfigurationTarget.Workspace);
    await vscode.workspace.fs.delete(workspaceUri('.vscode'), { recursive: true });
    await restore(file, before);
  }
});

test('whoever asks for other kinds of actions on save gets none from us', async () => {
  await inside();
  const { range } = await findingOf('go/limits.yaml', 'runtime/gomemlimit-malformed');
  assert.deepEqual(await codeActionsAt('go/limits.yaml', range, vscode.CodeActionKind.SourceOrganizeImports), []);
  const all = await codeActionsAt('go/limits.yaml', range, vscode.CodeActionKind.SourceFixAll);
  assert.deepEqual(
    all.map((action) => action.kind?.value),
    ['source.fixAll.runbookLens'],
  );
});

const IGNORES: readonly { title: RegExp; expected: (text: string) => string }[] = [
  {
    title: /^Ignore kong\/db-cache-ttl-zero on this line$/,
    expected: (text) =>
      text.replace(
        '              value: "0"',
        '              # runbook-lens-ignore-next-line kong/db-cache-ttl-zero -- why\n              value: "0"',
      ),
  },
  {
    title: /^Ignore kong\/db-cache-ttl-zero in this file$/,
    expected: (text) => `# runbook-lens-ignore-file kong/db-cache-ttl-zero -- why\n${text}`,
  },
  {
    title: /^Ignore kong\/db-cache-ttl-zero for this Kubernetes object$/,
    expected: (text) =>
      text.replace('namespace: edge }', 'namespace: edge, annotations: {runbook-lens.dev/ignore: kong/db-cache-ttl-zero} }'),
  },
];

for (const { title, expected } of IGNORES) {
  test(`${title.source.slice(1, -1).replaceAll('\\', '')}: silences exactly that`, async () => {
    await inside();
    const file = 'kong/kong.yaml';
    const before = await savedText(file);
    await openEditor(file);
    const { range } = await findingOf(file, 'kong/db-cache-ttl-zero');
    await applyCodeAction(file, range, title);
    await waitForDiagnostics(file, SOURCE, []);
    assert.equal(await editorText(file), expected(before));
    await restore(file, before);
    await findingOf(file, 'kong/db-cache-ttl-zero');
  });
}

test('the lightbulb opens the runbook', async () => {
  const { readerHtml } = await inside();
  const { range } = await findingOf('kiam/server.yaml', 'kiam/session-window');
  await applyCodeAction('kiam/server.yaml', range, /^Open the runbook kiam\/credential-refresh-storm$/);
  await until('the reader', () => readerHtml()?.includes('Kiam'));
  await closeEditors();
});

async function findingOf(file: string, rule: string): Promise<vscode.Diagnostic> {
  return until(`${rule} in ${file}`, () => diagnosticsOf(file, SOURCE).find((diagnostic) => codeOf(diagnostic) === rule));
}

async function restore(file: string, text: string): Promise<void> {
  await closeEditors();
  await vscode.workspace.fs.writeFile(workspaceUri(file), new TextEncoder().encode(text));
}
