/** Time that passes only when the simulation says so. What is due at one moment keeps its order. */

interface Due {
  readonly atMs: number;
  readonly turn: number;
  readonly act: () => void;
}

/** What the clock of the wall shows when a simulation begins. */
const BEGINS_AT_MS = 1_800_000_000_000;

export class Clock {
  /** Since the beginning. */
  nowMs = 0;
  #turn = 0;
  /** A binary heap: the next one first. */
  readonly #due: Due[] = [];

  /** Milliseconds since 1970, as boards and requests carry them. */
  get wallMs(): number {
    return BEGINS_AT_MS + Math.floor(this.nowMs);
  }

  at(atMs: number, act: () => void): void {
    const due = { atMs: Math.max(atMs, this.nowMs), turn: this.#turn++, act };
    const heap = this.#due;
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(due, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = due;
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.nowMs + delayMs, act);
  }

  /** Lets the next thing happen that is due until then. @returns false when there is none */
  step(untilMs: number): boolean {
    const first = this.#due[0];
    if (first === undefined || first.atMs > untilMs) return false;
    this.#removeFirst();
    this.nowMs = first.atMs;
    first.act();
    return true;
  }

  #removeFirst(): void {
    const heap = this.#due;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
  }
}

const isBefore = (a: Due, b: Due): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn);
