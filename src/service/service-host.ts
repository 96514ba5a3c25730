import type { CodeParser } from '../code/index.ts';
import { completeConfiguration } from './complete-configuration.ts';
import { actionsAt, fixAllIn } from './edits.ts';
import { LintService } from './lint-service.ts';
import type { FolderSettings, RequestMessage, ServiceMessage } from './protocol.ts';
import { manifestsOf } from './manifests.ts';
import { hoverAt, lensesOf } from './questions.ts';
import { RunbookLibrary } from './runbook-library.ts';

export interface ServiceHostOptions {
  readonly send: (message: ServiceMessage) => void;
  readonly codeParser?: CodeParser;
  /** Asked now and then during a scan. */
  readonly isCancelled?: () => boolean;
}

/**
 * Answers the editor's requests, one after the other, over as many folders as are open. Whatever takes something in is answered at once and
 * judged when nothing else waits, so that a burst of changes is judged once; a question is answered by the newest state.
 */
export class ServiceHost {
  private readonly options: ServiceHostOptions;
  private readonly services = new Map<string, LintService>();
  private readonly stale = new Set<string>();
  private readonly library = new RunbookLibrary(() =>
    [...this.services.values()].map((service) => ({ root: service.root, patterns: service.runbookPatterns })),
  );
  private queue: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(options: ServiceHostOptions) {
    this.options = options;
  }

  /** Takes a request; the answer comes through `send`. */
  receive(message: RequestMessage): void {
    this.waiting++;
    this.queue = this.queue.then(async () => {
      this.waiting--;
      await this.process(message);
      if (this.waiting === 0) await this.publish();
    });
  }

  private async process(message: RequestMessage): Promise<void> {
    const { send } = this.options;
    try {
      send({ kind: 'answer', id: message.id, result: await this.answer(message) });
    } catch (error) {
      send({ kind: 'failure', id: message.id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }

  /** Judges every folder that took something in. */
  private async publish(): Promise<void> {
    // Messages that arrived meanwhile are taken in first.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.waiting > 0) return;
    for (const folder of this.stale) await this.publishFolder(folder);
  }

  private async publishFolder(folder: string): Promise<void> {
    if (!this.stale.delete(folder)) return;
    const service = this.services.get(folder);
    if (!service) return;
    try {
      this.options.send({ kind: 'update', update: await service.update() });
    } catch (error) {
      this.options.send({ kind: 'problem', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }

  private async answer(message: RequestMessage): Promise<unknown> {
    const { name, params } = message;
    switch (name) {
      case 'runbooks':
        return this.library.list(params.language);
      case 'runbook':
        return this.library.page(params.id, params.language);
      case 'searchRunbooks':
        return this.library.search(params.question, params.language);
      case 'openFolder':
        this.open(params.folder, params.root, params.settings);
        return undefined;
      case 'closeFolder':
        this.services.delete(params.folder);
        this.stale.delete(params.folder);
        return undefined;
      default:
    }
    const service = this.services.get(message.params.folder);
    if (!service) throw new Error(`the folder ${message.params.folder} is not open`);
    return this.answerOf(service, message);
  }

  private async answerOf(service: LintService, message: FolderRequest): Promise<unknown> {
    const { name, params } = message;
    switch (name) {
      case 'configure':
        service.configure(params.settings);
        return this.changed(service);
      case 'openDocument':
        service.openDocument(params.path, params.version, params.text);
        return this.changed(service);
      case 'closeDocument':
        service.closeDocument(params.path);
        return this.changed(service);
      case 'filesChanged':
        service.filesChanged(params.paths);
        if (params.paths.some((path) => path.endsWith('.md'))) this.library.forget();
        return this.changed(service);
      case 'rescan':
        service.scan();
        this.library.forget();
        return this.changed(service);
      case 'complete':
        return completeConfiguration(params.text, params.position, service.settings.language);
      default:
    }
    // Questions about findings are answered by what was taken in so far.
    await this.publishFolder(service.folder);
    switch (name) {
      case 'actions':
        return actionsAt(service, params.path, params.range);
      case 'fixAll':
        return fixAllIn(service, params.path, params.rule);
      case 'hover':
        return hoverAt(service, params.path, params.position);
      case 'lenses':
        return lensesOf(service, params.path);
      case 'manifests':
        return manifestsOf(service, params.wanted);
    }
  }

  private open(folder: string, root: string, settings: FolderSettings): void {
    const { codeParser, isCancelled, send } = this.options;
    const service = new LintService({
      folder,
      root,
      settings,
      ...(codeParser ? { codeParser } : {}),
      ...(isCancelled ? { isCancelled } : {}),
      onProgress: (files) => send({ kind: 'progress', folder, files }),
    });
    this.services.set(folder, service);
    service.scan();
    this.changed(service);
  }

  private changed(service: LintService): undefined {
    this.stale.add(service.folder);
  }
}

type FolderRequest = Extract<
  RequestMessage,
  {
    name:
      | 'configure'
      | 'openDocument'
      | 'closeDocument'
      | 'filesChanged'
      | 'rescan'
      | 'complete'
      | 'actions'
      | 'fixAll'
      | 'hover'
      | 'lenses'
      | 'manifests';
  }
>;
