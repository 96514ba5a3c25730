/** Windows of other kinds: a folder that is not trusted, a Chinese VS Code, and a folder in which nothing concerns us. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { extension, inside, isUnrelated, SOURCE } from './inside.ts';
import { test } from './runner.ts';
import { codeActionsAt, codeOf, diagnosticsOf, openEditor, savedText, until, workspaceUri } from './workspace.ts';

const CHINESE = /[\u4e00-\u9fff]/;

if (!vscode.workspace.isTrusted) {
  test('Restricted Mode: findings, fixes and runbooks are there', async () => {
    const { readerHtml } = await inside();
    const diagnostic = await until('the finding', () =>
      diagnosticsOf('go/limits.yaml', SOURCE).find((each) => codeOf(each) === 'runtime/gomemlimit-malformed'),
    );
    await openEditor('go/limits.yaml');
    const titles = (await codeActionsAt('go/limits.yaml', diagnostic.range)).map(({ title }) => title);
    assert.ok(titles.includes('Write 400MiB'), titles.join(' | '));
    await vscode.commands.executeCommand('runbookLens.openRunbook', 'runtime/go-memory-limit');
    await until('the reader', () => readerHtml()?.includes('go/limits.yaml:14'));
  });

  test('Restricted Mode: cluster commands are off, and say why; a saved snapshot opens', async () => {
    const { clusterTree } = await inside();
    assert.equal(await vscode.commands.executeCommand('runbookLens.diagnoseCluster', { context: 'any' }), false);
    const [first] = await clusterTree();
    assert.match(first?.label ?? '', /off in Restricted Mode: a kubeconfig can run programs/);
    const { contributes } = extension().packageJSON as { contributes: { commands: { command: string; enablement?: string }[] } };
    const { enablement } = contributes.commands.find(({ command }) => command === 'runbookLens.diagnoseCluster') ?? {};
    assert.equal(enablement, 'isWorkspaceTrusted');
    await openEditor('go/limits.yaml');
    const [diagnostic] = diagnosticsOf('go/limits.yaml', SOURCE);
    assert.ok(diagnostic);
    const titles = (await codeActionsAt('go/limits.yaml', diagnostic.range)).map(({ title }) => title);
    assert.ok(!titles.some((title) => title.includes('live in the cluster')), titles.join(' | '));
    // As `kubectl get -o yaml` gives it: with a time.
    const live = (await savedText('gateway/gateway.yaml')).replace(
      'namespace: edge }',
      'namespace: edge, creationTimestamp: "2026-11-21T12:00:00Z" }',
    );
    const file = workspaceUri('live.txt');
    await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(live));
    assert.equal(await vscode.commands.executeCommand('runbookLens.openSnapshot', file), true);
    const tree = await clusterTree();
    // Pods were not in that file: no verdict may be clear.
    assert.ok(
      tree.length > 5 && tree.every(({ description }) => description === 'unknown'),
      tree.map(({ description }) => description).join(' '),
    );
  });
}

if (vscode.env.language === 'zh-cn') {
  test('in a Chinese window the Cluster view speaks Chinese, also when nothing came of it', async () => {
    const { clusterTree } = await inside();
    const file = workspaceUri('gateway/gateway.yaml');
    assert.equal(await vscode.commands.executeCommand('runbookLens.openSnapshot', file), false);
    for (const { label } of await clusterTree()) assert.match(label, CHINESE);
    const { contributes } = extension().packageJSON as { contributes: { commands: { title: string | { value: string } }[] } };
    for (const { title } of contributes.commands) assert.match(typeof title === 'string' ? title : title.value, CHINESE);
  });

  test('in a Chinese window everything that we say is Chinese', async () => {
    const { findingsTree, runbooksTree, readerHtml } = await inside();
    const diagnostic = await until('the finding', () => diagnosticsOf('gateway/gateway.yaml', SOURCE)[0]);
    assert.match(diagnostic.message, CHINESE);
    for (const related of diagnostic.relatedInformation ?? []) assert.match(related.message, CHINESE);
    for (const { label } of await findingsTree()) assert.match(label, CHINESE);
    for (const { children } of await runbooksTree()) for (const { label } of children) assert.match(label, CHINESE);
    await openEditor('gateway/gateway.yaml');
    for (const { title } of await codeActionsAt('gateway/gateway.yaml', diagnostic.range)) assert.match(title, CHINESE);
    await vscode.commands.executeCommand('runbookLens.openRunbook', 'kong/router-rebuild-memory');
    await until('the Chinese runbook', () => readerHtml()?.includes('立即止血'));
    const { description } = extension().packageJSON as { description: string };
    assert.match(description, CHINESE);
  });
}

if (isUnrelated) {
  test('where no file concerns us, nothing is read and nothing is shown', async () => {
    await openEditor('src/index.js');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(extension().isActive, false, 'woken up without a YAML file');
    await openEditor('.github/workflows/ci.yml');
    const { isActive, findingsTree } = await until('the extension to wake up for YAML', () =>
      extension().isActive ? extension().exports : undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(isActive(), false);
    assert.deepEqual(await findingsTree(), []);
    assert.deepEqual(diagnosticsOf('.github/workflows/ci.yml', SOURCE), []);

    const manifest =
      'apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n    - name: a\n      image: a:1\n      env: [{ name: GOMEMLIMIT, value: 1Gi }]\n';
    await vscode.workspace.fs.writeFile(workspaceUri('pod.yaml'), new TextEncoder().encode(manifest));
    await openEditor('pod.yaml');
    await until('the first manifest to be judged', () => diagnosticsOf('pod.yaml', SOURCE).length === 1);
    assert.equal(isActive(), true);
  });
}
