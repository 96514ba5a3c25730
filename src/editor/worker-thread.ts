import { join } from 'node:path';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type * as vscode from 'vscode';
import type { Reply } from '../service/protocol.ts';
import type { WorkerData } from '../service/worker.ts';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface ThreadOptions<Message> {
  /** Says in errors and in the log what ended. */
  readonly name: string;
  readonly workerData: WorkerData;
  readonly resourceLimits?: ResourceLimits;
  /** Gets what is no reply. */
  readonly onMessage: (message: Exclude<Message, Reply>) => void;
  readonly onFailure?: (message: string) => void;
  /** It ended without being asked to. What it knew is lost; the next request starts another. */
  readonly onDeath?: () => void;
}

/** One of the program's threads, and the requests that wait for it. It starts with the first request, not before. */
export class WorkerThread<Message extends { readonly kind: string }> {
  /** When it was started last, by `performance.now()`. */
  startedMs = 0;
  private readonly program: string;
  private readonly log: vscode.LogOutputChannel;
  private readonly options: ThreadOptions<Message>;
  private worker: Worker | undefined;
  private nextId = 1;
  private readonly open = new Map<number, Waiting>();

  constructor(extensionPath: string, log: vscode.LogOutputChannel, options: ThreadOptions<Message>) {
    this.program = join(extensionPath, 'dist', 'worker.cjs');
    this.log = log;
    this.options = options;
  }

  /** @returns what it answers; whoever asks knows the protocol's type */
  request(name: string, params: unknown): Promise<unknown> {
    const worker = this.start();
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve, reject });
      worker.postMessage({ id, name, params });
    });
  }

  stop(): void {
    const { worker } = this;
    this.worker = undefined;
    void worker?.terminate();
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    const { name, workerData, resourceLimits } = this.options;
    this.startedMs = performance.now();
    const worker = new Worker(this.program, { workerData, ...(resourceLimits ? { resourceLimits } : {}) });
    worker.on('message', (message: Message) => this.receive(message));
    worker.on('error', (error) => this.log.error(`${name} stopped: ${error.stack ?? error.message}`));
    worker.on('exit', (code) => this.ended(worker, code));
    this.worker = worker;
    return worker;
  }

  private receive(message: Message): void {
    if (isReply(message)) {
      const waiting = this.open.get(message.id);
      this.open.delete(message.id);
      if (message.kind === 'answer') waiting?.resolve(message.result);
      else {
        this.options.onFailure?.(message.message);
        waiting?.reject(new Error(message.message));
      }
    } else this.options.onMessage(message as Exclude<Message, Reply>);
  }

  private ended(worker: Worker, code: number): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    const waiting = [...this.open.values()];
    this.open.clear();
    for (const { reject } of waiting) reject(new Error(`${this.options.name} ended with ${code}`));
    this.options.onDeath?.();
  }
}

function isReply(message: { readonly kind: string }): message is Reply {
  return message.kind === 'answer' || message.kind === 'failure';
}
