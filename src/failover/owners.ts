/** The owner of every shard, by declaration or, once somebody has moved one, by the board. */
import type { Rules } from '../zone/compile-rules.ts';
import type { Board } from './board.ts';
import type { Leg } from './run.ts';

export const ownersOf = (board: Board, rules: Rules): readonly string[] =>
  board.owners !== null && board.owners.length === rules.owners.length
    ? board.owners
    : rules.owners;

export function withOwner(
  owners: readonly string[],
  shards: readonly number[],
  to: string,
): readonly string[] {
  const next = [...owners];
  for (const s of shards) next[s] = to;
  return next;
}

/** Where each shard would be if every drain were restored. */
export function homesOf(board: Board, rules: Rules): readonly string[] {
  let homes = ownersOf(board, rules);
  // Whoever took a shard first has it from its home.
  for (const s of board.switches.toReversed()) {
    if (s.action !== 'drain') continue;
    for (const { from, shards } of s.taken.toReversed()) homes = withOwner(homes, shards, from);
  }
  return homes;
}

export function shardsOf(owners: readonly string[], zone: string): number[] {
  const own: number[] = [];
  owners.forEach((o, s) => {
    if (o === zone) own.push(s);
  });
  return own;
}

/** One leg for each pair of zones between which shards differ. */
export function legsBetween(before: readonly string[], after: readonly string[]): Leg[] {
  const legs = new Map<string, { from: string; to: string; shards: number[] }>();
  before.forEach((from, s) => {
    const to = after[s];
    if (to === undefined || to === from) return;
    const key = `${from} ${to}`;
    const leg = legs.get(key) ?? { from, to, shards: [] };
    leg.shards.push(s);
    legs.set(key, leg);
  });
  return [...legs.values()];
}
