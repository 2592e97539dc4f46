/**
 * Writes that this gate has let through and that are not over: by app and shard, and by zone where
 * nobody knows the shard. A freeze holds here only when the last write from before it is over; until then
 * the gate must not say that it does.
 */
import type { Forward } from '../../decide/decision.ts';
import type { Move } from '../../failover/board.ts';
import { moveAt, type Placement } from '../../failover/index.ts';
import type { AppId, ZoneId } from '../../model/ids.ts';

const MOST_SHARDS = 1024;

interface OfApp {
  readonly ofShard: Int32Array;
  readonly unknownIn: Map<ZoneId, number>;
}

export class WritesUnderWay {
  /** As many as routes name. */
  readonly #apps = new Map<AppId, OfApp>();
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
  #count({ shard, pinTag, targets, route }: Forward, by: number): void {
    if (pinTag !== null) return;
    let own = this.#apps.get(route.app);
    if (own === undefined) {
      own = { ofShard: new Int32Array(MOST_SHARDS), unknownIn: new Map() };
      this.#apps.set(route.app, own);
    }
    if (shard !== null) {
      own.ofShard[shard]! += by;
      return;
    }
    const zone = targets[0].zone.id;
    own.unknownIn.set(zone, (own.unknownIn.get(zone) ?? 0) + by);
  }

  /**
   * Is a write under way that these moves forbid? Not one of an app that lives elsewhere: its writes
   * go on, and nobody would ever see the end of them.
   * @param placement of the board that has the moves
   */
  anyOf(moves: readonly Move[], placement: Placement): boolean {
    for (const [app, { ofShard, unknownIn }] of this.#apps) {
      for (const m of moves) {
        if (m.app !== null && m.app !== app) continue;
        if ((unknownIn.get(m.from as ZoneId) ?? 0) > 0) return true;
        if (m.shards.some((s) => ofShard[s]! > 0 && moveAt(placement, s, app) !== undefined))
          return true;
      }
    }
    return false;
  }
}

/** Does the freeze of a move have to wait for it? */
export const countsAsWrite = (decision: Forward): boolean =>
  decision.isWrite &&
  decision.route.zoneType === 'rzone' &&
  // It writes where no user's data is.
  !decision.targets[0].group.isShadow;
