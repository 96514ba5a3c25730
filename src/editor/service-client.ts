import * as vscode from 'vscode';
import type { FolderUpdate, Reply, RequestName, Requests, ServiceMessage } from '../service/protocol.ts';
import { WorkerThread } from './worker-thread.ts';

/** The engine service in its thread. The thread starts with the first request, not before. */
export class ServiceClient implements vscode.Disposable {
  private readonly thread: WorkerThread<ServiceMessage>;
  private readonly log: vscode.LogOutputChannel;
  private readonly cancel = new Int32Array(new SharedArrayBuffer(4));
  private readonly updated = new vscode.EventEmitter<FolderUpdate>();
  private readonly progressed = new vscode.EventEmitter<{ readonly folder: string; readonly files: number }>();
  private readonly died = new vscode.EventEmitter<void>();
  readonly onUpdate = this.updated.event;
  readonly onProgress = this.progressed.event;
  /** The thread ended without being asked to. What it knew is lost. */
  readonly onDeath = this.died.event;

  constructor(extensionPath: string, log: vscode.LogOutputChannel) {
    this.log = log;
    this.thread = new WorkerThread(extensionPath, log, {
      name: 'the engine',
      workerData: { task: 'files', cancel: this.cancel.buffer },
      // Three semi-spaces of 24 MiB: one holds a dozen keystrokes in a long manifest. In a smaller one, trees live long enough to be taken for old.
      resourceLimits: { maxYoungGenerationSizeMb: 72 },
      onMessage: (message) => this.receive(message),
      onDeath: () => this.died.fire(),
    });
  }

  request<N extends RequestName>(name: N, params: Requests[N]['params']): Promise<Requests[N]['result']> {
    return this.thread.request(name, params) as Promise<Requests[N]['result']>;
  }

  /** For requests whose answer says nothing: a failure is logged. */
  tell<N extends RequestName>(name: N, params: Requests[N]['params']): void {
    this.request(name, params).catch((error: unknown) => this.log.error(`${name}: ${String(error)}`));
  }

  private receive(message: Exclude<ServiceMessage, Reply>): void {
    switch (message.kind) {
      case 'update':
        this.updated.fire(message.update);
        return;
      case 'progress':
        this.progressed.fire(message);
        return;
      case 'problem':
        this.log.error(message.message);
        return;
      case 'ready':
        this.log.info(`engine ready after ${Math.round(performance.now() - this.thread.startedMs)} ms`);
        return;
    }
  }

  /** Ends the scan that runs, if one does. */
  stopReading(): void {
    Atomics.store(this.cancel, 0, 1);
  }

  dispose(): void {
    Atomics.store(this.cancel, 0, 1);
    this.thread.stop();
    for (const emitter of [this.updated, this.progressed, this.died]) emitter.dispose();
  }
}
