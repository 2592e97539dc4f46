/** Connections to one endpoint: kept alive between requests, newest first, bounded. */
import type net from 'node:net';
import type { Address } from '../../model/schema.ts';
import { connect, type SocketOwner } from '../http1/socket-io.ts';
import type { CoarseClock } from './clock.ts';

/** What an upstream connection tells the exchange that uses it. */
export interface UpstreamUser {
  upstreamReady(): void;
  upstreamBytes(buf: Buffer, length: number): void;
  upstreamDrained(): void;
  /** No more bytes will come: end of stream, failure, or both. */
  upstreamEnded(error: Error | null): void;
  /** It may go on sending after the upstream has ended its side; then that is told apart. */
  readonly takesHalfClose?: boolean;
  upstreamFinished?(): void;
}

export interface UpstreamLimits {
  readonly upstreamConnections: number;
  readonly upstreamIdleMs: number;
}

export class UpstreamConnection implements SocketOwner {
  readonly pool: EndpointPool;
  readonly socket: net.Socket;
  user: UpstreamUser | null;
  /** Requests it has carried before the present one. */
  served = 0;
  connected = false;
  idleSinceMs = 0;
  #ended = false;

  constructor(pool: EndpointPool, user: UpstreamUser) {
    this.pool = pool;
    this.user = user;
    this.socket = connect(pool.address.host, pool.address.port, this);
  }

  onConnect(): void {
    this.connected = true;
    this.user?.upstreamReady();
  }

  onBytes(buf: Buffer, length: number): void {
    // Bytes that nobody asked for would be taken for the next answer.
    if (this.user === null) this.discard();
    else this.user.upstreamBytes(buf, length);
  }

  onEnd(): void {
    if (this.user?.takesHalfClose === true) this.user.upstreamFinished?.();
    else this.#end(null);
  }

  onDrain(): void {
    this.user?.upstreamDrained();
  }

  onClose(error: Error | null): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.pool.forget(this);
    const { user } = this;
    this.user = null;
    this.socket.destroy();
    user?.upstreamEnded(error);
  }

  /** Fit for another request. */
  get clean(): boolean {
    return !this.#ended && !this.socket.destroyed && this.socket.writableLength === 0;
  }

  /** Done with it, and it must not be used again. */
  discard(): void {
    this.user = null;
    this.#ended = true;
    this.pool.forget(this);
    this.socket.destroy();
  }
}

export class EndpointPool {
  readonly address: Address;
  readonly #limits: () => UpstreamLimits;
  readonly #clock: CoarseClock;
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();

  constructor(address: Address, limits: () => UpstreamLimits, clock: CoarseClock) {
    this.address = address;
    this.#limits = limits;
    this.#clock = clock;
  }

  get open(): number {
    return this.#open.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** A connection that is ready, or null. */
  takeIdle(user: UpstreamUser): UpstreamConnection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (!connection.clean) continue;
      connection.user = user;
      return connection;
    }
  }

  /** Opens one, or null when the endpoint has all it may have. */
  dial(user: UpstreamUser): UpstreamConnection | null {
    if (this.#open.size >= this.#limits().upstreamConnections) return null;
    const connection = new UpstreamConnection(this, user);
    this.#open.add(connection);
    return connection;
  }

  giveBack(connection: UpstreamConnection): void {
    connection.user = null;
    if (!connection.clean) {
      connection.discard();
      return;
    }
    connection.served++;
    connection.idleSinceMs = this.#clock.nowMs;
    this.#idle.push(connection);
  }

  forget(connection: UpstreamConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** Closes what has been idle too long; the oldest lie at the bottom. */
  sweep(nowMs: number): void {
    const { upstreamIdleMs } = this.#limits();
    let old = 0;
    while (old < this.#idle.length && nowMs - this.#idle[old]!.idleSinceMs >= upstreamIdleMs) old++;
    for (const connection of this.#idle.splice(0, old)) connection.discard();
  }

  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.discard();
  }
}

/** All pools of a worker, by address; they outlive reloads. */
export class Upstreams {
  readonly #pools = new Map<string, EndpointPool>();
  readonly #turns = new WeakMap<readonly Address[], { next: number }>();
  readonly #limits: () => UpstreamLimits;
  readonly #clock: CoarseClock;

  constructor(limits: () => UpstreamLimits, clock: CoarseClock) {
    this.#limits = limits;
    this.#clock = clock;
    clock.onTick((nowMs) => this.#sweep(nowMs));
  }

  pool(address: Address): EndpointPool {
    let pool = this.#pools.get(address.text);
    if (pool === undefined) {
      pool = new EndpointPool(address, this.#limits, this.#clock);
      this.#pools.set(address.text, pool);
    }
    return pool;
  }

  /** Round robin: where in the list the next request starts. */
  turn(list: readonly Address[]): number {
    if (list.length === 1) return 0;
    let turn = this.#turns.get(list);
    if (turn === undefined) {
      turn = { next: 0 };
      this.#turns.set(list, turn);
    }
    turn.next = (turn.next + 1) % list.length;
    return turn.next;
  }

  all(): Iterable<EndpointPool> {
    return this.#pools.values();
  }

  #sweep(nowMs: number): void {
    for (const [key, pool] of this.#pools) {
      pool.sweep(nowMs);
      if (pool.open === 0) this.#pools.delete(key);
    }
  }
}
