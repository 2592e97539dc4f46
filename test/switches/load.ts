/**
 * Users of all shards at all gates, at a pace of their own: a request begins when it is due, whether
 * or not those before it have been answered, so a stall shows as long waits and not as silence.
 */
import http from 'node:http';

export interface Sent {
  readonly id: number;
  /** In which it ended, for what cut it off may have begun later than itself. */
  readonly phase: string;
  readonly gate: string;
  readonly shard: number;
  readonly isWrite: boolean;
  /** When it was due, by the wall clock. */
  readonly dueMs: number;
  readonly endMs: number;
  /** 0: no whole answer. */
  readonly status: number;
  /** Last part of a problem's type; for status 0 the error. */
  readonly code: string;
  readonly retryAfter: string | undefined;
}

const TICK_MS = 5;
/** Beyond this the machine is what stalls; the load goes no faster then. */
const MOST_AT_ONCE = 2000;
const WRITE_PERCENT = 30;
const SHARDS = 100;

export class Load {
  phase = 'begin';
  readonly sent: Sent[] = [];
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 4000, maxFreeSockets: 4000 });
  #gates: readonly { readonly name: string; readonly port: number }[];
  readonly #perS: number;
  readonly #favoured: readonly number[];
  #timer: NodeJS.Timeout | null = null;
  /** In the order in which they began. */
  readonly #open = new Set<number>();
  #next = 1;
  /** By phase: how late this process itself was at most; waits up to that are not the gates'. */
  readonly ownLagMs = new Map<string, number>();

  constructor(
    gates: readonly { readonly name: string; readonly port: number }[],
    perS: number,
    favoured: readonly number[] = [],
  ) {
    this.#favoured = favoured;
    this.#gates = gates;
    this.#perS = perS;
  }

  get begun(): number {
    return this.#next - 1;
  }

  /** Of those that are under way. */
  get oldest(): number {
    const [first] = this.#open;
    return first ?? this.#next;
  }

  /** As a balancer does that has noticed. */
  enterAt(gates: readonly { readonly name: string; readonly port: number }[]): void {
    this.#gates = gates;
  }

  start(): void {
    const startMs = Date.now();
    const before = this.begun;
    let tickMs = startMs;
    this.#timer = setInterval(() => {
      const nowMs = Date.now();
      const lagMs = Math.max(this.ownLagMs.get(this.phase) ?? 0, nowMs - tickMs - TICK_MS);
      this.ownLagMs.set(this.phase, lagMs);
      tickMs = nowMs;
      const due = Math.floor(((nowMs - startMs) * this.#perS) / 1000);
      for (let n = this.begun - before; n < due && this.#open.size < MOST_AT_ONCE; n++)
        this.#ask(startMs + Math.floor((n * 1000) / this.#perS));
    }, TICK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  close(): void {
    this.stop();
    this.#agent.destroy();
  }

  #ask(dueMs: number): void {
    const id = this.#next++;
    const gate = this.#gates[id % this.#gates.length]!;
    const isFavoured = this.#favoured.length > 0 && Math.random() < 0.5;
    const shard = isFavoured
      ? this.#favoured[Math.floor(Math.random() * this.#favoured.length)]!
      : Math.floor(Math.random() * SHARDS);
    const isWrite = Math.random() * 100 < WRITE_PERCENT;
    const uid = `20880${String(id % 1e8).padStart(8, '0')}${String(shard).padStart(2, '0')}1`;
    this.#open.add(id);
    let told = false;
    const over = (status: number, code: string, retryAfter?: string): void => {
      if (told) return;
      told = true;
      this.#open.delete(id);
      const endMs = Date.now();
      const what = { id, phase: this.phase, gate: gate.name, shard, isWrite };
      this.sent.push({ ...what, dueMs, endMs, status, code, retryAfter });
    };
    const req = http.request(
      {
        ...{ agent: this.#agent, host: '127.0.0.1', port: gate.port },
        method: isWrite ? 'POST' : 'GET',
        path: `/u/${uid}/x?i=${id}`,
        headers: { host: 'shop.example', ...(isWrite ? { 'content-length': '3' } : {}) },
      },
      (res) => {
        const status = res.statusCode ?? 0;
        let body = '';
        res.setEncoding('utf8').on('data', (d: string) => (body += d));
        res.on('error', (error) => over(0, error.message));
        res.on('end', () => {
          const code = /urn:zonegate:problem:([a-z-]+)/.exec(body)?.[1] ?? '';
          over(res.complete ? status : 0, code, res.headers['retry-after']);
        });
      },
    );
    req.on('error', (error: NodeJS.ErrnoException) => over(0, error.code ?? error.message));
    req.end(isWrite ? 'x=1' : undefined);
  }
}

/** A write that was asked to come again: shards move, or the gate has been out of touch meanwhile. */
export const isFrozenWrite = (s: Sent): boolean =>
  s.isWrite &&
  s.status === 503 &&
  (s.code === 'write-frozen-moving' || s.code === 'write-frozen-lost') &&
  Number(s.retryAfter ?? 0) > 0;

/** @param part 0 … 1 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
