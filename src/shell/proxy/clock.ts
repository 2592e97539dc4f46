/**
 * One coarse clock per worker instead of a timer per request. Deadlines are integers compared on
 * each tick, so a deadline is kept to within one tick.
 */
const TICK_MS = 100;

export class CoarseClock {
  /** Monotonic, milliseconds; not the wall clock. */
  nowMs = Math.trunc(performance.now());
  #timer: NodeJS.Timeout | null = null;
  readonly #sweeps = new Set<(nowMs: number) => void>();

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** `sweep` runs on each tick. */
  onTick(sweep: (nowMs: number) => void): void {
    this.#sweeps.add(sweep);
  }

  #tick(): void {
    this.nowMs = Math.trunc(performance.now());
    for (const sweep of this.#sweeps) sweep(this.nowMs);
  }
}
