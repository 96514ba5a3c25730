import * as vscode from 'vscode';
import type { ActionsData, EditsData, IgnoreData } from '../service/protocol.ts';
import { COPY_TEXT, FIX_FILE, IS_IT_LIVE, OPEN_RUNBOOK } from './commands.ts';
import { fromRange, toRange, uriIn } from './convert.ts';
import { SOURCE } from './diagnostics.ts';
import type { FindingsStore, PlacedFinding } from './findings-store.ts';
import type { ServiceClient } from './service-client.ts';
import type { PlaceInFolder, WorkspaceSync } from './workspace-sync.ts';

const { CodeActionKind } = vscode;

/** What runs on save when a user asks for it: fixes that have one possible meaning. */
export const FIX_ALL = CodeActionKind.SourceFixAll.append('runbookLens');

/** "Fix all of this rule": its edits are worked out when it is chosen. */
class FixRuleAction extends vscode.CodeAction {
  readonly rule: string;
  readonly uri: vscode.Uri;

  constructor(title: string, rule: string, uri: vscode.Uri) {
    super(title, CodeActionKind.QuickFix);
    this.rule = rule;
    this.uri = uri;
  }
}

/** Quick fixes that were tried on the engine, snippets, ways to ignore, and the runbook, in this order. */
export class CodeActions implements vscode.CodeActionProvider {
  static readonly metadata: vscode.CodeActionProviderMetadata = { providedCodeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] };
  private readonly client: ServiceClient;
  private readonly sync: WorkspaceSync;
  private readonly store: FindingsStore;

  constructor(client: ServiceClient, sync: WorkspaceSync, store: FindingsStore) {
    this.client = client;
    this.sync = sync;
    this.store = store;
  }

  async provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { only, triggerKind }: vscode.CodeActionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.CodeAction[]> {
    // On save VS Code waits for us: whoever did not ask for our kinds gets an answer at once.
    if (only && (FIX_ALL.contains(only) || only.contains(FIX_ALL))) {
      const action = await this.fixAll(document, token);
      return action ? [action] : [];
    }
    if (only && !only.intersects(CodeActionKind.QuickFix)) return [];
    const place = this.sync.placeOf(document.uri);
    const near = this.store.of(document.uri).some((finding) => toRange(finding.range).intersection(range) !== undefined);
    if (!place || (!near && triggerKind === vscode.CodeActionTriggerKind.Automatic)) return [];
    this.sync.flush(document);
    const offered = await this.client.request('actions', { folder: place.key, path: place.path, range: fromRange(range) });
    return token.isCancellationRequested ? [] : this.actionsOf(offered, place, document, range);
  }

  /** Only the edits of "fix all of this rule" wait until now. */
  async resolveCodeAction(action: vscode.CodeAction): Promise<vscode.CodeAction> {
    if (!(action instanceof FixRuleAction)) return action;
    const place = this.sync.placeOf(action.uri);
    if (!place) return action;
    const data = await this.client.request('fixAll', { folder: place.key, path: place.path, rule: action.rule });
    const edit = workspaceEdit(place, data);
    if (edit) action.edit = edit;
    return action;
  }

  /** The safe fixes of a whole file in one edit; `undefined` when there are none. */
  async fixAll(document: vscode.TextDocument, token?: vscode.CancellationToken): Promise<vscode.CodeAction | undefined> {
    const place = this.sync.placeOf(document.uri);
    if (!place || !this.store.of(document.uri).some((finding) => finding.fixable)) return undefined;
    this.sync.flush(document);
    const data = await this.client.request('fixAll', { folder: place.key, path: place.path });
    const edit = token?.isCancellationRequested || data.edits.length === 0 ? undefined : workspaceEdit(place, data);
    if (!edit) return undefined;
    const action = new vscode.CodeAction(vscode.l10n.t('Fix all findings that have a safe fix'), FIX_ALL);
    action.edit = edit;
    return action;
  }

  private actionsOf(offered: ActionsData, place: PlaceInFolder, document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const findings = this.store.of(document.uri);
    const byId = new Map(findings.map((finding) => [finding.id, finding]));
    const diagnostics = vscode.languages.getDiagnostics(document.uri).filter((diagnostic) => diagnostic.source === SOURCE);
    const about = (finding: PlacedFinding): vscode.Diagnostic[] =>
      diagnostics.filter((each) => each.message === finding.message && each.range.isEqual(toRange(finding.range)));
    const actions: vscode.CodeAction[] = [];
    const add = (action: vscode.CodeAction, finding: PlacedFinding | undefined): void => {
      if (finding) action.diagnostics = about(finding);
      actions.push(action);
    };

    for (const fix of offered.fixes) {
      const edit = workspaceEdit(place, fix);
      if (!edit) continue;
      const action = new vscode.CodeAction(fix.title, CodeActionKind.QuickFix);
      action.edit = edit;
      action.isPreferred = fix.safety === 'safe' && offered.fixes.filter((other) => other.finding === fix.finding).length === 1;
      add(action, byId.get(fix.finding));
    }
    for (const rule of new Set(offered.fixes.flatMap((fix) => byId.get(fix.finding)?.rule ?? []))) {
      const alike = findings.filter((finding) => finding.rule === rule && finding.fixable);
      if (alike.length > 1) {
        actions.push(new FixRuleAction(vscode.l10n.t('Fix all {0} of {1} in this file', alike.length, rule), rule, document.uri));
      }
    }
    for (const snippet of offered.snippets) {
      const action = new vscode.CodeAction(vscode.l10n.t('Copy what to paste: {0}', snippet.reason), CodeActionKind.QuickFix);
      action.command = { command: COPY_TEXT, title: action.title, arguments: [snippet.text] };
      add(action, byId.get(snippet.finding));
    }
    const here = findings.filter((finding) => toRange(finding.range).intersection(range) !== undefined);
    for (const runbook of new Set(here.map((finding) => finding.runbook).filter((id) => id !== ''))) {
      const action = new vscode.CodeAction(vscode.l10n.t('Open the runbook {0}', runbook.replace(/#.*$/, '')), CodeActionKind.QuickFix);
      action.command = { command: OPEN_RUNBOOK, title: action.title, arguments: [runbook] };
      add(
        action,
        here.find((finding) => finding.runbook === runbook),
      );
    }
    for (const finding of vscode.workspace.isTrusted ? here.filter(({ runbook }) => runbook !== '') : []) {
      const action = new vscode.CodeAction(vscode.l10n.t('Is this live in the cluster? ({0})', finding.rule), CodeActionKind.QuickFix);
      action.command = { command: IS_IT_LIVE, title: action.title, arguments: [finding.folder.toString(), finding.id] };
      add(action, finding);
    }
    for (const ignore of offered.ignores) {
      const finding = byId.get(ignore.finding);
      const edit = finding && ignoreEdit(place, ignore);
      if (!finding || !edit) continue;
      const action = new vscode.CodeAction(ignoreTitle(ignore.scope, finding.rule), CodeActionKind.QuickFix);
      action.edit = edit;
      add(action, finding);
    }
    return actions;
  }
}

function ignoreTitle(scope: IgnoreData['scope'], rule: string): string {
  switch (scope) {
    case 'next-line':
      return vscode.l10n.t('Ignore {0} on this line', rule);
    case 'file':
      return vscode.l10n.t('Ignore {0} in this file', rule);
    case 'object':
      return vscode.l10n.t('Ignore {0} for this Kubernetes object', rule);
  }
}

/** `undefined` when a document has changed since the edits were made for it: they would hit another text. */
export function workspaceEdit(place: PlaceInFolder, data: EditsData): vscode.WorkspaceEdit | undefined {
  if (!areCurrent(place, data)) return undefined;
  const edit = new vscode.WorkspaceEdit();
  for (const { path, text } of data.creates) {
    edit.createFile(uriIn(place.folder, path), { overwrite: false, contents: new TextEncoder().encode(text) });
  }
  for (const { path, range, newText } of data.edits) edit.replace(uriIn(place.folder, path), toRange(range), newText);
  return edit;
}

/** As `workspaceEdit`, with the place for a reason selected. */
function ignoreEdit(place: PlaceInFolder, data: IgnoreData): vscode.WorkspaceEdit | undefined {
  const [first] = data.edits;
  if (!data.reason || !first || data.edits.length > 1) return workspaceEdit(place, data);
  if (!areCurrent(place, data)) return undefined;
  const escaped = (text: string): string => text.replace(/[\\$}]/g, '\\$&');
  const { start, end } = data.reason;
  const { newText } = first;
  const snippet = new vscode.SnippetString(
    `${escaped(newText.slice(0, start))}\${1:${escaped(newText.slice(start, end))}}${escaped(newText.slice(end))}`,
  );
  const edit = new vscode.WorkspaceEdit();
  const textEdit = new vscode.SnippetTextEdit(toRange(first.range), snippet);
  // The line brings its own indentation.
  Object.assign(textEdit, { keepWhitespace: true });
  edit.set(uriIn(place.folder, first.path), [textEdit]);
  return edit;
}

function areCurrent(place: PlaceInFolder, { versions, edits }: EditsData): boolean {
  const known = new Map(versions.map(({ path, version }) => [path, version]));
  const open = new Map(vscode.workspace.textDocuments.map((document) => [document.uri.toString(), document]));
  return edits.every(({ path }) => {
    const document = open.get(uriIn(place.folder, path).toString());
    const version = known.get(path);
    return version === undefined ? document?.isDirty !== true : document?.version === version;
  });
}

/** The lightbulb, and the command that does what saving does. */
export function registerCodeActions(client: ServiceClient, sync: WorkspaceSync, store: FindingsStore): vscode.Disposable {
  const actions = new CodeActions(client, sync, store);
  return vscode.Disposable.from(
    vscode.languages.registerCodeActionsProvider({ scheme: 'file' }, actions, CodeActions.metadata),
    vscode.commands.registerCommand(FIX_FILE, async () => {
      const document = vscode.window.activeTextEditor?.document;
      const action = document && (await actions.fixAll(document));
      if (action?.edit) await vscode.workspace.applyEdit(action.edit);
      else vscode.window.setStatusBarMessage(vscode.l10n.t('Runbook Lens: nothing here has a safe fix'), 4000);
    }),
    vscode.commands.registerCommand(COPY_TEXT, async (text: unknown) => {
      if (typeof text !== 'string') return;
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(vscode.l10n.t('Copied'), 2000);
    }),
  );
}
