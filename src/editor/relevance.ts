import * as vscode from 'vscode';

const EXCLUDE = '**/{node_modules,.git,vendor,.terraform}/**';
const SOON_ENOUGH = /^\s*["']?(?:apiVersion|_format_version|services)["']?\s*:/m;
/** Only the head of a document is looked at. */
const HEAD_CHARS = 20_000;

/**
 * Resolves once the window holds a file that a rule may read: one named like those of the activation events, or an open document that
 * speaks of Kubernetes, Kong or compose. Until then nothing is read and nothing shown.
 */
export function whenRelevant(activationEvents: readonly string[], subscriptions: vscode.Disposable[]): Promise<string> {
  const patterns = activationEvents
    .filter((event) => event.startsWith('workspaceContains:'))
    .map((event) => event.slice('workspaceContains:'.length));
  const names = `{${patterns.join(',')}}`;
  return new Promise((resolve) => {
    const own: vscode.Disposable[] = [];
    const found = (why: string): void => {
      for (const each of own) each.dispose();
      resolve(why);
    };
    const look = (document: vscode.TextDocument): boolean => {
      const inWorkspace = document.uri.scheme === 'file' && vscode.workspace.getWorkspaceFolder(document.uri) !== undefined;
      if (!inWorkspace || !SOON_ENOUGH.test(document.getText().slice(0, HEAD_CHARS))) return false;
      found(document.uri.path);
      return true;
    };
    if (vscode.workspace.textDocuments.some(look)) return;
    const find = (): void => {
      void vscode.workspace.findFiles(names, EXCLUDE, 1).then(([first]) => {
        if (first) found(first.path);
      });
    };
    const watcher = vscode.workspace.createFileSystemWatcher(names, false, true, true);
    own.push(
      watcher,
      watcher.onDidCreate((uri) => found(uri.path)),
      vscode.workspace.onDidOpenTextDocument(look),
      vscode.workspace.onDidSaveTextDocument(look),
      vscode.workspace.onDidChangeWorkspaceFolders(find),
    );
    subscriptions.push(...own);
    find();
  });
}
