/**
 * A second endpoint, asked because the first is late. Who answers first is taken and the other cut;
 * if one fails, the request is the other's.
 */
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import type { Attempts } from './attempts.ts';
import type { Opening } from './opening.ts';

export class Hedge {
  readonly #user: UpstreamUser;
  readonly #attempts: Attempts;
  readonly #opening: Opening;
  /** Asked too; null until it is, and once it is settled. */
  second: UpstreamConnection | null = null;
  /** When it will be asked; Infinity for never. */
  dueMs = Infinity;

  constructor(user: UpstreamUser, attempts: Attempts, opening: Opening) {
    this.#user = user;
    this.#attempts = attempts;
    this.#opening = opening;
  }

  /** The request is out. Only what asks for nothing but an answer may be asked twice. */
  plan(method: string, upgradeTo: string, nowMs: number): void {
    const { hedge } = this.#attempts.roster.policy;
    this.dueMs =
      hedge !== null &&
      (method === 'GET' || method === 'HEAD') &&
      this.#opening.whole &&
      upgradeTo === ''
        ? nowMs + hedge.afterMs
        : Infinity;
  }

  /** The first is late: asks another, if the budget allows it. */
  ask(nowMs: number): void {
    this.dueMs = Infinity;
    if (!this.#attempts.mayRepeat(nowMs)) return;
    const second = this.#attempts.asRepeat(this.#attempts.next(this.#user));
    if (typeof second === 'string') return;
    this.second = second;
    if (second.connected) this.send(second);
  }

  send(second: UpstreamConnection): void {
    second.socket.write(this.#opening.text, 'latin1');
  }

  /** One of the two has answered, or gone. @returns the other of them */
  settle(one: UpstreamConnection, first: UpstreamConnection | null): UpstreamConnection | null {
    const other = one === this.second ? first : this.second;
    this.second = null;
    return other;
  }

  drop(): void {
    this.second?.discard();
    this.second = null;
  }
}
