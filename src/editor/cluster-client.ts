import * as vscode from 'vscode';
import type { ClusterMessage, ClusterRequestName, ClusterRequests, Progress } from '../service/cluster-protocol.ts';
import { WorkerThread } from './worker-thread.ts';

/** The thread that reads and judges clusters. It starts with the first request, and holds the last snapshot until the window closes. */
export class ClusterClient implements vscode.Disposable {
  private readonly thread: WorkerThread<ClusterMessage>;
  private readonly progressed = new vscode.EventEmitter<Progress>();
  private readonly told = new vscode.EventEmitter<string>();
  readonly onProgress = this.progressed.event;
  /** What a credential plugin of the kubeconfig says. */
  readonly onPlugin = this.told.event;

  constructor(extensionPath: string, log: vscode.LogOutputChannel) {
    this.thread = new WorkerThread(extensionPath, log, {
      name: 'the cluster reader',
      workerData: { task: 'cluster' },
      onFailure: (message) => log.error(message),
      onMessage: (message) => {
        if (message.kind === 'progress') this.progressed.fire(message.progress);
        else {
          log.info(message.text.trimEnd());
          this.told.fire(message.text);
        }
      },
    });
  }

  request<N extends ClusterRequestName>(name: N, params: ClusterRequests[N]['params']): Promise<ClusterRequests[N]['result']> {
    return this.thread.request(name, params) as Promise<ClusterRequests[N]['result']>;
  }

  dispose(): void {
    this.thread.stop();
    this.progressed.dispose();
    this.told.dispose();
  }
}
