/**
 * One address of one app: its connections, kept alive between requests, newest first; what is under
 * way there; how healthy it has been measured. It outlives reloads, and every roster that lists the
 * address shares it.
 */
import { isIP } from 'node:net';
import type { Address } from '../../model/schema.ts';
import type { EndpointLimits } from '../../upstream/index.ts';
import { UpstreamConnection, type UpstreamUser } from './connection.ts';
import { Health } from './health.ts';

/** Why an endpoint opens no connection at the moment: the limit that says so. */
export type EndpointFull = 'connections' | 'pending';

export class Endpoint {
  readonly key: string;
  /** The app, or `peers`. */
  readonly scope: string;
  readonly address: Address;
  readonly health = new Health();
  /** What to connect to: the address, or what its name was resolved to; null: not resolved yet. */
  ip: string | null;
  limits: EndpointLimits;
  idleTimeoutMs: number;
  /** Requests under way. */
  active = 0;
  /** Repeated requests among them. */
  retrying = 0;
  #dialling = 0;
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();

  constructor(scope: string, address: Address, limits: EndpointLimits, idleTimeoutMs: number) {
    this.scope = scope;
    this.key = Endpoint.keyOf(scope, address);
    this.address = address;
    this.ip = isIP(address.host) === 0 ? null : address.host;
    this.limits = limits;
    this.idleTimeoutMs = idleTimeoutMs;
  }

  /** May be given requests, as far as is known. */
  get usable(): boolean {
    return this.ip !== null && this.health.usable;
  }

  /** Its name now means another address; connections to the old one end with their requests. */
  moveTo(ip: string): void {
    if (ip === this.ip) return;
    this.ip = ip;
    this.closeIdle();
  }

  static keyOf(scope: string, address: Address): string {
    return `${scope} ${address.text}`;
  }

  get open(): number {
    return this.#open.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  get dialling(): number {
    return this.#dialling;
  }

  get hasRoom(): boolean {
    return this.active < this.limits.requests;
  }

  /** A connection that is ready, or null. */
  takeIdle(user: UpstreamUser): UpstreamConnection | null {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return null;
      if (!connection.clean) {
        connection.discard();
        continue;
      }
      connection.user = user;
      connection.reused = true;
      this.active++;
      return connection;
    }
  }

  /** Opens one, or says which limit forbids it. */
  dial(user: UpstreamUser): UpstreamConnection | EndpointFull | 'unresolved' {
    const { ip } = this;
    if (ip === null) return 'unresolved';
    if (this.#open.size >= this.limits.connections) return 'connections';
    if (this.#dialling >= this.limits.pending) return 'pending';
    this.#dialling++;
    this.active++;
    const connection = new UpstreamConnection(this, ip, user);
    this.#open.add(connection);
    return connection;
  }

  /** Called once for each dial: it has connected, or never will. */
  dialEnded(): void {
    this.#dialling--;
  }

  /** @param nowMs of the coarse clock */
  giveBack(connection: UpstreamConnection, nowMs: number): void {
    const retired = this.idleTimeoutMs === 0;
    if (retired || !connection.clean || connection.ip !== this.ip) {
      connection.discard();
      return;
    }
    connection.user = null;
    connection.idleSinceMs = nowMs;
    this.active--;
    this.#idle.push(connection);
  }

  /** Only for the connection itself. @param used a request was on it */
  forget(connection: UpstreamConnection, used: boolean): void {
    if (!this.#open.delete(connection)) return;
    if (used) this.active--;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** Closes what has been idle too long; the oldest lie at the bottom. */
  sweep(nowMs: number): void {
    if (this.#idle.length === 0) return;
    let old = 0;
    while (old < this.#idle.length && nowMs - this.#idle[old]!.idleSinceMs >= this.idleTimeoutMs)
      old++;
    if (old > 0) for (const connection of this.#idle.splice(0, old)) connection.discard();
  }

  /** Closes the connection that has been idle longest. @returns false when none is idle */
  closeOldest(): boolean {
    const oldest = this.#idle.shift();
    oldest?.discard();
    return oldest !== undefined;
  }

  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.discard();
  }
}
