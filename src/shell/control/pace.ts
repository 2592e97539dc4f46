/** A bound on commands: so many at once, and so many a second after that. */
const COMMANDS_PER_S = 20;

export class CommandPace {
  #left = COMMANDS_PER_S;
  #atMs = 0;

  /** @param nowMs a clock that never goes back */
  take(nowMs: number): boolean {
    const grown = ((nowMs - this.#atMs) / 1000) * COMMANDS_PER_S;
    this.#left = Math.min(COMMANDS_PER_S, this.#left + grown);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
