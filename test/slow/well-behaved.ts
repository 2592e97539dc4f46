/** A client that does nothing wrong, beside others that do. */
import http from 'node:http';
import { until } from '../support/until.ts';

const EVERY_MS = 20;
/** An address of its own tells its connections from the attacker's. */
const APART = '127.0.0.2';

export interface Service {
  readonly asked: number;
  /** What came instead of 200. */
  readonly failures: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Asks at fixed times, whatever became of the request before; by turns on a kept and a new connection. */
export class WellBehaved {
  readonly #port: number;
  readonly #kept = new http.Agent({ keepAlive: true, maxSockets: 1 });
  readonly #timer: NodeJS.Timeout;
  readonly #failures: string[] = [];
  readonly #tookMs: number[] = [];
  #asked = 0;

  constructor(port: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#ask(), EVERY_MS);
  }

  #ask(): void {
    const nth = ++this.#asked;
    const sentMs = performance.now();
    const done = (failure?: string): void => {
      this.#tookMs.push(performance.now() - sentMs);
      if (failure !== undefined) this.#failures.push(`request ${nth}: ${failure}`);
    };
    http
      .get(
        {
          ...{ port: this.#port, host: '127.0.0.1', localAddress: APART },
          agent: nth % 2 === 0 ? this.#kept : false,
        },
        (res) => {
          res.resume();
          res.on('end', () => done(res.statusCode === 200 ? undefined : String(res.statusCode)));
          res.on('error', (e) => done(e.message));
        },
      )
      .on('error', (e) => done(e.message));
  }

  async stop(): Promise<Service> {
    clearInterval(this.#timer);
    await until('every request to have its answer', () => this.#tookMs.length >= this.#asked);
    this.#kept.destroy();
    const sorted = this.#tookMs.toSorted((a, b) => a - b);
    const part = (q: number): number =>
      Math.round((sorted[Math.floor(q * sorted.length)] ?? 0) * 10) / 10;
    return { asked: this.#asked, failures: this.#failures, p50Ms: part(0.5), p99Ms: part(0.99) };
  }
}
