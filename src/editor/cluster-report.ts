import * as vscode from 'vscode';
import { diagnosisHtml } from '../report/diagnosis-html.ts';
import type { ObjectReference } from '../service/cluster-protocol.ts';
import { driftText } from './cluster-drift.ts';
import type { ClusterSession } from './cluster-session.ts';
import { COPY_COMMAND, COPY_UNDO, OPEN_OBJECT, OPEN_RUNBOOK } from './commands.ts';
import { language } from './preferences.ts';
import { scriptlessPanel } from './scriptless-panel.ts';

/** One panel for the incident report. No script runs in it; links may run only the commands named here, and none of them changes anything. */
export class ClusterReport implements vscode.Disposable {
  private readonly session: ClusterSession;
  private readonly media: vscode.Uri;
  private readonly subscription: vscode.Disposable;
  private panel: vscode.WebviewPanel | undefined;
  private wanted: string | undefined;

  constructor(session: ClusterSession, extensionUri: vscode.Uri) {
    this.session = session;
    this.media = vscode.Uri.joinPath(extensionUri, 'media');
    this.subscription = session.onChange(() => this.render());
  }

  /** What the panel shows now, for tests. */
  get html(): string | undefined {
    return this.panel?.webview.html;
  }

  /** @param runbook whose part comes first */
  open(runbook: string | undefined): void {
    if (!this.session.data) return;
    this.wanted = runbook;
    if (this.panel) this.panel.reveal(undefined, false);
    else this.panel = this.createPanel();
    this.render();
  }

  private createPanel(): vscode.WebviewPanel {
    const panel = scriptlessPanel({
      viewType: 'runbookLens.report',
      title: vscode.l10n.t('Incident report'),
      column: vscode.ViewColumn.Active,
      commands: [OPEN_RUNBOOK, OPEN_OBJECT, COPY_COMMAND, COPY_UNDO],
      media: this.media,
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
    });
    return panel;
  }

  private render(): void {
    const { data } = this.session;
    if (!this.panel || !data || this.session.running) return;
    const { webview } = this.panel;
    const style = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(this.media, name)).toString();
    const body = diagnosisHtml({
      report: data.report,
      language: language(),
      narrowed: data.narrowed,
      pictures: data.pictures,
      drift: this.session.drift.map((drift) => ({ object: drift.object, pointer: drift.pointer, text: driftText(drift) })),
      wanted: this.wanted,
      links: {
        runbook: (id) => command(OPEN_RUNBOOK, [id]),
        object: (object, pointer) => command(OPEN_OBJECT, [plain(object), pointer]),
        copy: (runbook, subject, action, which) => command(which === 'undo' ? COPY_UNDO : COPY_COMMAND, [runbook, subject, action]),
      },
    });
    const html = `<!DOCTYPE html>
<html lang="${language() === 'zh-cn' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource};">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style('reader.css')}">
<link rel="stylesheet" href="${style('report.css')}">
</head>
<body class="report">
${body}
</body>
</html>`;
    // Setting the same text again would scroll to the top.
    if (webview.html !== html) webview.html = html;
  }

  dispose(): void {
    this.subscription.dispose();
    this.panel?.dispose();
  }
}

function command(name: string, args: readonly unknown[]): string {
  return `command:${name}?${encodeURIComponent(JSON.stringify(args))}`;
}

function plain({ kind, namespace, name }: ObjectReference): ObjectReference {
  return { kind, namespace, name };
}
