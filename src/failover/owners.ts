/** The owner of every shard, by declaration or, once somebody has moved one, by the board. */
import type { Rules } from '../zone/compile-rules.ts';
import type { Board, Switch } from './board.ts';
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

export type Drain = Switch & { readonly action: 'drain' };

export const drainsOf = (board: Board): Drain[] =>
  board.switches.filter((s): s is Drain => s.action === 'drain');

/** The owners once these drains, oldest first, have given back what they took. */
export function withoutDrains(
  owners: readonly string[],
  drains: readonly Drain[],
): readonly string[] {
  let homes = owners;
  // Whoever took a shard first has it from its home.
  for (const { taken } of drains.toReversed())
    for (const { from, shards } of taken.toReversed()) homes = withOwner(homes, shards, from);
  return homes;
}

/** Where each shard would be if every drain were restored. */
export const homesOf = (board: Board, rules: Rules): readonly string[] =>
  withoutDrains(ownersOf(board, rules), drainsOf(board));

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
