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

/** The kernel's table changes while it is read, and rows get lost: only so many looks in a row count. */
const LOOKS_TO_BE_GONE = 4;

interface Sight {
  readonly firstMs: number;
  lastMs: number;
  missed: number;
}

/** Follows each connection from first sight to last. */
export class Watch {
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  /** By client port, of those open. A port that was gone and comes again is another connection. */
  readonly #open = new Map<number, Sight>();
  #longestMs = 0;
  seen = 0;

  constructor(port: number, everyMs: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#look(), everyMs);
  }

  #look(): void {
    const nowMs = performance.now();
    for (const client of clientsOf(this.#port)) {
      const sight = this.#open.get(client);
      if (sight === undefined) {
        this.seen++;
        this.#open.set(client, { firstMs: nowMs, lastMs: nowMs, missed: 0 });
      } else {
        sight.lastMs = nowMs;
        sight.missed = 0;
        this.#longestMs = Math.max(this.#longestMs, nowMs - sight.firstMs);
      }
    }
    for (const [client, sight] of this.#open) {
      if (sight.lastMs < nowMs && ++sight.missed >= LOOKS_TO_BE_GONE) this.#open.delete(client);
    }
  }

  get open(): number {
    return this.#open.size;
  }

  stop(): Ages {
    clearInterval(this.#timer);
    return { seen: this.seen, longestMs: Math.round(this.#longestMs) };
  }
}
