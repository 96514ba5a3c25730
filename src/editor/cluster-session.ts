import * as vscode from 'vscode';
import type { IncidentReport } from '../report/diagnosis-report.ts';
import type {
  DiagnoseParams,
  DiagnosisAnswer,
  DiagnosisData,
  DiagnosisSettings,
  FolderDrift,
  FolderManifests,
  Progress,
} from '../service/cluster-protocol.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { FindingsStore, PlacedFinding } from './findings-store.ts';
import { folderSettings, isOurs } from './preferences.ts';
import type { ServiceClient } from './service-client.ts';

const VIEW = 'runbookLens.cluster';
/** After files or findings have changed. */
const DRIFT_PAUSE_MS = 1000;

export interface Running {
  /** Context, or the path of what is opened. */
  readonly subject: string;
  /** By step and resource, in the order in which they were first heard of. */
  readonly progress: ReadonlyMap<string, Progress>;
}

/** What was asked about a finding in a file, and the answer; without drift the finding is not there any more. */
export interface Asked {
  readonly finding: PlacedFinding;
  readonly drift: FolderDrift | undefined;
}

/** The one diagnosis of the window: what runs, what came of the last one, and how the files compare with it. */
export class ClusterSession implements vscode.Disposable {
  private readonly client: ClusterClient;
  private readonly files: ServiceClient;
  private readonly log: vscode.LogOutputChannel;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [];
  private progress = new Map<string, Progress>();
  private subject: string | undefined;
  private last: DiagnosisData | undefined;
  private said: string | undefined;
  private wrong: string | undefined;
  private compared: readonly FolderDrift[] = [];
  private question: Asked | undefined;
  private driftTimer: NodeJS.Timeout | undefined;
  private runs = 0;
  readonly onChange = this.changed.event;

  constructor(client: ClusterClient, files: ServiceClient, store: FindingsStore, log: vscode.LogOutputChannel) {
    this.client = client;
    this.files = files;
    this.log = log;
    this.subscriptions.push(
      client.onProgress((progress) => {
        if (this.subject === undefined) return;
        this.progress.set(`${progress.step} ${progress.resource}`, progress);
        this.changed.fire();
      }),
      client.onPlugin((text) => {
        this.said = text.trim().slice(-500);
        this.changed.fire();
      }),
      store.onChange(() => this.compareSoon()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (isOurs(change) && this.last && this.subject === undefined) void this.again();
      }),
    );
  }

  get running(): Running | undefined {
    return this.subject === undefined ? undefined : { subject: this.subject, progress: this.progress };
  }

  get data(): DiagnosisData | undefined {
    return this.last;
  }

  /** Why the last attempt gave nothing. */
  get failure(): string | undefined {
    return this.wrong;
  }

  /** A line for the user: a login that waits, or that somebody ended the reading. */
  get message(): string | undefined {
    return this.said;
  }

  get drift(): readonly FolderDrift[] {
    return this.compared.filter(({ state }) => state === 'fixed-in-files' || state === 'fixed-in-cluster');
  }

  get asked(): Asked | undefined {
    return this.question;
  }

  incident(runbook: string): IncidentReport | undefined {
    return this.last?.report.incidents.find((incident) => incident.runbook === runbook);
  }

  /** Reads a cluster. Gives whether there is something new to show. */
  diagnose(params: Omit<DiagnoseParams, keyof DiagnosisSettings>, subject: string): Promise<boolean> {
    if (!vscode.workspace.isTrusted) {
      this.fail(vscode.l10n.t('Cluster commands are off in Restricted Mode: a kubeconfig can run programs.'));
      return Promise.resolve(false);
    }
    return this.run(subject, () => this.client.request('diagnose', { ...params, ...settings() }));
  }

  /** Reads a saved snapshot or kubectl's files. Runs nothing and asks nobody. */
  open(path: string): Promise<boolean> {
    return this.run(path, () => this.client.request('open', { ...settings(), path }));
  }

  stop(): void {
    void this.client.request('stop', {});
  }

  private async run(subject: string, work: () => Promise<DiagnosisAnswer>): Promise<boolean> {
    if (this.subject !== undefined) this.stop();
    const own = ++this.runs;
    this.progress = new Map();
    this.subject = subject;
    this.said = undefined;
    this.wrong = undefined;
    void vscode.commands.executeCommand('setContext', 'runbookLens.clusterUsed', true);
    void vscode.commands.executeCommand('setContext', 'runbookLens.diagnosing', true);
    this.changed.fire();
    const answer = await vscode.window.withProgress({ location: { viewId: VIEW } }, async (): Promise<DiagnosisAnswer> => {
      try {
        return await work();
      } catch (error) {
        return { is: 'failed', message: error instanceof Error ? error.message : String(error) };
      }
    });
    // A later run has taken its place.
    if (own !== this.runs) return false;
    this.subject = undefined;
    this.said = undefined;
    await vscode.commands.executeCommand('setContext', 'runbookLens.diagnosing', false);
    return this.take(answer);
  }

  private take(answer: DiagnosisAnswer): boolean {
    switch (answer.is) {
      case 'done':
        this.last = answer.data;
        this.question = undefined;
        this.compared = [];
        void vscode.commands.executeCommand('setContext', 'runbookLens.diagnosed', true);
        this.logOutcome(answer.data);
        this.changed.fire();
        void this.compare();
        return true;
      case 'failed':
        this.fail(answer.message);
        return false;
      case 'stopped':
        this.said = vscode.l10n.t('Stopped. What is shown was there before.');
        if (!this.last) this.said = vscode.l10n.t('Stopped.');
        this.changed.fire();
        return false;
    }
  }

  private fail(message: string): void {
    this.log.error(message);
    this.wrong = message;
    void vscode.commands.executeCommand('setContext', 'runbookLens.clusterUsed', true);
    this.changed.fire();
  }

  private logOutcome({ report }: DiagnosisData): void {
    const { requests, cluster } = report;
    const verdicts = report.incidents.map(({ runbook, verdict }) => `${runbook} ${verdict}`).join(', ');
    this.log.info(
      `${cluster.server}: ${cluster.objects} objects, ${cluster.pods} pods, ${requests.count} requests, ${requests.durationMs} ms`,
    );
    this.log.info(verdicts);
  }

  /** The same snapshot in another language, or with other settings. */
  private async again(): Promise<void> {
    const answer = await this.client.request('again', settings());
    if (answer.is === 'done' && this.subject === undefined) this.take(answer);
  }

  private compareSoon(): void {
    if (!this.last) return;
    clearTimeout(this.driftTimer);
    this.driftTimer = setTimeout(() => void this.compare(), DRIFT_PAUSE_MS);
  }

  /** Compares the files of all folders with the cluster. */
  async compare(): Promise<void> {
    const { last } = this;
    const open = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    if (!last || open.length === 0) return;
    const folders = await Promise.all(open.map(({ uri }) => this.manifestsOf(uri, last.wanted)));
    const compared = await this.client.request('drift', { folders: folders.flat() });
    if (this.last !== last) return;
    this.compared = compared;
    this.changed.fire();
  }

  /** None of a folder that the engine has not opened, because no file in it concerns us. */
  private async manifestsOf(uri: vscode.Uri, wanted: readonly string[]): Promise<FolderManifests[]> {
    const folder = uri.toString();
    try {
      const manifests = await this.files.request('manifests', { folder, wanted });
      return [{ folder, manifests, ...(vscode.workspace.isTrusted ? { root: uri.fsPath } : {}) }];
    } catch (error) {
      this.log.debug(`not compared with the cluster: ${String(error)}`);
      return [];
    }
  }

  /** Whether a finding in a file is in the cluster too. */
  async ask(finding: PlacedFinding): Promise<Asked> {
    await this.compare();
    const folder = finding.folder.toString();
    const answers = this.compared.filter((one) => one.folder === folder && one.finding === finding.id);
    // One finding may be about several objects: what is live there comes first.
    const drift = answers.find(({ state }) => state === 'both') ?? answers[0];
    this.question = { finding, drift };
    this.changed.fire();
    return this.question;
  }

  dispose(): void {
    clearTimeout(this.driftTimer);
    for (const each of this.subscriptions) each.dispose();
    this.changed.dispose();
  }
}

/** The configuration of the first folder counts for the cluster. */
function settings(): DiagnosisSettings {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
  const { language, preview } = folderSettings(folder?.uri);
  return { language, preview, ...(folder ? { root: folder.uri.fsPath } : {}) };
}
