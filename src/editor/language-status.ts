import * as vscode from 'vscode';
import { CHECK_AGAIN, SHOW_LOG, SHOW_NOTICES, STOP_READING } from './commands.ts';
import type { FindingsStore } from './findings-store.ts';
import { countText } from './runbook-badges.ts';
import type { ServiceClient } from './service-client.ts';

/** Whether the workspace was judged as a whole, and what was not: beside the language of the open file. */
export function registerLanguageStatus(client: ServiceClient, store: FindingsStore): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('runbookLens.status', [
    { scheme: 'file', pattern: '**/*.{yaml,yml,json,conf,env,properties,toml,xml,gradle,kts,tf,tpl,sh,service}' },
    { scheme: 'file', pattern: '**/{Dockerfile*,*.dockerfile,Containerfile*,Procfile,go.mod}' },
    ...['go', 'java', 'python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact'].map((id) => ({
      scheme: 'file',
      language: id,
    })),
  ]);
  item.name = 'Runbook Lens';
  item.busy = true;
  item.text = vscode.l10n.t('Reading the workspace…');
  const reading = new ReadingProgress();
  const show = (): void => {
    const all = store.all();
    const notices = store.notices();
    item.busy = false;
    reading.end();
    if (store.isStopped()) {
      item.text = vscode.l10n.t('Reading was stopped');
      item.detail = vscode.l10n.t('Runbook Lens: findings may be out of date');
      item.severity = vscode.LanguageStatusSeverity.Warning;
      item.command = { command: CHECK_AGAIN, title: vscode.l10n.t('Check again') };
      return;
    }
    item.text = all.length === 0 ? vscode.l10n.t('No findings') : countText(all.length);
    item.severity = vscode.LanguageStatusSeverity.Information;
    if (notices.length === 0) {
      item.detail = vscode.l10n.t('Runbook Lens: the whole workspace was checked');
      item.command = { command: 'runbookLens.findings.focus', title: vscode.l10n.t('Show') };
    } else {
      item.detail = vscode.l10n.t('Runbook Lens: {0} files were checked in part', new Set(notices.map(({ path }) => path)).size);
      item.command = { command: SHOW_NOTICES, title: vscode.l10n.t('Which?') };
    }
  };
  return vscode.Disposable.from(
    item,
    store.onChange(show),
    client.onProgress(({ files }) => {
      item.busy = true;
      item.text = vscode.l10n.t('Reading the workspace: {0} files…', files);
      item.detail = undefined;
      item.command = { command: STOP_READING, title: vscode.l10n.t('Stop') };
      reading.begin();
    }),
    client.onDeath(() => {
      item.busy = false;
      reading.end();
      item.severity = vscode.LanguageStatusSeverity.Error;
      item.text = vscode.l10n.t('The engine stopped');
      item.command = { command: SHOW_LOG, title: vscode.l10n.t('Show the log') };
    }),
    reading,
    vscode.commands.registerCommand(STOP_READING, () => client.stopReading()),
    vscode.commands.registerCommand(SHOW_NOTICES, () => showNotices(store)),
  );
}

/** The bar on the Findings view, and the button that ends the reading, for as long as a folder is read. */
class ReadingProgress implements vscode.Disposable {
  private finish: (() => void) | undefined;

  begin(): void {
    if (this.finish) return;
    const done = new Promise<void>((resolve) => {
      this.finish = resolve;
    });
    void vscode.window.withProgress({ location: { viewId: 'runbookLens.findings' } }, () => done);
    void vscode.commands.executeCommand('setContext', 'runbookLens.reading', true);
  }

  end(): void {
    if (!this.finish) return;
    this.finish();
    this.finish = undefined;
    void vscode.commands.executeCommand('setContext', 'runbookLens.reading', false);
  }

  dispose(): void {
    this.end();
  }
}

async function showNotices(store: FindingsStore): Promise<void> {
  const items = store.notices().map(({ path, message, uri }) => ({ label: path, detail: message, uri }));
  const placeHolder = vscode.l10n.t('These files were not checked, or only in part: what they hold counts as unknown');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen) await vscode.window.showTextDocument(chosen.uri);
}
