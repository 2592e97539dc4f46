/**
 * Writes that this gate has let through and that are not over: by shard, and by zone where nobody
 * knows the shard. A freeze holds here only when the last write from before it is over; until then
 * the gate must not say that it does.
 */
import type { Forward } from '../../decide/decision.ts';
import type { Move } from '../../failover/board.ts';
import type { ZoneId } from '../../model/ids.ts';

const MOST_SHARDS = 1024;

export class WritesUnderWay {
  readonly #ofShard = new Int32Array(MOST_SHARDS);
  readonly #unknownIn = new Map<ZoneId, number>();
  /** Told after the end of any write, while somebody waits for one. */
  whenOver: (() => void) | null = null;

  begin(decision: Forward): void {
    this.#count(decision, 1);
  }

  end(decision: Forward): void {
    this.#count(decision, -1);
    this.whenOver?.();
  }

  /** A pinned user does not move with his shard. */
  #count({ shard, pinTag, targets }: Forward, by: number): void {
    if (pinTag !== null) return;
    if (shard !== null) {
      this.#ofShard[shard]! += by;
      return;
    }
    const zone = targets[0].zone.id;
    this.#unknownIn.set(zone, (this.#unknownIn.get(zone) ?? 0) + by);
  }

  /** Is a write under way that these moves forbid? */
  anyOf(moves: readonly Move[]): boolean {
    return moves.some(
      (m) =>
        m.shards.some((s) => this.#ofShard[s]! > 0) ||
        (this.#unknownIn.get(m.from as ZoneId) ?? 0) > 0,
    );
  }
}

/** Does the freeze of a move have to wait for it? */
export const countsAsWrite = (decision: Forward): boolean =>
  decision.isWrite &&
  decision.route.zoneType === 'rzone' &&
  // It writes where no user's data is.
  !decision.targets[0].group.isShadow;
