import * as vscode from 'vscode';
import type { RunbookData } from '../service/protocol.ts';
import { isOurs, language } from './preferences.ts';
import type { ServiceClient } from './service-client.ts';

/** Titles of all runbooks in the user's language; asked of the service once. */
export class RunbookCatalogue implements vscode.Disposable {
  private readonly client: ServiceClient;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscription: vscode.Disposable;
  private loading: Promise<readonly RunbookData[]> | undefined;
  private runbooks: readonly RunbookData[] = [];
  readonly onChange = this.changed.event;

  constructor(client: ServiceClient) {
    this.client = client;
    this.subscription = vscode.workspace.onDidChangeConfiguration((change) => {
      if (isOurs(change)) this.forget();
    });
  }

  async load(): Promise<readonly RunbookData[]> {
    this.loading ??= this.client.request('runbooks', { language: language() });
    this.runbooks = await this.loading;
    return this.runbooks;
  }

  forget(): void {
    this.loading = undefined;
    this.changed.fire();
  }

  /** The id itself for as long as the titles are not there, and for a runbook that there is not. */
  titleOf(id: string): string {
    return this.runbooks.find((runbook) => runbook.id === id)?.title ?? id;
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }
}
