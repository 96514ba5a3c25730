import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as vscode from 'vscode';
import type { ClusterMessage, ClusterRequestName, ClusterRequests, Progress } from '../service/cluster-protocol.ts';
import type { WorkerData } from '../service/worker.ts';

/** The thread that reads and judges clusters. It starts with the first request, and holds the last snapshot until the window closes. */
export class ClusterClient implements vscode.Disposable {
  private readonly program: string;
  private readonly log: vscode.LogOutputChannel;
  private worker: Worker | undefined;
  private nextId = 1;
  private readonly open = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private readonly progressed = new vscode.EventEmitter<Progress>();
  private readonly told = new vscode.EventEmitter<string>();
  readonly onProgress = this.progressed.event;
  /** What a credential plugin of the kubeconfig says. */
  readonly onPlugin = this.told.event;

  constructor(extensionPath: string, log: vscode.LogOutputChannel) {
    this.program = join(extensionPath, 'dist', 'worker.cjs');
    this.log = log;
  }

  request<N extends ClusterRequestName>(name: N, params: ClusterRequests[N]['params']): Promise<ClusterRequests[N]['result']> {
    const worker = this.start();
    const id = this.nextId++;
    return new Promise<ClusterRequests[N]['result']>((resolve, reject) => {
      this.open.set(id, { resolve: (result) => resolve(result as ClusterRequests[N]['result']), reject });
      worker.postMessage({ id, name, params });
    });
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(this.program, { workerData: { task: 'cluster' } satisfies WorkerData });
    worker.on('message', (message: ClusterMessage) => this.receive(message));
    worker.on('error', (error) => this.log.error(`the cluster reader stopped: ${error.stack ?? error.message}`));
    worker.on('exit', (code) => this.ended(worker, code));
    this.worker = worker;
    return worker;
  }

  private receive(message: ClusterMessage): void {
    switch (message.kind) {
      case 'answer':
        this.take(message.id)?.resolve(message.result);
        return;
      case 'failure':
        this.log.error(message.message);
        this.take(message.id)?.reject(new Error(message.message));
        return;
      case 'progress':
        this.progressed.fire(message.progress);
        return;
      case 'plugin':
        this.log.info(message.text.trimEnd());
        this.told.fire(message.text);
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
    for (const { reject } of waiting) reject(new Error(`the cluster reader ended with ${code}`));
  }

  dispose(): void {
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
    this.progressed.dispose();
    this.told.dispose();
  }
}
