/**
 * The gates that this one has heard of. A store that was emptied or went back forgets gates that
 * still serve, and a freeze must wait for those too; so whoever is gone from the list without reason
 * stays on the roll, silent, until it speaks again.
 */
import type { GateInFleet } from '../../failover/board.ts';
import { FORGET_GATE_AFTER_MS } from './entries.ts';

interface Known {
  readonly gate: GateInFleet;
  readonly seenMs: number;
  readonly missing: boolean;
}

export class Roll {
  readonly #me: string;
  #known = new Map<string, Known>();
  /** When the store was out of reach last; a list asked for before that settles nothing. */
  #doubtedMs = Number.NEGATIVE_INFINITY;
  #isInDoubt = false;

  constructor(me: string) {
    this.#me = me;
  }

  /** The store was out of reach: what it does not list when it is back, it may have lost. */
  doubt(nowMs: number): void {
    this.#doubtedMs = nowMs;
    this.#isInDoubt = true;
  }

  /** @param nowMs a clock that never goes back; @param askedMs when the list was asked for */
  complete(listed: readonly GateInFleet[], askedMs: number, nowMs: number): readonly GateInFleet[] {
    const names = new Set(listed.map((g) => g.gate));
    // A list without this gate is a store that has forgotten.
    const forgot = this.#isInDoubt || (this.#known.has(this.#me) && !names.has(this.#me));
    const missing = [...this.#known.values()].filter(
      (k) =>
        !names.has(k.gate.gate) &&
        k.gate.gate !== this.#me &&
        (forgot || k.missing) &&
        nowMs - k.seenMs < FORGET_GATE_AFTER_MS,
    );
    if (askedMs > this.#doubtedMs) this.#isInDoubt = false;
    this.#known = new Map();
    for (const k of missing) this.#known.set(k.gate.gate, { ...k, missing: true });
    for (const gate of listed) this.#known.set(gate.gate, { gate, seenMs: nowMs, missing: false });
    return [...listed, ...missing.map((k) => silent(k, nowMs))];
  }
}

function silent({ gate, seenMs }: Known, nowMs: number): GateInFleet {
  const passedMs = nowMs - seenMs;
  return { ...gate, ageMs: gate.ageMs + passedMs, leaseLeftMs: gate.leaseLeftMs - passedMs };
}
