import * as vscode from 'vscode';
import type { RunbookHitData } from '../service/protocol.ts';
import { language } from './preferences.ts';
import type { ServiceClient } from './service-client.ts';

/** A pause after the last letter. */
const TYPING_PAUSE_MS = 60;

interface RunbookItem extends vscode.QuickPickItem {
  readonly id: string;
}

/** Lets the user choose among all runbooks by title. Gives the id. */
export async function pickRunbook(client: ServiceClient): Promise<string | undefined> {
  const runbooks = await client.request('runbooks', { language: language() });
  const items = runbooks.map(({ id, title }): RunbookItem => ({ id, label: title, description: id }));
  const placeHolder = vscode.l10n.t('Which runbook?');
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.id;
}

/** Finds a runbook by what somebody sees: a pasted log line, an alert's name, a symptom in either language. Gives the id. */
export function searchRunbook(client: ServiceClient): Promise<string | undefined> {
  const picker = vscode.window.createQuickPick<RunbookItem>();
  picker.title = vscode.l10n.t('Search runbooks by symptom');
  picker.placeholder = vscode.l10n.t('Paste a log line, or type an alert, a metric or what you see');
  picker.matchOnDescription = false;
  let timer: NodeJS.Timeout | undefined;
  let asked = 0;
  const search = async (question: string): Promise<void> => {
    const own = ++asked;
    picker.busy = true;
    try {
      const hits =
        question.trim() === ''
          ? (await client.request('runbooks', { language: language() })).map(({ id, title }) => ({ id, title, reasons: [] }))
          : await client.request('searchRunbooks', { question, language: language() });
      if (own === asked) picker.items = hits.map(itemOf);
    } finally {
      if (own === asked) picker.busy = false;
    }
  };
  return new Promise((resolve) => {
    picker.onDidChangeValue((question) => {
      clearTimeout(timer);
      timer = setTimeout(() => void search(question), TYPING_PAUSE_MS);
    });
    picker.onDidAccept(() => {
      resolve(picker.selectedItems[0]?.id);
      picker.hide();
    });
    picker.onDidHide(() => {
      clearTimeout(timer);
      resolve(undefined);
      picker.dispose();
    });
    void search('');
    picker.show();
  });
}

function itemOf({ id, title, reasons }: RunbookHitData): RunbookItem {
  const [reason] = reasons;
  // VS Code would filter by the typed text; what was found is shown, whatever words it was found by.
  return { id, label: title, description: id, alwaysShow: true, ...(reason ? { detail: reasonText(reason) } : {}) };
}

function reasonText({ kind, text }: RunbookHitData['reasons'][number]): string {
  switch (kind) {
    case 'log':
      return vscode.l10n.t('log line: {0}', text);
    case 'metric':
      return vscode.l10n.t('metric: {0}', text);
    case 'alert':
      return vscode.l10n.t('alert: {0}', text);
    case 'rule':
      return vscode.l10n.t('rule: {0}', text);
    default:
      return vscode.l10n.t('words: {0}', text);
  }
}
