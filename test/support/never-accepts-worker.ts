/** Listens, says so, and never gets to accept: the kernel fills the queue and nobody empties it. */
import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

// Node takes 0 for "the default", so one is the shortest queue it can ask for.
const BACKLOG = 1;

net
  .createServer()
  .listen({ port: workerData as number, host: '127.0.0.1', backlog: BACKLOG }, () => {
    parentPort?.postMessage('listening');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
