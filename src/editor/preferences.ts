import * as vscode from 'vscode';
import { SEVERITIES } from '../linters/rule.ts';
import type { FolderSettings, Language } from '../service/protocol.ts';

const SECTION = 'runbookLens';

/** The user's settings. */
export function folderSettings(scope?: vscode.Uri): FolderSettings {
  const settings = vscode.workspace.getConfiguration(SECTION, scope);
  const severity = settings.get<string>('severity');
  return {
    language: language(scope),
    preview: settings.get<boolean>('preview') === true,
    severity: SEVERITIES.find((name) => name === severity) ?? 'hint',
  };
}

/** The language of findings and runbooks: as set, else the one that VS Code speaks. */
export function language(scope?: vscode.Uri): Language {
  const wanted = vscode.workspace.getConfiguration(SECTION, scope).get<string>('lang');
  if (wanted === 'en' || wanted === 'zh-cn') return wanted;
  return /^zh\b/i.test(vscode.env.language) ? 'zh-cn' : 'en';
}

export function wantsCodeLenses(scope: vscode.Uri): boolean {
  return vscode.workspace.getConfiguration(SECTION, scope).get<boolean>('codeLens') !== false;
}

export function isOurs(change: vscode.ConfigurationChangeEvent): boolean {
  return change.affectsConfiguration(SECTION);
}
