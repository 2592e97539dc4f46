/**
 * Keeps a gate in touch with the store. A nudge, a (re)connection, and a poll each lead to a reading;
 * any one of them alone is enough. The gate tells the fleet that it lives, and which board it has.
 */
import { performance } from 'node:perf_hooks';
import type { GateAck } from '../../failover/board.ts';
import { type BoardStore, GarbageError, type StoredBoard } from './store.ts';

export interface SyncTimes {
  readonly leaseMs: number;
  readonly beatMs: number;
  readonly pollMs: number;
}

export interface SyncHooks {
  ack(): GateAck;
  read(stored: StoredBoard | null, cause: string): void;
  /** What is stored is no board at all. */
  unreadable(why: string): void;
  /** The lease has run out, or is good again. */
  leaseTurned(lost: boolean): void;
  reached(why: string | null): void;
  /** A bug in what is done with a reading. */
  failed(error: unknown): void;
}

/** Polls of many gates must not fall together. */
const JITTER = 0.2;
const WATCH_MS = 100;

export class Sync {
  readonly #store: BoardStore;
  readonly #times: () => SyncTimes;
  readonly #hooks: SyncHooks;
  #reading: Promise<void> | null = null;
  /** Begins when that one is over. */
  #following: Promise<void> | null = null;
  #beating: Promise<void> | null = null;
  #beatAgain = false;
  #nextBeatMs = 0;
  #nextPollMs = 0;
  #timer: NodeJS.Timeout | null = null;
  /** When the last word that the store took was sent; the lease counts from there. */
  #heardMs = Number.NEGATIVE_INFINITY;
  #contactMs = Number.NEGATIVE_INFINITY;
  /** Nobody knows how long a gate that starts has been away. */
  #lost = true;
  /** Why readings fail, and words; null while they don't. */
  #deaf: string | null = null;
  #dumb: string | null = null;
  #closed = false;

  constructor(store: BoardStore, times: () => SyncTimes, hooks: SyncHooks) {
    this.#store = store;
    this.#times = times;
    this.#hooks = hooks;
  }

  /** Since the store was last read; null: never. */
  get sinceContactMs(): number | null {
    return this.#contactMs === Number.NEGATIVE_INFINITY
      ? null
      : performance.now() - this.#contactMs;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Why the store can't be reached; null when it can. */
  get down(): string | null {
    return this.#deaf ?? this.#dumb;
  }

  /** @returns when the board has been read once, or `withinMs` are over: serving waits no longer */
  async start(withinMs: number): Promise<void> {
    await this.#store.start({
      nudged: () => this.refresh('nudge'),
      connected: () => {
        this.refresh('connected');
        this.beat();
      },
      lost: (why) => this.#turn(() => (this.#deaf = why)),
    });
    const first = this.read('start');
    const enough = new Promise<void>((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([first, enough]);
    this.#timer = setInterval(() => this.#tick(), Math.min(WATCH_MS, this.#times().beatMs));
    this.#timer.unref();
    this.beat();
  }

  #tick(): void {
    const nowMs = performance.now();
    const { beatMs, pollMs } = this.#times();
    this.#judgeLease();
    if (nowMs >= this.#nextBeatMs) {
      this.#nextBeatMs = nowMs + beatMs;
      this.beat();
    }
    if (nowMs >= this.#nextPollMs) {
      this.#nextPollMs = nowMs + pollMs * (1 - JITTER + 2 * JITTER * Math.random());
      this.refresh('poll');
    }
  }

  #judgeLease(): void {
    const lost = performance.now() - this.#heardMs > this.#times().leaseMs;
    if (lost === this.#lost) return;
    this.#lost = lost;
    this.#hooks.leaseTurned(lost);
  }

  refresh(cause: string): void {
    void this.read(cause);
  }

  /** One reading at a time; whoever asks meanwhile gets one that began after he asked. Never rejects. */
  read(cause: string): Promise<void> {
    if (this.#reading === null) return this.#begin(cause);
    this.#following ??= this.#reading.then(() => {
      this.#following = null;
      return this.#closed ? undefined : (this.#reading ?? this.#begin(cause));
    });
    return this.#following;
  }

  #begin(cause: string): Promise<void> {
    this.#reading = this.#readOnce(cause)
      .catch((error: unknown) => this.#hooks.failed(error))
      .then(() => {
        this.#reading = null;
      });
    return this.#reading;
  }

  async #readOnce(cause: string): Promise<void> {
    let stored: StoredBoard | null;
    try {
      stored = await this.#store.read();
    } catch (error) {
      if (error instanceof GarbageError) {
        this.#turn(() => (this.#deaf = null));
        this.#hooks.unreadable(error.message);
      } else this.#turn(() => (this.#deaf = (error as Error).message));
      return;
    }
    this.#contactMs = performance.now();
    this.#turn(() => (this.#deaf = null));
    if (!this.#closed) this.#hooks.read(stored, cause);
  }

  /** Tells the fleet now; a word under way is followed by another. */
  beat(): void {
    if (this.#closed) return;
    if (this.#beating !== null) this.#beatAgain = true;
    else this.#beating = this.#beatOnce();
  }

  async #beatOnce(): Promise<void> {
    const sentMs = performance.now();
    try {
      await this.#store.beat(this.#hooks.ack(), this.#times().leaseMs);
      this.#heardMs = sentMs;
      this.#judgeLease();
      this.#turn(() => (this.#dumb = null));
    } catch (error) {
      this.#turn(() => (this.#dumb = (error as Error).message));
    }
    this.#beating = null;
    if (!this.#beatAgain) return;
    this.#beatAgain = false;
    this.beat();
  }

  /** Tells once that the store is out of reach, by either way, and once that it is not. */
  #turn(change: () => void): void {
    const before = this.down;
    change();
    const now = this.down;
    if ((before === null) !== (now === null)) this.#hooks.reached(now);
  }

  /** @returns when no word is under way any more: a late one would undo the leaving */
  async stop(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#beating;
  }
}
