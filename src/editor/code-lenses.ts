import * as vscode from 'vscode';
import { OPEN_RUNBOOK } from './commands.ts';
import { toRange } from './convert.ts';
import type { FindingsStore } from './findings-store.ts';
import { isOurs, wantsCodeLenses } from './preferences.ts';
import type { ServiceClient } from './service-client.ts';
import type { WorkspaceSync } from './workspace-sync.ts';

/** Numbers that tell the story, above the lines that make them: what a credential's life or a worker's memory comes to. */
export function registerCodeLenses(client: ServiceClient, sync: WorkspaceSync, store: FindingsStore): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    store.onChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (isOurs(change)) changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(
      { scheme: 'file' },
      {
        onDidChangeCodeLenses: changed.event,
        async provideCodeLenses(document) {
          const place = sync.placeOf(document.uri);
          if (!place || !wantsCodeLenses(document.uri)) return [];
          sync.flush(document);
          const lenses = await client.request('lenses', { folder: place.key, path: place.path });
          return lenses.map(({ range, text, runbook }) => {
            const command = runbook === '' ? { title: text, command: '' } : { title: text, command: OPEN_RUNBOOK, arguments: [runbook] };
            return new vscode.CodeLens(toRange(range), command);
          });
        },
      },
    ),
  );
}
