import * as vscode from 'vscode';
import type { RunbookData } from '../service/protocol.ts';
import type { ClusterSession } from './cluster-session.ts';
import { verdictIcon, verdictText } from './cluster-tree.ts';
import { OPEN_RUNBOOK } from './commands.ts';
import type { FindingsStore } from './findings-store.ts';
import { countText, runbookOf, runbookUri } from './runbook-badges.ts';
import type { RunbookCatalogue } from './runbook-catalogue.ts';

export type RunbooksNode =
  | { readonly node: 'technology'; readonly name: string; readonly runbooks: readonly RunbookData[] }
  | { readonly node: 'runbook'; readonly runbook: RunbookData };

const NAMES: Readonly<Record<string, string>> = {
  aws: 'AWS',
  dns: 'DNS',
  grpc: 'gRPC',
  istio: 'Istio',
  kiam: 'Kiam',
  kong: 'Kong',
  kubernetes: 'Kubernetes',
};

/** All runbooks by technology. */
export class RunbooksTree implements vscode.TreeDataProvider<RunbooksNode> {
  private readonly store: FindingsStore;
  private readonly catalogue: RunbookCatalogue;
  private readonly session: ClusterSession;
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(store: FindingsStore, catalogue: RunbookCatalogue, session: ClusterSession) {
    this.store = store;
    this.catalogue = catalogue;
    this.session = session;
  }

  refresh(): void {
    this.changed.fire(undefined);
  }

  async getChildren(parent?: RunbooksNode): Promise<RunbooksNode[]> {
    if (parent?.node === 'technology') return parent.runbooks.map((runbook) => ({ node: 'runbook', runbook }));
    if (parent) return [];
    const groups = new Map<string, RunbookData[]>();
    for (const runbook of await this.catalogue.load()) {
      const technology = runbook.id.includes('/') ? runbook.id.slice(0, runbook.id.indexOf('/')) : (runbook.technologies[0] ?? '');
      const list = groups.get(technology);
      if (list) list.push(runbook);
      else groups.set(technology, [runbook]);
    }
    return [...groups].map(([name, runbooks]) => ({ node: 'technology', name, runbooks }));
  }

  getTreeItem(node: RunbooksNode): vscode.TreeItem {
    if (node.node === 'technology') {
      const item = new vscode.TreeItem(technologyName(node.name), vscode.TreeItemCollapsibleState.Expanded);
      item.id = `technology ${node.name}`;
      item.contextValue = 'technology';
      return item;
    }
    const { id, title } = node.runbook;
    const item = new vscode.TreeItem(title);
    const here = this.store.all().filter((finding) => runbookOf(finding) === id).length;
    item.id = `runbook ${id}`;
    item.contextValue = 'runbook';
    item.resourceUri = runbookUri(id);
    const verdict = this.session.incident(id)?.verdict;
    // What the last diagnosis says: where it is happening or would, the icon says so too, for a long title pushes words out of sight.
    item.iconPath = verdict === 'live' || verdict === 'latent' ? verdictIcon(verdict) : new vscode.ThemeIcon('book');
    const words = verdict === undefined ? [] : [verdictText(verdict)];
    if (verdict !== undefined) item.description = verdictText(verdict);
    item.tooltip = [title, id, ...(verdict === undefined ? [] : [vscode.l10n.t('In the cluster: {0}', verdictText(verdict))])].join('\n');
    if (here > 0) words.push(countText(here));
    if (words.length > 0) item.accessibilityInformation = { label: [title, ...words].join(', ') };
    item.command = { command: OPEN_RUNBOOK, title: vscode.l10n.t('Open the runbook'), arguments: [id] };
    return item;
  }
}

function technologyName(id: string): string {
  return id === 'runtime' ? vscode.l10n.t('Runtimes') : (NAMES[id] ?? id);
}

export function registerRunbooksTree(
  store: FindingsStore,
  catalogue: RunbookCatalogue,
  session: ClusterSession,
): { tree: RunbooksTree } & vscode.Disposable {
  const tree = new RunbooksTree(store, catalogue, session);
  const view = vscode.window.createTreeView('runbookLens.runbooks', { treeDataProvider: tree, showCollapseAll: true });
  let verdicts = session.data;
  const subscriptions = [
    view,
    store.onChange(() => tree.refresh()),
    catalogue.onChange(() => tree.refresh()),
    // Each list that is read is a change of the session.
    session.onChange(() => {
      if (session.data !== verdicts) tree.refresh();
      verdicts = session.data;
    }),
  ];
  return { tree, dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}
