import * as vscode from 'vscode';
import type { Severity } from '../service/protocol.ts';
import { REVEAL } from './commands.ts';
import { type FindingsStore, type PlacedFinding, severityRank, worstFirst } from './findings-store.ts';
import { countText, runbookOf, runbookUri } from './runbook-badges.ts';
import type { RunbookCatalogue } from './runbook-catalogue.ts';

export type FindingsNode =
  | { readonly node: 'runbook'; readonly id: string; readonly findings: readonly PlacedFinding[] }
  | { readonly node: 'finding'; readonly finding: PlacedFinding };

const ICONS: Readonly<Record<Severity, vscode.ThemeIcon>> = {
  error: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  warning: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  information: new vscode.ThemeIcon('info', new vscode.ThemeColor('problemsInfoIcon.foreground')),
  hint: new vscode.ThemeIcon('lightbulb'),
};

/** The workspace's findings by the runbook that tells what they lead to, the worst first. */
export class FindingsTree implements vscode.TreeDataProvider<FindingsNode> {
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

  async getChildren(parent?: FindingsNode): Promise<FindingsNode[]> {
    if (parent?.node === 'runbook') return parent.findings.map((finding) => ({ node: 'finding', finding }));
    if (parent) return [];
    await this.catalogue.load();
    return groupByRunbook(this.store.all());
  }

  getParent(child: FindingsNode): FindingsNode | undefined {
    if (child.node === 'runbook') return undefined;
    return groupByRunbook(this.store.all()).find((group) => group.node === 'runbook' && group.id === runbookOf(child.finding));
  }

  getTreeItem(node: FindingsNode): vscode.TreeItem {
    return node.node === 'runbook' ? this.groupItem(node) : findingItem(node.finding);
  }

  private groupItem({ id, findings }: FindingsNode & { node: 'runbook' }): vscode.TreeItem {
    const label = id === '' ? vscode.l10n.t('About suppressions and configuration') : this.catalogue.titleOf(id);
    const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `runbook ${id}`;
    item.resourceUri = runbookUri(id);
    item.iconPath = new vscode.ThemeIcon(id === '' ? 'settings-gear' : 'book');
    item.contextValue = id === '' ? 'group' : 'runbook';
    item.tooltip = id === '' ? label : `${label}\n${id}`;
    item.accessibilityInformation = { label: `${label}, ${countText(findings.length)}` };
    return item;
  }
}

function groupByRunbook(findings: readonly PlacedFinding[]): FindingsNode[] {
  const groups = new Map<string, PlacedFinding[]>();
  for (const finding of findings) {
    const list = groups.get(runbookOf(finding));
    if (list) list.push(finding);
    else groups.set(runbookOf(finding), [finding]);
  }
  return [...groups]
    .map(([id, list]): FindingsNode & { node: 'runbook' } => ({ node: 'runbook', id, findings: list.sort(worstFirst) }))
    .sort((a, b) => severityRank(a.findings[0]) - severityRank(b.findings[0]) || (a.id < b.id ? -1 : 1));
}

function findingItem(finding: PlacedFinding): vscode.TreeItem {
  const title = finding.title === '' ? finding.message : finding.title;
  const line = finding.range.start.line + 1;
  // The group says what it leads to; where it stands is what tells the findings of a group apart.
  const item = new vscode.TreeItem(`${finding.path.slice(finding.path.lastIndexOf('/') + 1)}:${line}`);
  item.id = `finding ${finding.folder.toString()} ${finding.id}`;
  item.description = title;
  item.iconPath = ICONS[finding.severity];
  item.contextValue = 'finding';
  item.tooltip = [`${finding.path}:${line}`, finding.message, finding.rule].filter((text) => text !== '').join('\n\n');
  item.accessibilityInformation = { label: `${finding.severity}: ${title}, ${finding.path}, ${line}` };
  const { start } = finding.range;
  item.command = {
    command: REVEAL,
    title: vscode.l10n.t('Go to the finding'),
    arguments: [finding.folder.toString(), finding.path, start.line, start.character],
  };
  return item;
}

/** The Findings view with its badge. */
export function registerFindingsTree(
  store: FindingsStore,
  catalogue: RunbookCatalogue,
): { view: vscode.TreeView<FindingsNode>; tree: FindingsTree } & vscode.Disposable {
  const tree = new FindingsTree(store, catalogue);
  const view = vscode.window.createTreeView('runbookLens.findings', { treeDataProvider: tree, showCollapseAll: true });
  const refresh = (): void => {
    tree.refresh();
    const count = store.all().length;
    view.badge = count === 0 ? undefined : { value: count, tooltip: countText(count) };
  };
  const subscriptions = [store.onChange(refresh), catalogue.onChange(refresh), view];
  refresh();
  return { view, tree, dispose: () => vscode.Disposable.from(...subscriptions).dispose() };
}
