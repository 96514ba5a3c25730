import * as vscode from 'vscode';

export interface PanelOptions {
  readonly viewType: string;
  readonly title: string;
  readonly column: vscode.ViewColumn;
  /** The only commands that its links may run. */
  readonly commands: readonly string[];
  /** Holds its style sheets and icons. */
  readonly media: vscode.Uri;
}

/** A page in the editor in which no script runs. */
export function scriptlessPanel({ viewType, title, column, commands, media }: PanelOptions): vscode.WebviewPanel {
  const panel = vscode.window.createWebviewPanel(viewType, title, column, {
    enableScripts: false,
    enableCommandUris: commands,
    enableFindWidget: true,
    localResourceRoots: [media],
  });
  panel.iconPath = { light: vscode.Uri.joinPath(media, 'book-light.svg'), dark: vscode.Uri.joinPath(media, 'book-dark.svg') };
  return panel;
}
