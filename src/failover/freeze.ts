/** Where writes are refused now, by the board: computed when it changes, looked up per request. */
import type { Reason } from '../model/reason.ts';
import type { Rules } from '../zone/compile-rules.ts';
import { type Board, holdsWrites, type Move } from './board.ts';
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
  /** What is otherwise for an app that lives apart, or is on its way; null: not frozen with its shard. */
  readonly ofApp: ReadonlyMap<string, AppFreezes>;
}

interface AppFreezes {
  readonly ofShard: Map<number, Freeze | null>;
  readonly inZone: Map<string, Freeze>;
}

/** A move freezes for a second or less; an order, for as long as people think. */
const MOVE_RETRY_S = 1;
const ORDER_RETRY_S = 5;

const NO_FREEZES: Freezes = Object.freeze({
  any: false,
  ofShard: [],
  ofZone: new Map(),
  inZone: new Map(),
  ofApp: new Map(),
});

/** Of a writer whose shard is known. */
export function freezeAt({ ofShard, ofApp }: Freezes, shard: number, app: string): Freeze | null {
  const own = ofApp.size === 0 ? undefined : ofApp.get(app)?.ofShard.get(shard);
  return own === undefined ? (ofShard[shard] ?? null) : own;
}

/** Of one whose shard nobody knows: it may be any of the zone's. */
export const freezeIn = ({ inZone, ofApp }: Freezes, zone: string, app: string): Freeze | null =>
  inZone.get(zone) ?? ofApp.get(app)?.inZone.get(zone) ?? null;

/** @param lost this gate has lost the fleet for longer than its lease */
export function freezesOf(board: Board, rules: Rules, lost: boolean): Freezes {
  const ofShard: (Freeze | undefined)[] = [];
  const ofZone = new Map<string, Freeze>();
  const inZone = new Map<string, Freeze>();
  const ofApp = new Map<string, AppFreezes>();
  const owners = ownersOf(board, rules);
  const freezeShard = (shard: number, freeze: Freeze): void => {
    ofShard[shard] ??= freeze;
    const owner = owners[shard];
    if (owner !== undefined && !inZone.has(owner)) inZone.set(owner, freeze);
  };
  for (const move of board.moves) {
    const freeze = freezeOf(move, lost);
    if (freeze === null) continue;
    if (move.app !== null) {
      freezeApp(ofApp, move.app, move, freeze);
      continue;
    }
    for (const shard of move.shards) freezeShard(shard, freeze);
    inZone.set(move.from, freeze);
    inZone.set(move.to, freeze);
    for (const { app, shard, zone } of board.appOwners)
      if (zone !== move.from && move.shards.includes(shard))
        appFreezes(ofApp, app).ofShard.set(shard, null);
  }
  for (const s of board.switches) {
    if (s.action !== 'freeze') continue;
    const freeze: Freeze = { reason: FREEZE.ordered, id: s.id, retryAfterS: ORDER_RETRY_S };
    if (s.scope.kind === 'zone') ofZone.set(s.scope.zone, freeze);
    if (s.scope.kind === 'shards')
      for (const shard of s.scope.shards) {
        freezeShard(shard, freeze);
        freezeApart(ofApp, board, shard, freeze);
      }
  }
  const any = ofShard.length > 0 || ofZone.size > 0 || ofApp.size > 0;
  return any ? { any, ofShard, ofZone, inZone, ofApp } : NO_FREEZES;
}

function appFreezes(ofApp: Map<string, AppFreezes>, app: string): AppFreezes {
  const own = ofApp.get(app) ?? { ofShard: new Map(), inZone: new Map() };
  ofApp.set(app, own);
  return own;
}

function freezeApp(
  ofApp: Map<string, AppFreezes>,
  app: string,
  { shards, from, to }: Move,
  freeze: Freeze,
): void {
  const own = appFreezes(ofApp, app);
  for (const shard of shards) own.ofShard.set(shard, freeze);
  own.inZone.set(from, freeze);
  own.inZone.set(to, freeze);
}

/** An order is about all of a shard, wherever its apps are. */
function freezeApart(
  ofApp: Map<string, AppFreezes>,
  board: Board,
  shard: number,
  freeze: Freeze,
): void {
  for (const o of board.appOwners) {
    if (o.shard !== shard) continue;
    const own = appFreezes(ofApp, o.app);
    own.ofShard.set(shard, own.ofShard.get(shard) ?? freeze);
    own.inZone.set(o.zone, own.inZone.get(o.zone) ?? freeze);
  }
}

function freezeOf(move: Move, lost: boolean): Freeze | null {
  if (move.state === 'verifying') return null;
  if (lost) return { reason: FREEZE.lost, id: move.id, retryAfterS: ORDER_RETRY_S };
  if (!holdsWrites(move)) return null;
  return { reason: FREEZE.moving, id: move.id, retryAfterS: MOVE_RETRY_S };
}
