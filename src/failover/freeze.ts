/** Where writes are refused now, by the board: computed when it changes, looked up per request. */
import type { Reason } from '../model/reason.ts';
import type { Rules } from '../zone/compile-rules.ts';
import type { Board, Move } from './board.ts';
import { ownersOf } from './owners.ts';
import { FREEZE } from './reasons.ts';

export interface Freeze {
  readonly reason: Reason;
  /** The move or the switch. */
  readonly id: string;
  /** Seconds: when to come again. */
  readonly retryAfterS: number;
}

export interface Freezes {
  /** False for nearly all of the time: nothing below need be looked at. */
  readonly any: boolean;
  readonly ofShard: readonly (Freeze | undefined)[];
  /** By a switch on the zone itself. */
  readonly ofZone: ReadonlyMap<string, Freeze>;
  /** Some shard of the zone is frozen: a writer whose shard nobody knows may own it. */
  readonly inZone: ReadonlyMap<string, Freeze>;
}

/** A move freezes for a second or less; an order, for as long as people think. */
const MOVE_RETRY_S = 1;
const ORDER_RETRY_S = 5;

const NO_FREEZES: Freezes = Object.freeze({
  any: false,
  ofShard: [],
  ofZone: new Map(),
  inZone: new Map(),
});

/** @param lost this gate has lost the fleet for longer than its lease */
export function freezesOf(board: Board, rules: Rules, lost: boolean): Freezes {
  const ofShard: (Freeze | undefined)[] = [];
  const ofZone = new Map<string, Freeze>();
  const inZone = new Map<string, Freeze>();
  const owners = ownersOf(board, rules);
  const freezeShard = (shard: number, freeze: Freeze): void => {
    ofShard[shard] ??= freeze;
    const owner = owners[shard];
    if (owner !== undefined && !inZone.has(owner)) inZone.set(owner, freeze);
  };
  for (const move of board.moves) {
    const freeze = freezeOf(move, lost);
    if (freeze === null) continue;
    for (const shard of move.shards) freezeShard(shard, freeze);
    inZone.set(move.from, freeze);
    inZone.set(move.to, freeze);
  }
  for (const s of board.switches) {
    if (s.action !== 'freeze') continue;
    const freeze: Freeze = { reason: FREEZE.ordered, id: s.id, retryAfterS: ORDER_RETRY_S };
    if (s.scope.kind === 'zone') ofZone.set(s.scope.zone, freeze);
    if (s.scope.kind === 'shards') for (const shard of s.scope.shards) freezeShard(shard, freeze);
  }
  const any = ofShard.length > 0 || ofZone.size > 0;
  return any ? { any, ofShard, ofZone, inZone } : NO_FREEZES;
}

function freezeOf(move: Move, lost: boolean): Freeze | null {
  if (lost) return { reason: FREEZE.lost, id: move.id, retryAfterS: ORDER_RETRY_S };
  if (move.mode === 'no-freeze') return null;
  return { reason: FREEZE.moving, id: move.id, retryAfterS: MOVE_RETRY_S };
}
