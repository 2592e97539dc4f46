/** Asks the declared check for moves that wait for it, beside everything else: it may be slow, or hang. */
import type { Move } from '../../failover/board.ts';
import type { FleetSettings } from '../../failover/compile-fleet.ts';
import { askLevel, type Checked, type Level } from './catch-up.ts';

/** A check is asked again so soon; while nothing is frozen there is time. */
const AGAIN_MS = 50;
const VERIFY_AGAIN_MS = 1000;

interface Asked {
  readonly checked: Checked | null;
  readonly isUnderWay: boolean;
  readonly atMs: number;
}

export class LevelChecks {
  readonly #how: () => FleetSettings['catchUp'];
  readonly #told: (move: Move, checked: Checked) => void;
  /** By move and state: a store that went back gives numbers out again. */
  #asked = new Map<string, Asked>();

  constructor(
    how: () => FleetSettings['catchUp'],
    /** The answer is another than before. */
    told: (move: Move, checked: Checked) => void,
  ) {
    this.#how = how;
    this.#told = told;
  }

  level(move: Move): Level {
    return this.#asked.get(keyOf(move))?.checked?.level ?? 'unknown';
  }

  /** @param nowMs monotonic */
  ask(moves: readonly Move[], nowMs: number): void {
    const wanted = new Map<string, Asked>();
    for (const move of moves) {
      const key = keyOf(move);
      const known = this.#asked.get(key) ?? { checked: null, isUnderWay: false, atMs: -Infinity };
      wanted.set(key, known);
      if (known.isUnderWay || nowMs - known.atMs < againMs(move)) continue;
      wanted.set(key, { ...known, isUnderWay: true, atMs: nowMs });
      void this.#askOne(move, key);
    }
    this.#asked = wanted;
  }

  async #askOne(move: Move, key: string): Promise<void> {
    const checked = await askLevel(move, this.#how());
    const before = this.#asked.get(key);
    if (before === undefined) return;
    this.#asked.set(key, { ...before, checked, isUnderWay: false });
    if (before.checked?.why !== checked.why || checked.level === 'level') this.#told(move, checked);
  }

  clear(): void {
    this.#asked.clear();
  }
}

const againMs = ({ state }: Move): number => (state === 'verifying' ? VERIFY_AGAIN_MS : AGAIN_MS);

const keyOf = (move: Move): string => `${move.id} ${move.stateEpoch}`;
