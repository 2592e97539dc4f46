/**
 * What load tests may do at this gate: a rate, so many at once and so many in all for each scene, and
 * the rate of each token by its id. Counted where a request enters, in memory: a gate that starts anew
 * counts anew, and each gate of a fleet counts for itself.
 */
import type { Scene } from '../../stress-tag/index.ts';
import type { StressPass } from '../../stress-tag/token.ts';

export type Over = 'rate' | 'concurrency' | 'total' | 'token' | 'tokens';

/** A rate saves up a tenth of a second's requests: load generators send in small bursts. */
const BURST_S = 0.1;
const MAX_TOKENS = 1000;
/** By then any rate is whole again, so nothing is lost with it. */
const IDLE_MS = 1000;

class Rate {
  #left: number;
  atMs: number;

  constructor(perS: number, nowMs: number) {
    this.#left = capacity(perS);
    this.atMs = nowMs;
  }

  /** Is there one more? It is not yet taken. */
  has(perS: number, nowMs: number): boolean {
    const gained = ((nowMs - this.atMs) * perS) / 1000;
    this.#left = Math.min(capacity(perS), this.#left + gained);
    this.atMs = nowMs;
    return this.#left >= 1;
  }

  take(): void {
    this.#left--;
  }
}

const capacity = (perS: number): number => Math.max(1, perS * BURST_S);

class SceneUse {
  readonly rate: Rate;
  active = 0;
  /** Let in since the gate's start. */
  total = 0;

  constructor(perS: number, nowMs: number) {
    this.rate = new Rate(perS, nowMs);
  }
}

export class StressQuota {
  /** Outlives reloads. Bounded by declared names. */
  readonly #scenes = new Map<string, SceneUse>();
  /** By the token's id, the one used longest ago first. */
  readonly #tokens = new Map<string, Rate>();

  /** @returns what is used up, and then nothing was taken; null: it may go on, until `leave` */
  enter(scene: Scene, pass: StressPass | null, nowMs: number): Over | null {
    const { rps, concurrency, total } = scene.limits;
    const use = this.#useOf(scene, nowMs);
    if (total !== null && use.total >= total) return 'total';
    if (use.active >= concurrency) return 'concurrency';
    if (!use.rate.has(rps, nowMs)) return 'rate';
    if (pass !== null) {
      const over = this.#takeOf(pass, nowMs);
      if (over !== null) return over;
    }
    use.rate.take();
    use.active++;
    use.total++;
    return null;
  }

  leave(scene: string): void {
    const use = this.#scenes.get(scene);
    if (use !== undefined) use.active--;
  }

  used(scene: string): { readonly active: number; readonly total: number } {
    return this.#scenes.get(scene) ?? { active: 0, total: 0 };
  }

  #useOf({ name, limits }: Scene, nowMs: number): SceneUse {
    let use = this.#scenes.get(name);
    if (use === undefined) {
      use = new SceneUse(limits.rps, nowMs);
      this.#scenes.set(name, use);
    }
    return use;
  }

  #takeOf({ id, qps }: StressPass, nowMs: number): Over | null {
    let rate = this.#tokens.get(id);
    if (rate === undefined) {
      if (this.#tokens.size >= MAX_TOKENS && !this.#makeRoom(nowMs)) return 'tokens';
      rate = new Rate(qps, nowMs);
    } else this.#tokens.delete(id);
    this.#tokens.set(id, rate);
    if (!rate.has(qps, nowMs)) return 'token';
    rate.take();
    return null;
  }

  #makeRoom(nowMs: number): boolean {
    for (const [id, rate] of this.#tokens) {
      if (nowMs - rate.atMs < IDLE_MS) return false;
      this.#tokens.delete(id);
      return true;
    }
    return false;
  }
}
