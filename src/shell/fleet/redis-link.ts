/**
 * One connection to Redis that is kept: found, opened, asked whether it still answers, and replaced
 * when it does not. A server that is frozen or cut off sends no FIN, so only a deadline tells.
 */
import type { Redis } from 'ioredis';
import { type Address, failureOf, type RedisPlace, show } from './redis-place.ts';
import { StoreError } from './store.ts';

const PING_EVERY_MS = 1000;
/** One answer may be late because this process was busy; noticed after 1 s + 2 × 1 s at most. */
const PINGS_MISSED = 2;
/** Sentinels and clusters move their master without a word to a client that is cut off. */
const FIND_AGAIN_EVERY_PINGS = 5;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

export interface LinkEvents {
  /** Before it counts as up: what must hold on every new connection. */
  prepare(redis: Redis): Promise<void>;
  up(): void;
  /** Once per outage. */
  down(why: string): void;
}

export class RedisLink {
  readonly #place: RedisPlace;
  readonly #key: string;
  readonly #events: LinkEvents;
  #redis: Redis | null = null;
  #why = 'not connected yet';
  #told = false;
  #failures = 0;
  #closed = false;
  #endSession: (why: string) => void = () => undefined;
  #endPause: () => void = () => undefined;

  constructor(place: RedisPlace, key: string, events: LinkEvents) {
    this.#place = place;
    this.#key = key;
    this.#events = events;
  }

  start(): void {
    void this.#run();
  }

  /** The connection, for commands that belong together. */
  get redis(): Redis {
    if (this.#redis === null)
      throw new StoreError(`${this.#place.name} can't be reached: ${this.#why}`);
    return this.#redis;
  }

  get isUp(): boolean {
    return this.#redis !== null;
  }

  /** What was answered shows that this is the wrong server by now. */
  drop(why: string): void {
    this.#endSession(why);
  }

  close(): void {
    this.#closed = true;
    this.#endSession('closed');
    this.#endPause();
  }

  /** A call, for what may have changed while something was awaited. */
  #isClosed(): boolean {
    return this.#closed;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed()) {
      try {
        await this.#session();
      } catch (error) {
        this.#why = (error as Error).message;
      }
      if (this.#isClosed()) return;
      if (!this.#told) {
        this.#told = true;
        this.#events.down(this.#why);
      }
      await this.#pause(this.#backOff());
    }
  }

  /** Never resolves but by an error that says why the connection is over. */
  async #session(): Promise<void> {
    const address = await this.#place.find(this.#key);
    const redis = this.#place.connection(address);
    const over = Promise.race([
      failureOf(redis),
      new Promise<never>((_, reject) => {
        this.#endSession = (why) => reject(new StoreError(why));
      }),
    ]);
    // Closed before anybody waits for it: a rejection that nobody takes ends the process.
    over.catch(() => undefined);
    try {
      if (this.#isClosed()) return;
      await Promise.race([over, this.#open(redis)]);
      this.#redis = redis;
      this.#told = false;
      this.#failures = 0;
      this.#events.up();
      await Promise.race([over, this.#keepAsking(redis, address)]);
    } catch (error) {
      throw new StoreError(`${show(address)}: ${(error as Error).message}`);
    } finally {
      this.#redis = null;
      destroy(redis);
    }
  }

  async #open(redis: Redis): Promise<void> {
    await redis.connect();
    await this.#events.prepare(redis);
  }

  async #keepAsking(redis: Redis, address: Address): Promise<never> {
    for (let asked = 1, missed = 0; ; asked++) {
      if (missed === 0) await this.#pause(PING_EVERY_MS);
      try {
        await redis.ping();
        missed = 0;
      } catch (error) {
        missed++;
        if (missed >= PINGS_MISSED || this.#redis !== redis)
          throw new StoreError(`no answer to PING: ${(error as Error).message}`);
      }
      if (this.#place.moves && asked % FIND_AGAIN_EVERY_PINGS === 0)
        void this.#checkPlace(address, this.#endSession);
    }
  }

  /** Beside the pings, for it may take long: a sentinel may be frozen as well. */
  async #checkPlace(address: Address, endSession: (why: string) => void): Promise<void> {
    const found = await this.#place.find(this.#key).catch(() => address);
    if (found.host !== address.host || found.port !== address.port)
      endSession(`the board has moved to ${show(found)}`);
  }

  /** Grows from try to try, and is drawn, so that gates don't come back all at one moment. */
  #backOff(): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.#failures++, 10));
    return most * (0.5 + Math.random() / 2);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** A peer that is cut off never answers a FIN, so the socket is not asked to end. */
function destroy(redis: Redis): void {
  redis.disconnect();
  const { stream } = redis as { stream?: Redis['stream'] };
  stream?.destroy();
}
