/**
 * The owner of every shard, by declaration or, once somebody has moved one, by the board; and of an app
 * of a shard that lives apart from it.
 */
import type { Rules } from '../zone/compile-rules.ts';
import type { AppOwner, Board, OneApp, Switch } from './board.ts';
import type { Leg } from './run.ts';

/** @param app null: of the shards themselves, and so of every app that does not live apart */
export function ownersOf(board: Board, rules: Rules, app: OneApp = null): readonly string[] {
  const whole =
    board.owners !== null && board.owners.length === rules.owners.length
      ? board.owners
      : rules.owners;
  if (app === null || board.appOwners.length === 0) return whole;
  const owners = [...whole];
  for (const o of board.appOwners) if (o.app === app) owners[o.shard] = o.zone;
  return owners;
}

export function withOwner(
  owners: readonly string[],
  shards: readonly number[],
  to: string,
): readonly string[] {
  const next = [...owners];
  for (const s of shards) next[s] = to;
  return next;
}

/** Apps of shards that do not live where their shard does. */
export function apart(board: Board, rules: Rules): AppOwner[] {
  if (board.appOwners.length === 0) return [];
  const owners = ownersOf(board, rules);
  return board.appOwners.filter((o) => o.zone !== owners[o.shard]);
}

type Owned = Pick<Board, 'owners' | 'since' | 'appOwners'>;

/**
 * Who owns what once a leg has flipped. An app that lives elsewhere stays there when its shard moves;
 * one that lives with it goes along.
 */
export function flipped(board: Owned, leg: Leg, epoch: number): Owned {
  const { app, shards, from, to } = leg;
  const mine = (o: AppOwner): boolean =>
    shards.includes(o.shard) && (app === null ? o.zone === from : o.app === app);
  const others = board.appOwners.filter((o) => !mine(o));
  if (app !== null) {
    const now = shards.map((shard): AppOwner => ({ app, shard, zone: to, since: epoch }));
    return { owners: board.owners, since: board.since, appOwners: [...others, ...now] };
  }
  const owners = withOwner(board.owners ?? [], shards, to);
  const since = [...(board.since ?? owners.map(() => 0))];
  for (const s of shards) since[s] = epoch;
  return { owners, since, appOwners: others };
}

export type Drain = Switch & { readonly action: 'drain' };
export type PopOut = Switch & { readonly action: 'pop-out' };
/** A switch that remembers what it has taken from whom. */
export type Taker = Drain | PopOut;

export const isTaker = (s: Switch): s is Taker => s.action === 'drain' || s.action === 'pop-out';

export const drainsOf = (board: Board): Drain[] =>
  board.switches.filter((s): s is Drain => s.action === 'drain');

export const popOutsOf = (board: Board): PopOut[] =>
  board.switches.filter((s): s is PopOut => s.action === 'pop-out');

/** The owners once these switches, oldest first, have given back what they took. */
export function givenBackTo(
  owners: readonly string[],
  takers: readonly Taker[],
  app: OneApp = null,
): readonly string[] {
  let homes = owners;
  // Whoever took a shard first has it from its home.
  for (const { taken } of takers.toReversed())
    for (const t of taken.toReversed())
      if (t.app === app) homes = withOwner(homes, t.shards, t.from);
  return homes;
}

/** Where each shard would be if every drain were restored, and nothing popped out. */
export const homesOf = (board: Board, rules: Rules): readonly string[] =>
  givenBackTo(ownersOf(board, rules), board.switches.filter(isTaker));

export function shardsOf(owners: readonly string[], zone: string): number[] {
  const own: number[] = [];
  owners.forEach((o, s) => {
    if (o === zone) own.push(s);
  });
  return own;
}

export interface Holding {
  readonly app: OneApp;
  readonly shards: readonly number[];
}

/** What lives in a zone: its shards, and then, app by app, those of other zones' shards. */
export function holdingsOf(board: Board, rules: Rules, zone: string): Holding[] {
  const byApp = new Map<string, number[]>();
  for (const o of apart(board, rules)) {
    if (o.zone !== zone) continue;
    byApp.set(o.app, [...(byApp.get(o.app) ?? []), o.shard]);
  }
  const apps = [...byApp].map(
    ([app, own]): Holding => ({
      app,
      shards: own.toSorted((a, b) => a - b),
    }),
  );
  return [{ app: null, shards: shardsOf(ownersOf(board, rules), zone) }, ...apps];
}

/** One leg for each pair of zones between which shards differ. */
export function legsBetween(
  before: readonly string[],
  after: readonly string[],
  app: OneApp = null,
): Leg[] {
  const legs = new Map<string, { from: string; to: string; app: OneApp; shards: number[] }>();
  before.forEach((from, s) => {
    const to = after[s];
    if (to === undefined || to === from) return;
    const key = `${from} ${to}`;
    const leg = legs.get(key) ?? { from, to, app, shards: [] };
    leg.shards.push(s);
    legs.set(key, leg);
  });
  return [...legs.values()];
}

/** `90-94`, or `90-94 of shop`: as runs and the trail name them. */
export const ofApp = (app: OneApp): string => (app === null ? '' : ` of ${app}`);
