/**
 * How many requests a zone answers at once without growing slower. A gradient on the time to the
 * first byte: while it stays within `tolerance` times the undisturbed time (and `slackMs`, because a
 * fast zone's time is mostly noise) the limit grows by its square root, beyond that it shrinks in proportion. After Netflix's concurrency-limits and Envoy's
 * adaptive concurrency, but with no moments of artificial calm: what is undisturbed is learnt while
 * there is less to do than the limit allows. While there is not, it hardly drifts; but if the time
 * stays when the limit has been halved, it is the zone that has become slower, not the crowd, and
 * that time is the undisturbed one from then on.
 */
import type { Adaptive } from '../../upstream/index.ts';

const WINDOW_MS = 100;
const MIN_SAMPLES = 10;
/** After a change nothing is learnt until those before it have left: twice an answer’s time, at most so long. */
const MAX_DEAF_MS = 2000;
const FIRST_LIMIT = 100;
const MAX_SHRINK = 0.5;
/** How far the undisturbed time follows a window's time, by whether the limit was felt. */
const FOLLOW_DOWN = 0.5;
const FOLLOW_UP = 0.02;
const DRIFT = 1.00002;
/** The limit has shrunk to this part, and the time is still above that part: not the crowd's fault. */
const SHRUNK = 0.6;
const UNMOVED = 0.85;

export class AdaptiveLimit {
  readonly #policy: Adaptive;
  #limit: number;
  #undisturbedMs = 0;
  /** Limit and time when the limit last began to shrink; 0: it does not. */
  #shrunkFrom = 0;
  #slowAtMs = 0;
  #sumMs = 0;
  #samples = 0;
  #mostActive = 0;
  #windowEndsMs = 0;
  #listensFromMs = 0;

  constructor(policy: Adaptive) {
    this.#policy = policy;
    this.#limit = Math.min(policy.max, Math.max(policy.min, FIRST_LIMIT));
  }

  get limit(): number {
    return this.#limit;
  }

  get undisturbedMs(): number {
    return this.#undisturbedMs;
  }

  /**
   * @param ms from being let in to the first byte
   * @param active requests under way, this one among them
   */
  sample(ms: number, active: number, nowMs: number): void {
    // Who was let in under the limit before says nothing of the present one.
    if (nowMs < this.#listensFromMs) return;
    this.#sumMs += ms;
    this.#samples++;
    if (active > this.#mostActive) this.#mostActive = active;
    if (this.#samples < MIN_SAMPLES || nowMs < this.#windowEndsMs) return;
    const mean = this.#sumMs / this.#samples;
    this.#adjust(mean, this.#mostActive * 2 > this.#limit);
    this.#sumMs = 0;
    this.#samples = 0;
    this.#mostActive = 0;
    this.#listensFromMs = nowMs + Math.min(mean * 2, MAX_DEAF_MS);
    this.#windowEndsMs = this.#listensFromMs + WINDOW_MS;
  }

  #adjust(ms: number, limitFelt: boolean): void {
    this.#learn(ms, limitFelt);
    const { min, max, tolerance, slackMs } = this.#policy;
    const gradient = Math.min(
      1,
      Math.max(MAX_SHRINK, (tolerance * this.#undisturbedMs + slackMs) / Math.max(ms, 0.001)),
    );
    this.#doubt(ms, gradient);
    // Without pressure there is no evidence for a higher limit.
    const growth = limitFelt ? Math.sqrt(this.#limit) : 0;
    this.#limit = Math.min(max, Math.max(min, this.#limit * gradient + growth));
  }

  /** Was it the crowd? If fewer at once are as slow as many were, it was not. */
  #doubt(ms: number, gradient: number): void {
    if (gradient === 1) {
      this.#shrunkFrom = 0;
    } else if (this.#shrunkFrom === 0) {
      this.#shrunkFrom = this.#limit;
      this.#slowAtMs = ms;
    } else if (this.#limit < this.#shrunkFrom * SHRUNK) {
      if (ms > this.#slowAtMs * UNMOVED) this.#undisturbedMs = ms;
      this.#shrunkFrom = 0;
    }
  }

  #learn(ms: number, limitFelt: boolean): void {
    const known = this.#undisturbedMs;
    if (known === 0) this.#undisturbedMs = ms;
    else if (ms < known) this.#undisturbedMs = known + (ms - known) * FOLLOW_DOWN;
    else if (limitFelt) this.#undisturbedMs = Math.min(ms, known * DRIFT);
    else this.#undisturbedMs = known + (ms - known) * FOLLOW_UP;
  }
}
