/**
 * How many requests may be sent again: a share of the last ten seconds' requests, and a floor for
 * quiet times. So a failing zone gets at most that much more, however many clients wait.
 */
import type { Retries } from '../../upstream/index.ts';

const SLOT_MS = 1000;
const SLOTS = 10;

export class RetryBudget {
  readonly #requests = new Float64Array(SLOTS);
  readonly #repeats = new Float64Array(SLOTS);
  #slot = 0;
  #slotEndsMs = 0;
  #sumRequests = 0;
  #sumRepeats = 0;

  request(nowMs: number): void {
    if (nowMs >= this.#slotEndsMs) this.#turn(nowMs);
    this.#requests[this.#slot]!++;
    this.#sumRequests++;
  }

  /** @returns false when the budget is used up */
  take(nowMs: number, policy: Retries): boolean {
    if (nowMs >= this.#slotEndsMs) this.#turn(nowMs);
    const allowed = Math.max(
      (this.#sumRequests * policy.budgetPercent) / 100,
      (policy.floorPerS * SLOTS * SLOT_MS) / 1000,
    );
    if (this.#sumRepeats + 1 > allowed) return false;
    this.#repeats[this.#slot]!++;
    this.#sumRepeats++;
    return true;
  }

  #turn(nowMs: number): void {
    const passed = Math.min(SLOTS, 1 + Math.trunc((nowMs - this.#slotEndsMs) / SLOT_MS));
    for (let i = 0; i < passed; i++) {
      this.#slot = (this.#slot + 1) % SLOTS;
      this.#sumRequests -= this.#requests[this.#slot]!;
      this.#sumRepeats -= this.#repeats[this.#slot]!;
      this.#requests[this.#slot] = 0;
      this.#repeats[this.#slot] = 0;
    }
    this.#slotEndsMs = nowMs + SLOT_MS;
  }
}
