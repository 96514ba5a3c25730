import * as vscode from 'vscode';
import { CHECK_AGAIN, OPEN_CONFIGURATION, OPEN_RUNBOOK, REVEAL, SEARCH_RUNBOOKS, SHOW_RULE } from './commands.ts';
import { uriIn } from './convert.ts';
import { type FindingsStore, type PlacedFinding, worstFirst } from './findings-store.ts';
import { searchRunbook } from './runbook-picker.ts';
import type { ServiceClient } from './service-client.ts';
import type { WorkspaceSync } from './workspace-sync.ts';

const CONFIGURATION_FILE = '.runbook-lens.yaml';

/** Commands that go somewhere: to a place in a file, to a rule's findings, to a runbook by symptom, to the configuration. */
export function registerNavigation(client: ServiceClient, store: FindingsStore, sync: () => WorkspaceSync | undefined): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(REVEAL, (folder: unknown, path: unknown, line: unknown, character: unknown) => {
      if (typeof folder !== 'string' || typeof path !== 'string' || typeof line !== 'number' || typeof character !== 'number')
        return undefined;
      return reveal(uriIn(vscode.Uri.parse(folder), path), line, character);
    }),
    vscode.commands.registerCommand(SHOW_RULE, async (rule: unknown) => {
      const findings = store
        .all()
        .filter((finding) => finding.rule === rule)
        .sort(worstFirst);
      const finding = findings.length > 1 ? await pickFinding(findings) : findings[0];
      if (finding) await reveal(finding.uri, finding.range.start.line, finding.range.start.character);
      else if (findings.length === 0) {
        vscode.window.setStatusBarMessage(vscode.l10n.t('Runbook Lens: {0} finds nothing in this workspace', String(rule)), 4000);
      }
    }),
    vscode.commands.registerCommand(SEARCH_RUNBOOKS, async () => {
      const id = await searchRunbook(client);
      if (id !== undefined) await vscode.commands.executeCommand(OPEN_RUNBOOK, id);
    }),
    vscode.commands.registerCommand(CHECK_AGAIN, () => sync()?.rescan()),
    vscode.commands.registerCommand(OPEN_CONFIGURATION, openConfiguration),
  );
}

async function reveal(uri: vscode.Uri, line: number, character: number): Promise<void> {
  const at = new vscode.Position(line, character);
  // Not over the runbook from which somebody came.
  const column = vscode.window.visibleTextEditors.find((editor) => editor.viewColumn !== undefined)?.viewColumn ?? vscode.ViewColumn.One;
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at), viewColumn: column });
}

async function pickFinding(findings: readonly PlacedFinding[]): Promise<PlacedFinding | undefined> {
  const items = findings.map((finding) => ({
    label: `${finding.path}:${finding.range.start.line + 1}`,
    detail: finding.message,
    finding,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: findings[0]?.rule ?? '' }))?.finding;
}

/** Opens the configuration at the root of the folder; a new one is an unsaved document until somebody writes into it. */
async function openConfiguration(): Promise<void> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const folder = (active && vscode.workspace.getWorkspaceFolder(active)) ?? vscode.workspace.workspaceFolders?.[0];
  if (!folder) return;
  const uri = vscode.Uri.joinPath(folder.uri, CONFIGURATION_FILE);
  const exists = await vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
  await vscode.window.showTextDocument(exists ? uri : uri.with({ scheme: 'untitled' }));
}
