/**
 * A port on which connecting neither succeeds nor fails, without root or packet filters: a thread
 * listens with the shortest queue and then sleeps, so that nobody accepts; connections of our own
 * fill the queue; from then on the kernel drops every SYN, as a host does that has vanished.
 */
import net from 'node:net';
import { Worker } from 'node:worker_threads';

/** On loopback a connection that has not come about by then is waiting for the next SYN, a second off. */
const SETTLED_MS = 200;
const MAX_FILLERS = 16;

export class NeverAccepts {
  readonly #worker: Worker;
  readonly #fillers: net.Socket[] = [];

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async start(port: number): Promise<NeverAccepts> {
    const worker = new Worker(new URL('./never-accepts-worker.ts', import.meta.url), {
      workerData: port,
    });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
    const never = new NeverAccepts(worker);
    for (let i = 0; i < MAX_FILLERS; i++) if (!(await never.#fill(port))) return never;
    await never.stop();
    throw new Error(`port ${port} takes connection after connection that nobody accepts`);
  }

  /** @returns whether the queue had room */
  #fill(port: number): Promise<boolean> {
    const socket = net.connect(port, '127.0.0.1');
    this.#fillers.push(socket);
    socket.on('error', () => undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), SETTLED_MS);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#fillers) socket.destroy();
    await this.#worker.terminate();
  }
}
