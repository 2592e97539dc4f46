/**
 * Tells other gates what was let through here, and hears what they have: some times a second, in
 * batches, beside the requests and never before them. See `FleetCounts` for what holds in between and while
 * Redis is away. A batch whose answer is lost may have been added, and is told again: then the limit is
 * reached too early once, never too late. Keys in Redis are hashes under a secret: no addresses, no uids.
 */
import type { FleetDelta } from '../../rate/fleet-counts.ts';
import type { RateMemory } from '../../rate/memory.ts';
import { EXCHANGE } from './exchange-script.ts';

/** What is used of ioredis. */
export interface RateRedis {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

export interface ExchangeSettings {
  /** This gate's name; no two of a fleet have the same. */
  readonly gate: string;
  /** First part of every key, as of the fleet's board; one per fleet. */
  readonly prefix: string;
  /** Between two exchanges, where nothing is urgent. */
  readonly everyMs?: number;
}

export interface ExchangeMeans {
  /** The connection; null while there is none. It must give up on commands by itself. */
  redis(): RateRedis | null;
  /** The clock that requests are judged by. */
  nowMs(): number;
  /** Once per outage: from now on each gate keeps to its part. */
  lost(why: string): void;
  /** The first exchange, and the first after an outage. */
  shared(gates: number): void;
}

const EVERY_MS = 200;
/** Urgent ones, too, leave Redis a while between. */
const TICK_MS = 25;
/** Without news for other gates, so that they know how many they are. */
const BEAT_MS = 1000;
const LEASE_MS = 5000;
/** Without an answer for so long, what was heard is no longer what is. */
const STALE_MS = 2000;
const KEYS_PER_SCRIPT = 100;
const KEYS_PER_EXCHANGE = 2000;

export class RateExchange {
  exchanges = 0;
  failures = 0;
  readonly #memory: RateMemory;
  readonly #settings: ExchangeSettings;
  readonly #means: ExchangeMeans;
  #timer: NodeJS.Timeout | null = null;
  #underWay: Promise<void> | null = null;
  readonly #madeAtMs = performance.now();
  #startedAtMs = Number.NEGATIVE_INFINITY;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  /** null: never tried. */
  #isUp: boolean | null = null;

  constructor(memory: RateMemory, settings: ExchangeSettings, means: ExchangeMeans) {
    this.#memory = memory;
    this.#settings = settings;
    this.#means = means;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** One round now; the one under way, if there is one. Never rejects. */
  exchange(): Promise<void> {
    this.#underWay ??= this.#round().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  #tick(): void {
    const { fleet } = this.#memory.counters;
    // No rule is shared.
    if (fleet === null) return;
    const now = performance.now();
    if (fleet.isShared && now - this.#answeredAtMs > STALE_MS) this.#lose('no answer');
    const sinceMs = now - this.#startedAtMs;
    const everyMs = this.#settings.everyMs ?? EVERY_MS;
    const due = fleet.isUrgent || sinceMs >= (fleet.queued > 0 ? everyMs : BEAT_MS);
    if (due && this.#underWay === null && (fleet.isShared || sinceMs >= everyMs))
      void this.exchange();
  }

  async #round(): Promise<void> {
    const { counters } = this.#memory;
    const { fleet } = counters;
    if (fleet === null) return;
    this.#startedAtMs = performance.now();
    const redis = this.#means.redis();
    if (redis === null) {
      this.#lose('not connected');
      return;
    }
    fleet.isUrgent = false;
    const deltas = counters.deltas(KEYS_PER_EXCHANGE);
    const batches: FleetDelta[][] = [];
    for (let at = 0; at === 0 || at < deltas.length; at += KEYS_PER_SCRIPT)
      batches.push(deltas.slice(at, at + KEYS_PER_SCRIPT));
    const answers = await Promise.allSettled(batches.map((batch) => this.#tell(redis, batch)));
    const failed = answers.find((a) => a.status === 'rejected');
    if (failed === undefined) this.#gain();
    else this.#lose(failed.reason instanceof Error ? failed.reason.message : 'failed');
    if (fleet.queued > 0) fleet.isUrgent = true;
  }

  async #tell(redis: RateRedis, batch: readonly FleetDelta[]): Promise<void> {
    const { counters } = this.#memory;
    const root = `{${this.#settings.prefix}}:rate`;
    const keys = batch.map(({ hi, lo }) => `${root}:${hex(hi)}${hex(lo)}`);
    const counts = batch.flatMap(({ rule, count }) => [rule.slotMs, count]);
    try {
      const all = [`${root}:gates`, ...keys, this.#settings.gate, LEASE_MS, ...counts];
      const answer: unknown = await redis.eval(EXCHANGE, keys.length + 1, ...all);
      if (!isNumbers(answer) || answer.length !== keys.length + 1)
        throw new Error('an answer of another shape');
      const nowMs = this.#means.nowMs();
      if (counters.fleet !== null) counters.fleet.gates = Math.max(1, answer[0]!);
      for (const [i, delta] of batch.entries()) counters.heard(delta, answer[i + 1]!, nowMs);
    } catch (error) {
      for (const delta of batch) counters.unheard(delta);
      throw error;
    }
  }

  #gain(): void {
    const { fleet } = this.#memory.counters;
    if (fleet === null) return;
    this.exchanges++;
    this.#answeredAtMs = performance.now();
    fleet.isShared = true;
    if (this.#isUp !== true) this.#means.shared(fleet.gates);
    this.#isUp = true;
  }

  #lose(why: string): void {
    const { fleet } = this.#memory.counters;
    // A connection takes a moment; nobody has to be told of that.
    if (this.#isUp === null && performance.now() - this.#madeAtMs < STALE_MS) return;
    this.failures++;
    if (fleet !== null) fleet.isShared = false;
    if (this.#isUp !== false) this.#means.lost(why);
    this.#isUp = false;
  }
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');

const isNumbers = (answer: unknown): answer is readonly number[] =>
  Array.isArray(answer) && answer.every((n) => typeof n === 'number');
