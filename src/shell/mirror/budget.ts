/** What all copies together may hold in memory, and how often something may be done. */

export class Budget {
  limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @returns false, and takes nothing, where there is no room */
  take(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

/** So many a second, and as many at once. */
export class Rate {
  #left: number;
  #atMs: number;

  constructor(perS: number, nowMs: number) {
    this.#left = perS;
    this.#atMs = nowMs;
  }

  take(perS: number, nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      this.#left = Math.min(perS, this.#left + ((nowMs - this.#atMs) * perS) / 1000);
      this.#atMs = nowMs;
    }
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
