/** The thread in which the editor's engine runs: the extension host stays free whatever a repository holds. */
import { parentPort, workerData } from 'node:worker_threads';
import { bundledParser } from './grammars.ts';
import type { RequestMessage } from './protocol.ts';
import { ServiceHost } from './service-host.ts';

/** What the editor hands over at start. */
export interface WorkerData {
  /** Of one 32-bit number: not 0 ends a running scan. A message would only be read after it. */
  readonly cancel: SharedArrayBuffer;
}

const port = parentPort;
if (!port) throw new Error('this program runs as a worker thread only');

const cancel = new Int32Array((workerData as WorkerData).cancel);
const host = new ServiceHost({
  send: (message) => port.postMessage(message),
  codeParser: bundledParser(),
  // One wish ends one scan.
  isCancelled: () => Atomics.exchange(cancel, 0, 0) !== 0,
});
port.on('message', (message: RequestMessage) => host.receive(message));
port.postMessage({ kind: 'ready' });
