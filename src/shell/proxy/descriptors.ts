/**
 * How many sockets this process may hold: what the system allows (`ulimit -n`; Node raises it to the hard
 * limit), less a part that is kept for the admin listener, logs and files. So a storm of connections
 * meets a refusal of ours, and an operator still gets an answer. Clients never take all of it: a gate
 * without a connection to its upstreams is of no use to them.
 */
import { readFileSync } from 'node:fs';

const KEPT = 64;
const CLIENTS_PART = 0.8;
/** Where nobody says: as if there were no limit worth heeding. */
const UNKNOWN = 1_048_576;

/** @returns the soft limit on open files */
export function openFilesLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? UNKNOWN : Number(soft);
  } catch {
    return UNKNOWN;
  }
}

export class SocketBudget {
  /** Clients and upstreams together. */
  readonly all: number;
  readonly forClients: number;
  clients = 0;
  /** Connections that carry copies. */
  copies = 0;

  /** @param openFiles limit on them */
  constructor(openFiles: number) {
    this.all = Math.max(2, openFiles - KEPT);
    this.forClients = Math.max(1, Math.floor(this.all * CLIENTS_PART));
  }

  get leftForUpstreams(): number {
    return this.all - this.clients - this.copies;
  }
}
