import * as vscode from 'vscode';
import type { Language, RunbookPageData } from '../service/protocol.ts';
import type { ClusterSession } from './cluster-session.ts';
import { COPY_FENCE, OPEN_REPORT, OPEN_RUNBOOK, REVEAL, SHOW_RULE } from './commands.ts';
import { type FindingsStore, type PlacedFinding, worstFirst } from './findings-store.ts';
import { isOurs, language } from './preferences.ts';
import { runbookOf } from './runbook-badges.ts';
import { pickRunbook } from './runbook-picker.ts';
import { readerHtml } from './reader-html.ts';
import { scriptlessPanel } from './scriptless-panel.ts';
import type { ServiceClient } from './service-client.ts';

/** One panel for all runbooks, beside the code. No script runs in it; links may run only the commands named here. */
export class RunbookReader implements vscode.Disposable {
  private readonly client: ServiceClient;
  private readonly store: FindingsStore;
  private readonly session: ClusterSession;
  private readonly media: vscode.Uri;
  private panel: vscode.WebviewPanel | undefined;
  private shown: { readonly page: RunbookPageData; readonly anchor: string | undefined } | undefined;
  private readonly subscriptions: vscode.Disposable[] = [];

  constructor(client: ServiceClient, store: FindingsStore, session: ClusterSession, extensionUri: vscode.Uri) {
    this.client = client;
    this.store = store;
    this.session = session;
    this.media = vscode.Uri.joinPath(extensionUri, 'media');
    this.subscriptions.push(
      store.onChange(() => this.render()),
      session.onChange(() => this.render()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (isOurs(change) && this.shown) void this.open(this.shown.page.id);
      }),
      vscode.commands.registerCommand(OPEN_RUNBOOK, async (id?: unknown, wanted?: unknown) => {
        // From a tree's context menu the argument is the node.
        const given = typeof id === 'string' ? id : idOfNode(id);
        const chosen = given ?? (await pickRunbook(client));
        if (chosen !== undefined) await this.open(chosen, wanted === 'en' || wanted === 'zh-cn' ? wanted : language());
      }),
      vscode.commands.registerCommand(COPY_FENCE, (id: unknown, wanted: unknown, index: unknown) => this.copyFence(id, wanted, index)),
    );
  }

  /** What the panel shows now, for tests. */
  get html(): string | undefined {
    return this.panel?.webview.html;
  }

  async open(given: string, wanted: Language = language()): Promise<void> {
    const page = await this.client.request('runbook', { id: given, language: wanted });
    if (!page) {
      vscode.window.setStatusBarMessage(vscode.l10n.t('Runbook Lens: there is no runbook {0}', given), 5000);
      return;
    }
    const hash = given.indexOf('#');
    this.shown = { page, anchor: hash < 0 ? undefined : given.slice(hash + 1) };
    if (this.panel) this.panel.reveal(undefined, false);
    else this.panel = this.createPanel();
    this.render();
  }

  private createPanel(): vscode.WebviewPanel {
    const panel = scriptlessPanel({
      viewType: 'runbookLens.reader',
      title: 'Runbook',
      column: vscode.window.activeTextEditor ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active,
      commands: [OPEN_RUNBOOK, COPY_FENCE, REVEAL, SHOW_RULE, OPEN_REPORT],
      media: this.media,
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.shown = undefined;
    });
    return panel;
  }

  private render(): void {
    if (!this.panel || !this.shown) return;
    const { webview } = this.panel;
    const { page, anchor } = this.shown;
    const html = readerHtml({
      page,
      findings: this.findingsOf(page),
      findingsLanguage: language(),
      verdict: this.session.incident(page.id)?.verdict,
      anchor,
      cspSource: webview.cspSource,
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(this.media, 'reader.css')).toString(),
    });
    this.panel.title = page.title;
    // Setting the same text again would scroll to the top.
    if (webview.html !== html) webview.html = html;
  }

  private findingsOf(page: RunbookPageData): PlacedFinding[] {
    const about = (finding: PlacedFinding): boolean => runbookOf(finding) === page.id || page.rules.includes(finding.rule);
    return this.store.all().filter(about).sort(worstFirst);
  }

  private async copyFence(id: unknown, wanted: unknown, index: unknown): Promise<void> {
    if (typeof id !== 'string' || typeof index !== 'number') return;
    const page = await this.client.request('runbook', { id, language: wanted === 'zh-cn' ? 'zh-cn' : 'en' });
    const text = page?.fences[index];
    if (text === undefined) return;
    await vscode.env.clipboard.writeText(text);
    vscode.window.setStatusBarMessage(vscode.l10n.t('Copied'), 2000);
  }

  dispose(): void {
    this.panel?.dispose();
    for (const each of this.subscriptions) each.dispose();
  }
}

function idOfNode(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  if ('runbook' in node && typeof node.runbook === 'object' && node.runbook !== null && 'id' in node.runbook)
    return String(node.runbook.id);
  if ('finding' in node && typeof node.finding === 'object' && node.finding !== null && 'runbook' in node.finding) {
    return String(node.finding.runbook);
  }
  if ('incident' in node && typeof node.incident === 'object' && node.incident !== null && 'runbook' in node.incident) {
    return String(node.incident.runbook);
  }
  return 'id' in node && typeof node.id === 'string' ? node.id : undefined;
}
