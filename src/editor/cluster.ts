import * as vscode from 'vscode';
import type { DiagnoseParams, Scope } from '../service/cluster-protocol.ts';
import { ClusterClient } from './cluster-client.ts';
import { registerClusterObjects } from './cluster-objects.ts';
import { pickTarget } from './cluster-picker.ts';
import { ClusterReport } from './cluster-report.ts';
import { ClusterSession } from './cluster-session.ts';
import { type ClusterNode, registerClusterTree } from './cluster-tree.ts';
import {
  COPY_COMMAND,
  COPY_UNDO,
  DIAGNOSE,
  EXPORT_REPORT,
  IS_IT_LIVE,
  OPEN_REPORT,
  OPEN_SNAPSHOT,
  SAVE_SNAPSHOT,
  STOP_DIAGNOSIS,
} from './commands.ts';
import type { FindingsStore, PlacedFinding } from './findings-store.ts';
import { language } from './preferences.ts';
import type { ServiceClient } from './service-client.ts';

const VIEW = 'runbookLens.cluster';

/** Diagnosing a cluster: the commands, the Cluster view and the report. Nothing of it runs before a command does. */
export function registerCluster(
  context: vscode.ExtensionContext,
  files: ServiceClient,
  store: FindingsStore,
  log: vscode.LogOutputChannel,
) {
  const client = new ClusterClient(context.extensionPath, log);
  const session = new ClusterSession(client, files, store, log);
  const report = new ClusterReport(session, context.extensionUri);
  const shown = registerClusterTree(session);
  const { view, tree } = shown;

  const diagnose = async (given: unknown): Promise<boolean> => {
    if (!vscode.workspace.isTrusted) return session.diagnose({ scope: { kind: 'default' }, deep: false }, '');
    const target = targetOf(given) ?? (await ask());
    if (!target) return false;
    await show();
    return focused(session.diagnose(target, target.context ?? vscode.l10n.t('the cluster')));
  };

  const ask = async (): Promise<Target | undefined> => {
    const list = await client.request('contexts', { language: language() });
    if ('contexts' in list && list.contexts.length > 0) return pickTarget(list, context.workspaceState);
    // In a pod there is no context to choose; of anything else the reading itself tells what is wrong.
    return { scope: { kind: 'default' }, deep: false };
  };

  const isItLive = async (given: unknown, id: unknown): Promise<void> => {
    const finding = findingOf(store, given, id);
    if (!finding) return;
    if (!session.data && !(await diagnose(undefined))) return;
    await session.ask(finding);
    await show();
    const asked = tree.getChildren().find(({ node }) => node === 'asked');
    if (asked) await view.reveal(asked, { focus: true, select: true });
  };

  context.subscriptions.push(
    client,
    session,
    report,
    shown,
    registerClusterObjects(client, session),
    vscode.commands.registerCommand(DIAGNOSE, diagnose),
    vscode.commands.registerCommand(STOP_DIAGNOSIS, () => session.stop()),
    vscode.commands.registerCommand(OPEN_SNAPSHOT, async (given: unknown) => {
      const path = given instanceof vscode.Uri ? given.fsPath : await pickSaved();
      if (path === undefined) return false;
      await show();
      return focused(session.open(path));
    }),
    vscode.commands.registerCommand(SAVE_SNAPSHOT, async (given: unknown) => {
      if (!session.data) return;
      const suggested = `${fileName(session)}.snapshot.json`;
      const target = given instanceof vscode.Uri ? given : await vscode.window.showSaveDialog({ defaultUri: inWorkspace(suggested) });
      if (!target) return;
      await client.request('save', { path: target.fsPath });
      vscode.window.setStatusBarMessage(vscode.l10n.t('Runbook Lens: saved {0}', target.fsPath), 5000);
    }),
    vscode.commands.registerCommand(EXPORT_REPORT, (format: unknown, target: unknown) => exportReport(client, session, format, target)),
    vscode.commands.registerCommand(OPEN_REPORT, (given: unknown) => report.open(runbookOfNode(given))),
    vscode.commands.registerCommand(COPY_COMMAND, (...given: readonly unknown[]) => copy(session, given, 'command')),
    vscode.commands.registerCommand(COPY_UNDO, (...given: readonly unknown[]) => copy(session, given, 'undo')),
    vscode.commands.registerCommand(IS_IT_LIVE, isItLive),
  );
  return { session, report, tree, view };

  /** Keeps the keyboard in the view, where Escape stops: its welcome text had the focus, and is gone now. */
  async function focused(reading: Promise<boolean>): Promise<boolean> {
    const [first] = tree.getChildren();
    // It may be over before it is shown.
    if (first) void view.reveal(first, { focus: true, select: false }).then(undefined, () => {});
    return reading;
  }

  async function show(): Promise<void> {
    await vscode.commands.executeCommand('setContext', 'runbookLens.clusterUsed', true);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
  }
}

type Target = Pick<DiagnoseParams, 'scope' | 'deep' | 'observeMs' | 'context'>;

/** From a key binding: `{"context": "staging", "namespaces": ["shop"] | "all", "observeMinutes": 3, "deep": true}`. */
function targetOf(given: unknown): Target | undefined {
  if (typeof given !== 'object' || given === null || !('context' in given) || typeof given.context !== 'string') return undefined;
  const namespaces: unknown = 'namespaces' in given ? given.namespaces : undefined;
  const minutes = 'observeMinutes' in given && typeof given.observeMinutes === 'number' ? given.observeMinutes : 0;
  return {
    context: given.context,
    scope: scopeOf(namespaces),
    deep: 'deep' in given && given.deep === true,
    ...(minutes > 0 ? { observeMs: minutes * 60_000 } : {}),
  };
}

function scopeOf(namespaces: unknown): Scope {
  if (namespaces === 'all') return { kind: 'all' };
  if (!Array.isArray(namespaces) || namespaces.length === 0) return { kind: 'default' };
  return { kind: 'listed', namespaces: namespaces.map(String) };
}

async function pickSaved(): Promise<string | undefined> {
  const items = [
    { label: vscode.l10n.t('A file…'), detail: vscode.l10n.t('A saved snapshot, or kubectl get -o yaml|json'), folders: false },
    { label: vscode.l10n.t('A folder…'), detail: vscode.l10n.t('Such files, or kubectl cluster-info dump'), folders: true },
  ];
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Open a cluster that was saved') });
  if (!chosen) return undefined;
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: !chosen.folders,
    canSelectFolders: chosen.folders,
    canSelectMany: false,
  });
  return picked?.[0]?.fsPath;
}

async function exportReport(client: ClusterClient, session: ClusterSession, given: unknown, where: unknown): Promise<void> {
  if (!session.data) return;
  const format = given === 'markdown' || given === 'json' ? given : await pickFormat();
  if (!format) return;
  const suggested = `${fileName(session)}.${format === 'json' ? 'json' : 'md'}`;
  const target = where instanceof vscode.Uri ? where : await vscode.window.showSaveDialog({ defaultUri: inWorkspace(suggested) });
  if (!target) return;
  const text = await client.request('text', { format, language: language() });
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  vscode.window.setStatusBarMessage(vscode.l10n.t('Runbook Lens: saved {0}', target.fsPath), 5000);
}

async function pickFormat(): Promise<'markdown' | 'json' | undefined> {
  const items = [
    { label: 'Markdown', detail: vscode.l10n.t('For a ticket or a post-mortem'), format: 'markdown' as const },
    { label: 'JSON', detail: vscode.l10n.t('All of it, for programs'), format: 'json' as const },
  ];
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Export the report as') }))?.format;
}

/** `incidents-staging-2026-11-21T12-00` */
function fileName({ data }: ClusterSession): string {
  const { cluster, takenAt } = data?.report ?? { cluster: { context: '' }, takenAt: '' };
  const name = cluster.context === '' ? 'cluster' : cluster.context.replace(/[^\w.-]+/g, '-');
  return `incidents-${name}-${takenAt.slice(0, 16).replaceAll(':', '-')}`;
}

function inWorkspace(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  return folder ? vscode.Uri.joinPath(folder.uri, name) : vscode.Uri.file(name);
}

/** A command goes to the clipboard and nowhere else. */
async function copy(session: ClusterSession, given: readonly unknown[], which: 'command' | 'undo'): Promise<void> {
  const [first, subject, index] = given;
  const node = typeof first === 'object' && first !== null ? (first as ClusterNode) : undefined;
  const at =
    node?.node === 'action' ? { ...node.at, index: node.index } : { runbook: first, subject: Number(subject), index: Number(index) };
  if (typeof at.runbook !== 'string') return;
  const action = session.incident(at.runbook)?.subjects[at.subject]?.actions[at.index];
  const text = which === 'undo' ? action?.undo : action?.command;
  if (text === undefined) return;
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Copied'), 2000);
}

/** From a link the runbook's id, from the tree a node. */
function runbookOfNode(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const node = given as Partial<ClusterNode & { node: 'incident' }> & { readonly at?: { readonly runbook?: string } };
  return node.incident?.runbook ?? node.at?.runbook;
}

/** From the lightbulb a folder and an id, from a tree a node. */
function findingOf(store: FindingsStore, given: unknown, id: unknown): PlacedFinding | undefined {
  if (typeof given === 'string') return store.all().find((finding) => finding.folder.toString() === given && finding.id === id);
  if (typeof given !== 'object' || given === null || !('finding' in given)) return undefined;
  return given.finding as PlacedFinding;
}
