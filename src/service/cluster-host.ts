import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Configuration } from '../configuration/configuration.ts';
import { CONFIGURATION_FILE } from '../configuration/load.ts';
import { compareDrift, type LiveSide } from '../diagnosis/drift.ts';
import { liveObject } from '../diagnosis/live-object.ts';
import { PROBES } from '../linters/probes.ts';
import { diagnosisMarkdown } from '../report/diagnosis-markdown.ts';
import { diagnosisPictures } from '../report/diagnosis-pictures.ts';
import { messageText } from '../report/message.ts';
import type { Language } from '../runbooks/types.ts';
import { snapshotText } from '../snapshot/save.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { decodeText } from '../workspace/decode.ts';
import type {
  ClusterMessage,
  ClusterRequestMessage,
  ClusterRequests,
  DiagnoseParams,
  DiagnosisAnswer,
  DiagnosisSettings,
  FolderDrift,
  FolderManifests,
} from './cluster-protocol.ts';
import { readConfiguration } from './engine-setup.ts';
import { changeTimes } from './file-times.ts';
import { followUpOf, type Judged, judgeSnapshot, NEEDS, type ReportSettings, reportOf } from './incident-report.ts';
import { objectText } from './object-text.ts';
import { productVersion } from './product.ts';
import { readSavedCluster } from './saved-cluster.ts';

/** Between two messages on the same resource. */
const PROGRESS_EVERY_MS = 80;

interface Held extends Judged {
  readonly snapshot: Snapshot;
  readonly from: string;
  readonly skipped: number;
}

/**
 * Answers the editor's questions about a cluster, in a thread of its own: reading and judging ten thousand pods takes seconds of work in which nobody
 * else must wait. Holds the last snapshot; it is written to disk only when asked for.
 */
export class ClusterHost {
  private readonly send: (message: ClusterMessage) => void;
  private readonly toldAt = new Map<string, number>();
  private held: Held | undefined;
  private running: AbortController | undefined;

  constructor(send: (message: ClusterMessage) => void) {
    this.send = send;
  }

  async receive(message: ClusterRequestMessage): Promise<void> {
    const { id } = message;
    try {
      this.send({ kind: 'answer', id, result: await this.answer(message) });
    } catch (error) {
      this.send({ kind: 'failure', id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  private async answer({ name, params }: ClusterRequestMessage): Promise<unknown> {
    switch (name) {
      case 'contexts':
        return this.contexts(params.language);
      case 'diagnose':
        return this.diagnose(params);
      case 'open':
        return this.open(params);
      case 'again':
        return this.again(params);
      case 'object':
        return this.held && objectText(liveObject(this.held.snapshot, params.object), params.pointer);
      case 'text':
        return this.text(params);
      case 'save':
        return this.save(params.path);
      case 'drift':
        return this.drift(params.folders);
      case 'stop':
        this.running?.abort();
        return undefined;
    }
  }

  private async contexts(language: Language): Promise<ClusterRequests['contexts']['result']> {
    const { readContexts } = await import('../cluster/cluster.ts');
    const read = readContexts({});
    return read.ok ? read.value : { message: messageText(read.error.message, read.error.data, language) };
  }

  private async diagnose(params: DiagnoseParams): Promise<DiagnosisAnswer> {
    this.running?.abort();
    const cancel = new AbortController();
    this.running = cancel;
    this.toldAt.clear();
    const judging = settingsOf(params);
    const { openCluster } = await import('../cluster/cluster.ts');
    const opened = await openCluster({
      version: productVersion(),
      signal: cancel.signal,
      onPluginOutput: (text) => this.send({ kind: 'plugin', text }),
      ...(params.context === undefined ? {} : { context: params.context }),
    });
    if (cancel.signal.aborted) {
      if (opened.ok) opened.value.close();
      return { is: 'stopped' };
    }
    if (!opened.ok) return { is: 'failed', message: messageText(opened.error.message, opened.error.data, params.language) };
    try {
      const snapshot = await opened.value.collect({
        scope: params.scope,
        needs: NEEDS,
        deep: params.deep,
        signal: cancel.signal,
        onProgress: (progress) => this.tell(progress),
        followUp: (soFar) => followUpOf(soFar, judging),
        ...(params.observeMs === undefined ? {} : { observeMs: params.observeMs }),
      });
      return cancel.signal.aborted ? { is: 'stopped' } : this.hold(snapshot, judging, '', 0);
    } finally {
      opened.value.close();
      if (this.running === cancel) this.running = undefined;
    }
  }

  private tell(progress: Extract<ClusterMessage, { kind: 'progress' }>['progress']): void {
    const key = `${progress.step} ${progress.resource}`;
    const now = performance.now();
    if (!progress.done && now - (this.toldAt.get(key) ?? Number.NEGATIVE_INFINITY) < PROGRESS_EVERY_MS) return;
    this.toldAt.set(key, now);
    this.send({ kind: 'progress', progress });
  }

  private async open(params: ClusterRequests['open']['params']): Promise<DiagnosisAnswer> {
    this.running?.abort();
    const cancel = new AbortController();
    this.running = cancel;
    const judging = settingsOf(params);
    const saved = await readSavedCluster(params.path, (soFar) => followUpOf(soFar, judging));
    if (cancel.signal.aborted) return { is: 'stopped' };
    this.running = undefined;
    if ('error' in saved) return { is: 'failed', message: messageText(saved.error.message, saved.error.data, params.language) };
    return this.hold(saved.snapshot, judging, params.path, saved.skipped.length);
  }

  private again(settings: DiagnosisSettings): DiagnosisAnswer {
    return this.held ? this.hold(this.held.snapshot, settingsOf(settings), this.held.from, this.held.skipped) : { is: 'stopped' };
  }

  private hold(snapshot: Snapshot, judging: ReportSettings, from: string, skipped: number): DiagnosisAnswer {
    const judged = judgeSnapshot(snapshot, judging);
    this.held = { ...judged, snapshot, from, skipped };
    const report = reportOf(judged, judging.language);
    const wanted = new Set(judged.diagnosis.findings.map(({ object }) => `${object.kind}/${object.name}`));
    const data = {
      report,
      narrowed: snapshot.cluster.narrowed === true,
      from,
      skipped,
      pictures: diagnosisPictures(report, snapshot, judging.language),
      wanted: [...wanted],
      namespaces: namespacesOf(snapshot),
    };
    return { is: 'done', data };
  }

  private text({ format, language }: ClusterRequests['text']['params']): string {
    if (!this.held) throw new Error('nothing was diagnosed');
    const report = reportOf(this.held, language);
    return format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : diagnosisMarkdown(report, language);
  }

  private async save(path: string): Promise<undefined> {
    if (!this.held) throw new Error('nothing was diagnosed');
    await writeFile(path, snapshotText(this.held.snapshot), { mode: 0o600 });
  }

  /** Times are looked up only where they tell something. */
  private async drift(folders: readonly FolderManifests[]): Promise<readonly FolderDrift[]> {
    const { held } = this;
    if (!held) return [];
    const live: LiveSide = { snapshot: held.snapshot, findings: held.diagnosis.findings, notInCluster: NOT_IN_CLUSTER };
    const all = folders.map(async ({ folder, root, manifests }) => {
      const first = compareDrift(manifests, live, () => undefined);
      const paths = first.filter(({ state }) => state.startsWith('fixed-')).map(({ path }) => path);
      const times = root === undefined ? new Map<string, string>() : await changeTimes(root, paths);
      return compareDrift(manifests, live, (path) => times.get(path)).map((one) => ({ ...one, folder }));
    });
    return (await Promise.all(all)).flat();
  }
}

const NOT_IN_CLUSTER: ReadonlySet<string> = new Set(PROBES.flatMap(({ notInCluster = [] }) => notInCluster));

function settingsOf({ root, preview, language }: DiagnosisSettings): ReportSettings {
  const configuration = root === undefined ? new Configuration() : configurationOf(root);
  return { configuration, preview, language, options: configuration.settings.probes };
}

/** With an error in the file there are no settings: the editor points at it. */
function configurationOf(root: string): Configuration {
  try {
    const decoded = decodeText(CONFIGURATION_FILE, readFileSync(join(root, CONFIGURATION_FILE)));
    if (!('text' in decoded)) return new Configuration();
    const { settings, problems } = readConfiguration(decoded);
    return problems.some(({ kind }) => kind === 'error') ? new Configuration() : new Configuration(settings);
  } catch {
    return new Configuration();
  }
}

function namespacesOf({ pods, objects }: Snapshot): string[] {
  const names = new Set(pods.map(({ namespace }) => namespace));
  for (const { kind, metadata } of objects) if (kind === 'Namespace') names.add(metadata.name);
  return [...names].sort();
}
