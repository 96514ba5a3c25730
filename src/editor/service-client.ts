import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { WorkerData } from '../service/worker.ts';
import type { FolderUpdate, RequestName, Requests, ServiceMessage } from '../service/protocol.ts';

/** The engine service in its thread. The thread starts with the first request, not before. */
export class ServiceClient implements vscode.Disposable {
  private readonly program: string;
  private readonly log: vscode.LogOutputChannel;
  private worker: Worker | undefined;
  private cancel = new Int32Array(new SharedArrayBuffer(4));
  private nextId = 1;
  private readonly open = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private readonly updated = new vscode.EventEmitter<FolderUpdate>();
  private readonly progressed = new vscode.EventEmitter<{ readonly folder: string; readonly files: number }>();
  private readonly died = new vscode.EventEmitter<void>();
  readonly onUpdate = this.updated.event;
  readonly onProgress = this.progressed.event;
  /** The thread ended without being asked to. What it knew is lost. */
  readonly onDeath = this.died.event;

  constructor(extensionPath: string, log: vscode.LogOutputChannel) {
    this.program = join(extensionPath, 'dist', 'worker.cjs');
    this.log = log;
  }

  request<N extends RequestName>(name: N, params: Requests[N]['params']): Promise<Requests[N]['result']> {
    const worker = this.start();
    const id = this.nextId++;
    return new Promise<Requests[N]['result']>((resolve, reject) => {
      this.open.set(id, { resolve: (result) => resolve(result as Requests[N]['result']), reject });
      worker.postMessage({ id, name, params });
    });
  }

  /** For requests whose answer says nothing: a failure is logged. */
  tell<N extends RequestName>(name: N, params: Requests[N]['params']): void {
    this.request(name, params).catch((error: unknown) => this.log.error(`${name}: ${String(error)}`));
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const startMs = performance.now();
    const worker = new Worker(this.program, {
      workerData: { task: 'files', cancel: this.cancel.buffer } satisfies WorkerData,
      // A young generation that grows is collected in pauses of 20 ms while somebody types; a small one in two.
      resourceLimits: { maxYoungGenerationSizeMb: 12 },
    });
    worker.on('message', (message: ServiceMessage) => {
      if (message.kind === 'ready') this.log.info(`engine ready after ${Math.round(performance.now() - startMs)} ms`);
      this.receive(message);
    });
    worker.on('error', (error) => this.log.error(`the engine stopped: ${error.stack ?? error.message}`));
    worker.on('exit', (code) => this.ended(worker, code));
    this.worker = worker;
    return worker;
  }

  private receive(message: ServiceMessage): void {
    switch (message.kind) {
      case 'answer':
        this.take(message.id)?.resolve(message.result);
        return;
      case 'failure':
        this.take(message.id)?.reject(new Error(message.message));
        return;
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
        return;
    }
  }

  private take(id: number): { resolve: (result: unknown) => void; reject: (error: Error) => void } | undefined {
    const waiting = this.open.get(id);
    this.open.delete(id);
    return waiting;
  }

  private ended(worker: Worker, code: number): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const waiting = [...this.open.values()];
    this.open.clear();
    for (const { reject } of waiting) reject(new Error(`the engine ended with ${code}`));
    this.died.fire();
  }

  /** Ends the scan that runs, if one does. */
  stopReading(): void {
    Atomics.store(this.cancel, 0, 1);
  }

  dispose(): void {
    Atomics.store(this.cancel, 0, 1);
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
    for (const emitter of [this.updated, this.progressed, this.died]) emitter.dispose();
  }
}
