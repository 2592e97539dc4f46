/** Whether somebody is slower than allowed, judged over whole windows from a moment on. */
export class Pace {
  #sinceMs = 0;
  #bytes = 0;

  begin(nowMs: number, bytes: number): void {
    this.#sinceMs = nowMs;
    this.#bytes = bytes;
  }

  /** Milliseconds until there is enough to judge by. */
  leftMs(nowMs: number, windowMs: number): number {
    return Math.max(0, this.#sinceMs + windowMs - nowMs);
  }

  /** @param bytes so far, counted as in `begin`. A window that was fast enough begins the next. */
  tooSlow(nowMs: number, bytes: number, windowMs: number, minBytesPerS: number): boolean {
    const lastedMs = nowMs - this.#sinceMs;
    if (lastedMs < windowMs) return false;
    if ((bytes - this.#bytes) * 1000 < minBytesPerS * lastedMs) return true;
    this.begin(nowMs, bytes);
    return false;
  }
}
