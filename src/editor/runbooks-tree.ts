import * as vscode from 'vscode';
import type { RunbookData } from '../service/protocol.ts';
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
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  constructor(store: FindingsStore, catalogue: RunbookCatalogue) {
    this.store = store;
    this.catalogue = catalogue;
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
    item.iconPath = new vscode.ThemeIcon('book');
    item.contextValue = 'runbook';
    item.tooltip = `${title}\n${id}`;
    item.resourceUri = runbookUri(id);
    if (here > 0) item.accessibilityInformation = { label: `${title}, ${countText(here)}` };
    item.command = { command: OPEN_RUNBOOK, title: vscode.l10n.t('Open the runbook'), arguments: [id] };
    return item;
  }
}

function technologyName(id: string): string {
  return id === 'runtime' ? vscode.l10n.t('Runtimes') : (NAMES[id] ?? id);
}

export function registerRunbooksTree(store: FindingsStore, catalogue: RunbookCatalogue): { tree: RunbooksTree } & vscode.Disposable {
  const tree = new RunbooksTree(store, catalogue);
  const view = vscode.window.createTreeView('runbookLens.runbooks', { treeDataProvider: tree, showCollapseAll: true });
  const subscriptions = [view, store.onChange(() => tree.refresh()), catalogue.onChange(() => tree.refresh())];
  return { tree, dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}
