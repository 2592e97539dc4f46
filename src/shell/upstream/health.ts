/**
 * What has been measured of one endpoint. Two witnesses: the prober, which asks, and the requests
 * that went there. A measurement, never an order: orders are switches, and are shown apart.
 *
 *   up ──fall probes──▶ down ──rise probes──▶ up
 *   in ──failures──▶ ejected ──time over──▶ in, on trial: one failure ejects again, for twice as long
 */
import type { Outliers } from '../../upstream/index.ts';

/** A newcomer begins with this part of its share. */
const FIRST_PART = 0.1;

export class Health {
  /** What the prober says; unknown is taken for up. */
  probe: 'unknown' | 'up' | 'down' = 'unknown';
  /** Why the last probe failed. */
  probeFailure = '';
  /** 0: not ejected. On the coarse clock, as all times here. */
  ejectedUntilMs = 0;
  /** Since when it has been taking requests, for slow start; -Infinity: from the beginning. */
  joinedAtMs = -Infinity;
  /** All there ever were. */
  ejections = 0;
  #row = 0;
  #consecutive = 0;
  #windowEndMs = 0;
  #requests = 0;
  #failures = 0;

  get usable(): boolean {
    return this.probe !== 'down' && this.ejectedUntilMs === 0;
  }

  succeeded(nowMs: number, policy: Outliers): void {
    this.#count(nowMs, policy.windowMs);
    this.#consecutive = 0;
    // A trial ends when it has gone well for as long as the first ejection lasts.
    if (this.#row > 0 && nowMs - this.joinedAtMs > policy.ejectMs) this.#row = 0;
  }

  /** @returns should it be ejected? */
  failed(nowMs: number, policy: Outliers): boolean {
    this.#count(nowMs, policy.windowMs);
    this.#failures++;
    this.#consecutive++;
    if (this.ejectedUntilMs !== 0) return false;
    if (this.#consecutive >= policy.consecutive) return true;
    return (
      policy.percent > 0 &&
      this.#requests >= policy.minRequests &&
      this.#failures * 100 >= this.#requests * policy.percent
    );
  }

  #count(nowMs: number, windowMs: number): void {
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + windowMs;
      this.#requests = 0;
      this.#failures = 0;
    }
    this.#requests++;
  }

  eject(nowMs: number, policy: Outliers): void {
    const lastingMs = Math.min(policy.ejectMs * 2 ** Math.min(this.#row, 30), policy.maxEjectMs);
    this.ejectedUntilMs = nowMs + lastingMs;
    this.ejections++;
    this.#row++;
  }

  /** The ejection is over. @returns false when it is not */
  maybeReturn(nowMs: number, policy: Outliers | null): boolean {
    if (this.ejectedUntilMs === 0 || nowMs < this.ejectedUntilMs) return false;
    this.ejectedUntilMs = 0;
    this.joinedAtMs = nowMs;
    this.#windowEndMs = 0;
    this.#consecutive = policy === null ? 0 : policy.consecutive - 1;
    return true;
  }

  /** How much of its share it gets: 1, or less while it is new. */
  part(nowMs: number, slowStartMs: number): number {
    const ageMs = nowMs - this.joinedAtMs;
    if (ageMs >= slowStartMs) return 1;
    return Math.max(FIRST_PART, ageMs / slowStartMs);
  }
}
