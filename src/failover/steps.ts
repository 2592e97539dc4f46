/** How a step of a run begins and ends: the standing orders it changes, the legs it will go. */
import { fail, ok, type Result } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import type { Board, OneApp, Scope, Signature, Switch, Taken } from './board.ts';
import { numbered, withSwitch } from './change.ts';
import { isFilling } from './filling.ts';
import { drainsIn, planLegs } from './legs.ts';
import { type Drain, isTaker, ofApp, type Taker } from './owners.ts';
import { leftOut, markedOut, takenOut, withoutIdle } from './pop-out.ts';
import { asideOf, isMoveStep, type Leg, type MoveStep, type OrderStep, type Run } from './run.ts';
import type { Refusal, World } from './safety.ts';
import { sameScope, scopeText } from './scope.ts';

/** Who orders it, and which rules he has set aside. */
export interface Signed extends Signature {
  readonly overrode: readonly string[];
}

interface Begun {
  readonly patch: Partial<Board>;
  readonly queue: readonly Leg[];
  readonly what: string;
}

export function beginStep(
  board: Board,
  run: Run,
  world: World,
  nowMs: number,
): Result<Begun, Refusal> {
  const step = run.steps[run.at]!;
  const overrode = asideOf(run, nowMs);
  const signature: Signed = { by: run.by, reason: run.reason, atMs: nowMs, overrode };
  if (step.do === 'confirm' || step.do === 'soak' || step.do === 'wait' || step.do === 'release')
    return ok({ patch: {}, queue: [], what: step.do });
  if (!isMoveStep(step)) {
    const patch = ordered(board, step, signature, run.untilMs);
    return ok({ patch, queue: [], what: orderText(step) });
  }
  if (step.do === 'pop-out' && run.untilMs !== null && nowMs >= run.untilMs) return fail(TOO_LATE);
  const isBlind = step.do === 'pop-back' && step.mode === 'no-freeze' && !step.exact;
  if (isBlind && !overrode.includes('verified-return')) return fail(UNVERIFIED);
  const legs = planLegs(step, board, world, overrode);
  if (!legs.ok) return legs;
  const shards = legs.value.flatMap((l) => l.shards).toSorted((a, b) => a - b);
  const what = `${step.do} ${scopeText(step.scope)}${ofApp(step.app)}: ${shards.length === 0 ? 'no shard moves' : `shards ${rangesText(shards)}`}`;
  return ok({ patch: marked(board, step, world, signature, run.untilMs), queue: legs.value, what });
}

const TOO_LATE: Refusal = {
  rule: 'state',
  message: 'the window is over: what is popped out would have to come back at once',
  passes: 'abort it, and pop out anew',
};

/** What went out without a freeze goes back so when its run is undone; else somebody has to say it by name. */
const UNVERIFIED: Refusal = {
  rule: 'verified-return',
  message:
    'a way back in mode no-freeze looks at no data: what was written there may be lost at home',
  passes: 'mode freeze, or --override verified-return for apps without state',
};

const orderText = (step: OrderStep): string =>
  step.do === 'weigh'
    ? `${scopeText(step.scope)}: ${step.percent} % drained`
    : `${step.do} ${scopeText(step.scope)}`;

/** The place is closed to users who are not there yet before the first shard leaves it, and opened before the first comes back. */
function marked(
  board: Board,
  step: MoveStep,
  world: World,
  signature: Signed,
  untilMs: number | null,
): Partial<Board> {
  if (step.do === 'move' || step.do === 'pop-back') return {};
  if (step.do === 'pop-out') return markedOut(board, step, signature, untilMs);
  if (step.do === 'restore') {
    const back = new Set(drainsIn(board, step, world.topology).map((d) => d.id));
    return {
      switches: board.switches.map((s) => (back.has(s.id) ? { ...s, percent: 0 } : s)),
    };
  }
  const percent = step.percent === 100 ? 100 : 0;
  return weighed(board, { scope: step.scope, percent, endWithinS: null }, signature, untilMs);
}

const drainOf = (board: Board, scope: Scope): Drain | undefined =>
  board.switches.find((s): s is Drain => s.action === 'drain' && sameScope(s.scope, scope));

/** One drain for each scope: a new percentage takes the place of the old one. */
function weighed(
  board: Board,
  { scope, percent, endWithinS }: Pick<OrderStep, 'scope' | 'percent' | 'endWithinS'>,
  signature: Signed,
  untilMs: number | null,
): Partial<Board> {
  const old = drainOf(board, scope);
  const taken = old?.taken ?? [];
  const { id, nextId } =
    old === undefined ? numbered(board, 's') : { id: old.id, nextId: board.nextId };
  const overrode = [...new Set([...(old?.overrode ?? []), ...signature.overrode])];
  const endByMs = endByOf(endWithinS, signature);
  const fresh = { id, action: 'drain', scope, percent, taken, untilMs, endByMs } as const;
  const next: Drain = { ...fresh, ...signature, overrode };
  return { switches: withSwitch(board, next), nextId };
}

const endByOf = (withinS: number | null, { atMs }: Signature): number | null =>
  withinS === null ? null : atMs + withinS * 1000;

export function ordered(
  board: Board,
  step: OrderStep,
  signature: Signed,
  untilMs: number | null,
): Partial<Board> {
  const { scope } = step;
  const same =
    (action: string) =>
    (s: Switch): boolean =>
      s.action === action && 'scope' in s && sameScope(s.scope, scope);
  if (step.do === 'weigh') {
    if (step.percent > 0) return weighed(board, step, signature, untilMs);
    return { switches: board.switches.filter((s) => !same('drain')(s)) };
  }
  if (step.do === 'unfreeze') return { switches: board.switches.filter((s) => !same('freeze')(s)) };
  if (step.do === 'on') return { switches: board.switches.filter((s) => !same('off')(s)) };
  const { id, nextId } = numbered(board, 's');
  const others = board.switches.filter((s) => !same(step.do)(s));
  const { overrode, ...signed } = signature;
  const fresh = { id, scope, untilMs, overrode, ...signed };
  const next: Switch =
    step.do === 'off'
      ? { ...fresh, action: 'off', endByMs: endByOf(step.endWithinS, signature) }
      : { ...fresh, action: step.do };
  return { switches: [...others, next], nextId };
}

/** The switches after a flip: what was taken from where is remembered, or is back where it was. */
export function takenBy(board: Board, run: Run, leg: Leg): readonly Switch[] {
  const step = run.steps[run.at];
  if (step === undefined || !isMoveStep(step)) return board.switches;
  if (step.do === 'move') {
    const gone = new Set(leg.shards);
    return board.switches.map((s) => without(s, gone, leg.app));
  }
  if (step.do === 'restore' || step.do === 'pop-back') return givenBack(board, leg, isTaker);
  if (step.do === 'pop-out') return takenOut(board, step, leg);
  const drain = drainOf(board, step.scope);
  if (drain === undefined) return board.switches;
  // Who leaves an elastic zone for his home is not to be sent out again by the restore of it.
  const switches = givenBack(board, leg, (s) => s.action === 'pop-out');
  const home = homecoming(board, leg, (s) => s.action === 'pop-out');
  const shards = leg.shards.filter((s) => !home.has(s));
  if (shards.length === 0) return switches;
  const taken: Taken[] = [...drain.taken, { from: leg.from, app: leg.app, shards }];
  return withSwitch({ ...board, switches }, { ...drain, taken });
}

/**
 * Switches stand in the order in which they took. Shards back at a zone are no more on the list of the
 * one that took them from there, nor of any that took them further away later.
 */
function givenBack(board: Board, leg: Leg, begins: (s: Taker) => boolean): readonly Switch[] {
  const back = new Set<number>();
  return board.switches.map((s) => {
    if (!isTaker(s)) return s;
    if (begins(s)) for (const shard of comingHome(s, leg, board)) back.add(shard);
    return without(s, back, leg.app);
  });
}

const homecoming = (board: Board, leg: Leg, of: (s: Taker) => boolean): ReadonlySet<number> =>
  new Set(board.switches.filter(isTaker).flatMap((s) => (of(s) ? comingHome(s, leg, board) : [])));

/** The home of an app that was popped out is wherever the rest of its shard is. */
function comingHome(s: Taker, leg: Leg, board: Board): number[] {
  const isHome = (t: Taken, shard: number): boolean =>
    s.action === 'pop-out' && s.app !== null ? board.owners?.[shard] === leg.to : t.from === leg.to;
  return s.taken
    .filter((t) => t.app === leg.app)
    .flatMap((t) => t.shards.filter((shard) => leg.shards.includes(shard) && isHome(t, shard)));
}

function without(s: Switch, gone: ReadonlySet<number>, app: OneApp): Switch {
  if (!isTaker(s) || gone.size === 0) return s;
  const taken = s.taken
    .map((t) => (t.app === app ? { ...t, shards: t.shards.filter((x) => !gone.has(x)) } : t))
    .filter((t) => t.shards.length > 0);
  return { ...s, taken };
}

/** A drain that takes nothing and holds nothing is over. */
export function endStep(board: Board, run: Run, step: MoveStep, world: World): readonly Switch[] {
  if (step.do === 'pop-back') return leftOut(board, step, world);
  if (step.do === 'pop-out') return withoutIdle(board, step, run.id);
  if (step.do !== 'restore') return board.switches;
  const back = new Set(drainsIn(board, step, world.topology).map((d) => d.id));
  return board.switches.filter(
    (s) =>
      !(s.action === 'drain' && back.has(s.id) && s.percent === 0 && s.taken.length === 0) ||
      isFilling(board, s, run.id),
  );
}
