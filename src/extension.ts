import * as vscode from 'vscode';
import { registerCluster } from './editor/cluster.ts';
import type { ClusterSession } from './editor/cluster-session.ts';
import type { ClusterNode } from './editor/cluster-tree.ts';
import { registerCodeActions } from './editor/code-actions.ts';
import { registerCodeLenses } from './editor/code-lenses.ts';
import { SHOW_LOG } from './editor/commands.ts';
import { registerConfigurationCompletion } from './editor/configuration-completion.ts';
import { registerDiagnostics } from './editor/diagnostics.ts';
import { FindingsStore } from './editor/findings-store.ts';
import { type FindingsNode, registerFindingsTree } from './editor/findings-tree.ts';
import { registerHover } from './editor/hover.ts';
import { registerLanguageStatus } from './editor/language-status.ts';
import { registerNavigation } from './editor/navigation.ts';
import { whenRelevant } from './editor/relevance.ts';
import { registerRunbookBadges } from './editor/runbook-badges.ts';
import { RunbookCatalogue } from './editor/runbook-catalogue.ts';
import { RunbookReader } from './editor/runbook-reader.ts';
import { registerRunbooksTree, type RunbooksNode } from './editor/runbooks-tree.ts';
import { ServiceClient } from './editor/service-client.ts';
import { WorkspaceSync } from './editor/workspace-sync.ts';

/** What tests of the installed extension look at; no other extension should. */
export interface Inside {
  isActive(): boolean;
  readerHtml(): string | undefined;
  badge(): number | undefined;
  findingsTree(): Promise<readonly TreeText[]>;
  runbooksTree(): Promise<readonly TreeText[]>;
  clusterTree(): Promise<readonly TreeText[]>;
  clusterBadge(): number | undefined;
  clusterMessage(): string | undefined;
  clusterHtml(): string | undefined;
}

export interface TreeText {
  readonly label: string;
  readonly description: string;
  readonly children: readonly TreeText[];
}

export function activate(context: vscode.ExtensionContext): Inside {
  const log = vscode.window.createOutputChannel('Runbook Lens', { log: true });
  const client = new ServiceClient(context.extensionPath, log);
  const store = new FindingsStore();
  const catalogue = new RunbookCatalogue(client);
  const cluster = registerCluster(context, client, store, log);
  const reader = new RunbookReader(client, store, cluster.session, context.extensionUri);
  let shown: Shown | undefined;
  context.subscriptions.push(
    log,
    client,
    store,
    catalogue,
    reader,
    registerNavigation(client, store, () => shown?.sync),
    vscode.commands.registerCommand(SHOW_LOG, () => log.show()),
  );
  const { activationEvents = [] } = context.extension.packageJSON as { activationEvents?: readonly string[] };
  void whenRelevant(activationEvents, context.subscriptions).then((why) => {
    log.info(`started for ${why}`);
    shown = show(context, client, store, catalogue, cluster.session, log);
  });
  return {
    isActive: () => shown !== undefined,
    readerHtml: () => reader.html,
    badge: () => shown?.findings.view.badge?.value,
    findingsTree: async () => (shown ? treeText<FindingsNode>(shown.findings.tree) : []),
    runbooksTree: async () => (shown ? treeText<RunbooksNode>(shown.runbooks.tree) : []),
    clusterTree: () => treeText<ClusterNode>(cluster.tree),
    clusterBadge: () => cluster.view.badge?.value,
    clusterMessage: () => cluster.view.message,
    clusterHtml: () => cluster.report.html,
  };
}

interface Shown {
  readonly sync: WorkspaceSync;
  readonly findings: ReturnType<typeof registerFindingsTree>;
  readonly runbooks: ReturnType<typeof registerRunbooksTree>;
}

/** Everything that a window without a relevant file must not see. */
function show(
  context: vscode.ExtensionContext,
  client: ServiceClient,
  store: FindingsStore,
  catalogue: RunbookCatalogue,
  session: ClusterSession,
  log: vscode.LogOutputChannel,
): Shown {
  const diagnostics = registerDiagnostics(store);
  const status = registerLanguageStatus(client, store);
  const findings = registerFindingsTree(store, catalogue);
  const runbooks = registerRunbooksTree(store, catalogue, session);
  const sync = new WorkspaceSync(client, store, log);
  context.subscriptions.push(
    diagnostics,
    status,
    findings,
    runbooks,
    registerRunbookBadges(store),
    sync,
    registerCodeActions(client, sync, store),
    registerHover(client, sync),
    registerCodeLenses(client, sync, store),
    registerConfigurationCompletion(client, sync),
  );
  void vscode.commands.executeCommand('setContext', 'runbookLens.active', true);
  const first = store.onChange(() => {
    first.dispose();
    void vscode.commands.executeCommand('setContext', 'runbookLens.checked', true);
  });
  return { sync, findings, runbooks };
}

async function treeText<T>(provider: vscode.TreeDataProvider<T>, parent?: T): Promise<TreeText[]> {
  const children = (await provider.getChildren(parent)) ?? [];
  return Promise.all(
    children.map(async (child) => {
      const item = await provider.getTreeItem(child);
      const label = typeof item.label === 'string' ? item.label : (item.label?.label ?? '');
      return { label, description: String(item.description ?? ''), children: await treeText(provider, child) };
    }),
  );
}
