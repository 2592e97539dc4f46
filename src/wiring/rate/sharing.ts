/** Counts that all gates of a fleet share: a connection of their own to the fleet's Redis. */
import type pino from 'pino';
import type { StoreSettings } from '../../failover/store-settings.ts';
import type { RateMemory } from '../../rate/memory.ts';
import { RedisLink } from '../../shell/fleet/redis-link.ts';
import { RedisPlace } from '../../shell/fleet/redis-place.ts';
import { RateExchange, type RateRedis } from '../../shell/rate/exchange.ts';

/** The board's place has moved; so have the counts. */
const WRONG_SERVER = /^(MOVED|ASK|READONLY|CLUSTERDOWN|MASTERDOWN) /;

export class RateSharing {
  readonly exchange: RateExchange;
  readonly #link: RedisLink;
  readonly #redis: RateRedis;

  /**
   * @param store paths are absolute
   * @param gate this gate's name in the fleet
   */
  constructor(
    memory: RateMemory,
    store: Extract<StoreSettings, { kind: 'redis' }>,
    gate: string,
    log: pino.Logger,
  ) {
    const { prefix } = store;
    this.#link = new RedisLink(new RedisPlace(store), `{${prefix}}:rate`, {
      prepare: async (redis) => {
        await redis.ping();
      },
      up: () => undefined,
      // The exchange says so itself, once for each outage.
      down: (why) => log.debug({ why }, 'rates: Redis can’t be reached'),
    });
    this.#redis = { eval: (script, keys, ...args) => this.#eval(script, keys, args) };
    this.exchange = new RateExchange(
      memory,
      { gate, prefix },
      {
        redis: () => (this.#link.isUp ? this.#redis : null),
        nowMs: () => Date.now(),
        lost: (why) => log.warn({ why }, 'rates are no longer shared: each gate keeps to its part'),
        shared: (gates) => log.info({ gates }, 'rates are shared'),
      },
    );
  }

  start(): void {
    this.#link.start();
    this.exchange.start();
  }

  close(): void {
    this.exchange.close();
    this.#link.close();
  }

  async #eval(script: string, keys: number, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await this.#link.redis.eval(script, keys, ...args);
    } catch (error) {
      const { message } = error as Error;
      if (WRONG_SERVER.test(message)) this.#link.drop(message);
      throw error;
    }
  }
}
