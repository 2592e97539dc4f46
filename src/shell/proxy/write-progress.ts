import type net from 'node:net';
import { unsentBytes } from '../http1/socket-io.ts';

/** Tells, from deadline to deadline, a reader that is slow from one that has stopped. */
export class WriteProgress {
  #unsent = 0;

  /** The socket has begun to hold bytes back. */
  begin(socket: net.Socket): void {
    this.#unsent = unsentBytes(socket);
  }

  /** Has anything left since the last question? False when nothing waits to leave. */
  moved(socket: net.Socket): boolean {
    const before = this.#unsent;
    this.#unsent = unsentBytes(socket);
    return this.#unsent > 0 && this.#unsent !== before;
  }
}
