/** What the kernel still holds at a listener, whether a process has it or has closed it unsent. Linux. */
import { readFileSync } from 'node:fs';

/** ESTABLISHED, FIN_WAIT1, CLOSE_WAIT, LAST_ACK, CLOSING. Connections in other states hold no data. */
const HOLDS = ['01', '04', '08', '09', '0B'];

/** Ports of clients at 127.0.0.1 of such connections. */
function clientsOf(port: number): number[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const row = new RegExp(`: 0100007F:${hex} 0100007F:([0-9A-F]{4}) ([0-9A-F]{2}) `, 'g');
  return [...readFileSync('/proc/net/tcp', 'latin1').matchAll(row)]
    .filter((m) => HOLDS.includes(m[2]!))
    .map((m) => Number.parseInt(m[1]!, 16));
}

interface Ages {
  /** Connections ever seen. */
  readonly seen: number;
  /** Of the one that stood longest. */
  readonly longestMs: number;
}

/** Follows each connection from first sight to last. */
export class Watch {
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  /** Client port → first sight, of those open. A port that was gone and comes again is another. */
  #open = new Map<number, number>();
  #longestMs = 0;
  seen = 0;

  constructor(port: number, everyMs: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  #look(): void {
    const nowMs = performance.now();
    const open = new Map<number, number>();
    for (const client of clientsOf(this.#port)) {
      const firstMs = this.#open.get(client);
      if (firstMs === undefined) this.seen++;
      else this.#longestMs = Math.max(this.#longestMs, nowMs - firstMs);
      open.set(client, firstMs ?? nowMs);
    }
    this.#open = open;
  }

  get open(): number {
    return this.#open.size;
  }

  stop(): Ages {
    clearInterval(this.#timer);
    return { seen: this.seen, longestMs: Math.round(this.#longestMs) };
  }
}
