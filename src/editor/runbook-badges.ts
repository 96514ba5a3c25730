import * as vscode from 'vscode';
import type { FindingsStore, PlacedFinding } from './findings-store.ts';

const SCHEME = 'runbook-lens';
/** A badge holds two characters. */
const MOST = 99;

/** Stands for a runbook in a tree, so that its row gets a badge. */
export function runbookUri(id: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/${id}` });
}

/** The runbook that a finding leads to, without the heading. */
export function runbookOf(finding: PlacedFinding): string {
  return finding.runbook.replace(/#.*$/, '');
}

/** "3 findings" */
export function countText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 finding') : vscode.l10n.t('{0} findings', count);
}

/** How many findings in this workspace lead to a runbook, at the end of its row: a long title can't push it out of sight. */
export function registerRunbookBadges(store: FindingsStore): vscode.Disposable {
  const changed = new vscode.EventEmitter<undefined>();
  return vscode.Disposable.from(
    changed,
    store.onChange(() => changed.fire(undefined)),
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changed.event,
      provideFileDecoration(uri) {
        if (uri.scheme !== SCHEME) return undefined;
        const count = store.all().filter((finding) => `/${runbookOf(finding)}` === uri.path).length;
        if (count === 0) return undefined;
        return new vscode.FileDecoration(String(Math.min(count, MOST)), countText(count));
      },
    }),
  );
}
