/** The threads in which the editor's engine and its reader of clusters run: the extension host stays free whatever a repository or a cluster holds. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ClusterRequestMessage } from './cluster-protocol.ts';
import { bundledParser } from './grammars.ts';
import type { RequestMessage } from './protocol.ts';
import { ServiceHost } from './service-host.ts';

/** What the editor hands over at start. */
export type WorkerData =
  | {
      readonly task: 'files';
      /** Of one 32-bit number: not 0 ends a running scan. A message would only be read after it. */
      readonly cancel: SharedArrayBuffer;
    }
  | { readonly task: 'cluster' };

const port = parentPort;
if (!port) throw new Error('this program runs as a worker thread only');

const given = workerData as WorkerData;
if (given.task === 'cluster') {
  // What judges clusters is a quarter of the program, and the other thread has no use for it.
  void import('./cluster-host.ts').then(({ ClusterHost }) => {
    const host = new ClusterHost((message) => port.postMessage(message));
    port.on('message', (message: ClusterRequestMessage) => void host.receive(message));
  });
} else {
  const cancel = new Int32Array(given.cancel);
  const host = new ServiceHost({
    send: (message) => port.postMessage(message),
    codeParser: bundledParser(),
    // One wish ends one scan.
    isCancelled: () => Atomics.exchange(cancel, 0, 0) !== 0,
  });
  port.on('message', (message: RequestMessage) => host.receive(message));
  port.postMessage({ kind: 'ready' });
}
