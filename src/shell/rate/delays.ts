/**
 * Requests that wait because a rate says so: one timer for all of them, and room for so many. A slow
 * client is cheap to hold, but not for nothing: where there is no room, the caller decides.
 */
const STEP_MS = 10;
/** Longer than any delay that a document may ask for. */
const STEPS = 1024;

export interface Delayed {
  /** Nobody waits for it any more. */
  cancel(): void;
}

class Waiting implements Delayed {
  go: (() => void) | null;
  readonly #gone: () => void;

  constructor(go: () => void, gone: () => void) {
    this.go = go;
    this.#gone = gone;
  }

  cancel(): void {
    if (this.go === null) return;
    this.go = null;
    this.#gone();
  }
}

export class Delays {
  /** Requests that wait now. */
  waiting = 0;
  /** Found no room. */
  turnedAway = 0;
  readonly #most: number;
  readonly #steps: Waiting[][] = Array.from({ length: STEPS }, () => []);
  readonly #gone = (): void => {
    this.waiting--;
  };
  #timer: NodeJS.Timeout | null = null;
  #step = 0;
  #startedAtMs = 0;

  /** @param most that may wait at once */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @param delayMs 1 … 10,000; kept to 10 ms, never shorter
   * @returns null: there is no room, and `go` is never called
   */
  hold(delayMs: number, go: () => void): Delayed | null {
    if (this.waiting >= this.#most) {
      this.turnedAway++;
      return null;
    }
    this.#run();
    const due = Math.ceil((performance.now() - this.#startedAtMs + delayMs) / STEP_MS);
    const ahead = Math.min(Math.max(1, due - this.#step), STEPS - 1);
    const waiting = new Waiting(go, this.#gone);
    this.#steps[(this.#step + ahead) % STEPS]!.push(waiting);
    this.waiting++;
    return waiting;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const step of this.#steps) step.length = 0;
    this.waiting = 0;
  }

  #run(): void {
    if (this.#timer !== null) return;
    // Nobody waits, so time may begin anew.
    this.#startedAtMs = performance.now();
    this.#step = 0;
    this.#timer = setInterval(() => this.#tick(), STEP_MS).unref();
  }

  #tick(): void {
    const until = Math.floor((performance.now() - this.#startedAtMs) / STEP_MS);
    while (this.#step < until) {
      this.#step++;
      const step = this.#steps[this.#step % STEPS]!;
      if (step.length === 0) continue;
      this.#steps[this.#step % STEPS] = [];
      for (const waiting of step) {
        const { go } = waiting;
        waiting.cancel();
        go?.();
      }
    }
    if (this.waiting > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
