import * as vscode from 'vscode';
import { fromPosition } from './convert.ts';
import type { ServiceClient } from './service-client.ts';
import type { WorkspaceSync } from './workspace-sync.ts';

/** It completes from our schema, and better than we do. */
const YAML_EXTENSION = 'redhat.vscode-yaml';

/** Keys, rule ids and values of `.runbook-lens.yaml`, where no YAML extension is there to read our schema. */
export function registerConfigurationCompletion(client: ServiceClient, sync: WorkspaceSync): vscode.Disposable {
  return vscode.languages.registerCompletionItemProvider(
    { scheme: 'file', pattern: '**/.runbook-lens.yaml' },
    {
      async provideCompletionItems(document, position) {
        const place = sync.placeOf(document.uri);
        if (!place || vscode.extensions.getExtension(YAML_EXTENSION)) return [];
        const found = await client.request('complete', { folder: place.key, text: document.getText(), position: fromPosition(position) });
        const word = document.getWordRangeAtPosition(position, /[\w./-]+/) ?? new vscode.Range(position, position);
        return found.map(({ label, detail, documentation, insert, kind }) => {
          const item = new vscode.CompletionItem(
            label,
            kind === 'key' ? vscode.CompletionItemKind.Property : vscode.CompletionItemKind.Value,
          );
          item.detail = detail;
          item.documentation = documentation;
          item.insertText = insert;
          item.range = word;
          return item;
        });
      },
    },
    '/',
    ' ',
  );
}
