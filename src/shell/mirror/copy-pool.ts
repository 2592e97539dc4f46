/**
 * Connections for copies: apart from those that requests go by, though the addresses may be the same, so
 * that no limit, health or pool of theirs feels a copy.
 */
import type { Address } from '../../model/schema.ts';
import { Endpoint } from '../upstream/endpoint.ts';

/**
 * Failures in a row, no answer in time among them, after which an address is left alone for a while, and then
 * tried by one copy at a time: dialling the dead, and filling up who hangs, costs requests time.
 */
const FAILURES = 5;
const DOWN_MS = 1000;
const FORGET_MS = 60_000;
const IDLE_MS = 10_000;

export interface Place {
  readonly address: Address;
  /** null: its name is not resolved. */
  readonly ip: string | null;
}

export class PooledEndpoint {
  readonly endpoint: Endpoint;
  usedAtMs = 0;
  #failures = 0;
  #downUntilMs = 0;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  isDown(nowMs: number): boolean {
    return this.#failures >= FAILURES && (nowMs < this.#downUntilMs || this.endpoint.active > 0);
  }

  failed(nowMs: number): void {
    if (++this.#failures >= FAILURES) this.#downUntilMs = nowMs + DOWN_MS;
  }

  succeeded(): void {
    this.#failures = 0;
  }
}

export class CopyPool {
  readonly #pooled = new Map<string, PooledEndpoint>();
  #turn = 0;

  /**
   * The next address that is not down.
   * @param scope of the rule: each has connections of its own
   * @param connections at most, to one address
   */
  pick(
    scope: string,
    places: readonly Place[],
    connections: number,
    nowMs: number,
  ): PooledEndpoint | 'down' | 'nowhere' {
    let found: 'down' | 'nowhere' = 'nowhere';
    this.#turn = (this.#turn + 1) % 0x4000_0000;
    for (let i = 0; i < places.length; i++) {
      const place = places[(this.#turn + i) % places.length]!;
      if (place.ip === null) continue;
      const pooled = this.#of(scope, place, place.ip, connections);
      if (!pooled.isDown(nowMs)) {
        pooled.usedAtMs = nowMs;
        return pooled;
      }
      found = 'down';
    }
    return found;
  }

  #of(scope: string, { address }: Place, ip: string, connections: number): PooledEndpoint {
    const key = Endpoint.keyOf(scope, address);
    const known = this.#pooled.get(key);
    const pooled = known ?? new PooledEndpoint(new Endpoint(scope, address, NO_LIMITS, IDLE_MS));
    if (known === undefined) this.#pooled.set(key, pooled);
    const { endpoint } = pooled;
    endpoint.limits = { ...NO_LIMITS, connections, pending: connections };
    endpoint.moveTo(ip);
    return pooled;
  }

  get open(): number {
    let open = 0;
    for (const { endpoint } of this.#pooled.values()) open += endpoint.open;
    return open;
  }

  /** Closes what has been idle too long, and forgets what nobody asks for. */
  sweep(nowMs: number): void {
    for (const [key, { endpoint, usedAtMs }] of this.#pooled) {
      endpoint.sweep(nowMs);
      if (endpoint.open === 0 && nowMs - usedAtMs > FORGET_MS) this.#pooled.delete(key);
    }
  }

  close(): void {
    for (const { endpoint } of this.#pooled.values()) endpoint.closeIdle();
  }
}

const NO_LIMITS = { connections: 1, pending: 1, requests: 1_000_000, retries: 0 } as const;
