/** How one request gets into its zone: at once, or through the line before it. */
import type { Priority } from '../../model/priority.ts';
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import type { Limit, Waiter } from '../upstream/zone-load.ts';
import type { Attempts } from './attempts.ts';
import { ANSWER, type GateAnswer } from './gate-answer.ts';

/** Who wants to get in. */
interface Entrant extends UpstreamUser {
  readonly priority: Priority;
  /** @param waited it has stood in the line */
  entered(attempt: UpstreamConnection, waited: boolean): void;
  fail(what: GateAnswer): void;
}

export class Entry implements Waiter {
  readonly #entrant: Entrant;
  readonly #attempts: Attempts;
  waitUntilMs = 0;
  /** Why it had to wait. */
  #inTheWay: Limit = 'queue';

  constructor(entrant: Entrant, attempts: Attempts) {
    this.#entrant = entrant;
    this.#attempts = attempts;
  }

  get priority(): Priority {
    return this.#entrant.priority;
  }

  /** @returns true when it stands in the line, and will hear; else the entrant has heard already */
  begin(): boolean {
    const limit = this.#attempts.load.full(this.priority);
    if (limit !== null) return this.#queue(limit);
    const attempt = this.#attempts.next(this.#entrant);
    if (typeof attempt === 'string' && attempt !== 'exhausted') return this.#queue(attempt);
    if (typeof attempt === 'string') this.#entrant.fail(ANSWER.noEndpoint);
    else this.#entrant.entered(attempt, false);
    return false;
  }

  /** @param limit what is in the way */
  #queue(limit: Limit): boolean {
    const { load } = this.#attempts;
    const refusedBy = load.wait(this);
    this.#inTheWay = limit;
    if (refusedBy === null) return true;
    load.refused[refusedBy === 'pending' ? limit : refusedBy]++;
    this.waitedTooLong();
    return false;
  }

  roomFound(): boolean {
    const attempt = this.#attempts.next(this.#entrant);
    if (attempt === 'exhausted') this.#entrant.fail(ANSWER.noEndpoint);
    else if (typeof attempt === 'string') return false;
    else this.#entrant.entered(attempt, true);
    return true;
  }

  waitedTooLong(): void {
    const soft = this.#inTheWay === 'adaptive' || this.#inTheWay === 'queue';
    this.#entrant.fail(soft ? ANSWER.overloaded : ANSWER.saturated);
  }

  /** Stands in the line no longer. */
  forget(): void {
    this.#attempts.load.forget(this);
  }
}
