/**
 * Shards, or one app of them, on loan at an elastic zone: which go, which come back, and what the switch
 * remembers. It knows where each was taken from; the last word on a shard counts, so one that is popped
 * out again goes over to the new switch, with its home.
 */
import type { ZoneId } from '../model/ids.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { type Board, MOST_APP_OWNERS, type Taken } from './board.ts';
import { numbered } from './change.ts';
import { isFilling } from './filling.ts';
import {
  givenBackTo,
  isTaker,
  legsBetween,
  ofApp,
  ownersOf,
  type PopOut,
  popOutsOf,
  withOwner,
} from './owners.ts';
import { holdersOf, isOut } from './places.ts';
import { isOver, type Leg, type MoveStep, type Run } from './run.ts';
import type { Refusal, World } from './safety.ts';
import { sameScope } from './scope.ts';
import type { Signed } from './steps.ts';

const shardsIn = ({ scope }: MoveStep): readonly number[] =>
  scope.kind === 'shards' ? scope.shards : [];

/** Does the step speak of this shard, which this switch has out? */
const speaksOf = (step: MoveStep, s: PopOut, shard: number): boolean =>
  step.scope.kind === 'zone' ? s.to === step.scope.zone : shardsIn(step).includes(shard);

/** Those that a way back is about; one that is due names its switch, whose scope may have shrunk since. */
const popOutsIn = (board: Board, step: MoveStep): PopOut[] =>
  popOutsOf(board).filter((s) =>
    step.exact
      ? s.id === step.to || (s.app === step.app && sameScope(s.scope, step.scope))
      : (step.app === null || s.app === step.app) &&
        s.scope.shards.some((shard) => speaksOf(step, s, shard)),
  );

/** Is a run out or back with some of its shards just now? */
export const isWorkedOn = (due: PopOut, run: Run): boolean => {
  const step = run.steps[run.at];
  if (step?.do !== 'pop-out' && step?.do !== 'pop-back') return false;
  return (
    (step.app === due.app || (step.do === 'pop-back' && step.app === null)) &&
    due.scope.shards.some((shard) => speaksOf(step, due, shard))
  );
};

export function outLegs(step: MoveStep, board: Board, world: World): Result<Leg[], Refusal> {
  const further = takenFurther(step, board) ?? tooMany(step, board);
  if (further !== null) return fail(further);
  const owners = ownersOf(board, world.rules, step.app);
  return ok(legsBetween(owners, withOwner(owners, shardsIn(step), step.to), step.app));
}

/** A board that is longer would be refused by every gate. */
function tooMany(step: MoveStep, board: Board): Refusal | null {
  const most = step.app === null ? 0 : board.appOwners.length + shardsIn(step).length;
  if (most <= MOST_APP_OWNERS) return null;
  return {
    rule: 'state',
    message: `more than ${MOST_APP_OWNERS} apps of shards would have owners of their own`,
    passes: 'whole shards, or fewer',
  };
}

/** A shard that was out, and that something else has taken from there since: its way home leads over that. */
function takenFurther(step: MoveStep, board: Board): Refusal | null {
  const mine = shardsIn(step);
  const has = (s: { taken: readonly Taken[] }): number[] =>
    s.taken.filter((t) => t.app === step.app).flatMap((t) => t.shards);
  for (const [i, s] of board.switches.entries()) {
    if (s.action !== 'pop-out' || s.app !== step.app) continue;
    const out = has(s).filter((shard) => mine.includes(shard));
    for (const later of board.switches.slice(i + 1).filter(isTaker)) {
      const shard = has(later).find((x) => out.includes(x));
      if (shard === undefined) continue;
      return {
        rule: 'state',
        message: `shard ${shard}${ofApp(step.app)} was popped out by ${s.id}, and taken from there by ${later.id}`,
        passes: `restore what ${later.id} has taken, or pop it back, first`,
      };
    }
  }
  return null;
}

/** Home: where the shard was taken from; of one app, where the rest of its shard is, or goes with it. */
export function backLegs(
  step: MoveStep,
  board: Board,
  world: World,
  aside: readonly string[],
): Result<Leg[], Refusal> {
  const outs = popOutsIn(board, step);
  const owners = ownersOf(board, world.rules);
  const whole = outs.filter((s) => s.app === null);
  const homes = givenBackTo(owners, whole);
  const after = owners.map((owner, shard) =>
    whole.some((s) => speaksOf(step, s, shard)) ? homes[shard]! : owner,
  );
  const legs = legsBetween(owners, after);
  for (const s of outs) {
    if (s.app === null) continue;
    const now = ownersOf(board, world.rules, s.app);
    const out = s.taken.flatMap((t) => t.shards);
    const home = now.map((owner, shard) =>
      owner !== owners[shard] && out.includes(shard) && speaksOf(step, s, shard)
        ? after[shard]!
        : owner,
    );
    legs.push(...legsBetween(now, home, s.app));
  }
  for (const leg of legs) {
    const zone = world.topology.zones.get(leg.to as ZoneId);
    if (zone !== undefined && !isOut(board, zone)) continue;
    if (aside.includes('last-zone')) continue;
    return fail({
      rule: 'last-zone',
      message: `shards ${rangesText(leg.shards)}${ofApp(leg.app)} would go back to ${leg.to}, which a switch keeps drained${zone === undefined ? '' : `: ${holdersOf(board, zone)}`}`,
      passes: `restore what holds ${leg.to} first, or move them to another zone`,
    });
  }
  return ok(legs);
}

/** The switch of a pop-out; what older ones have of its shards goes over to it. */
export function markedOut(
  board: Board,
  step: MoveStep,
  { overrode, ...signature }: Signed,
  untilMs: number | null,
): Partial<Board> {
  const mine = shardsIn(step);
  const { app, to } = step;
  const same = popOutsOf(board).find((s) => s.app === app && sameScope(s.scope, step.scope));
  const fresh = numbered(board, 's');
  const { id, nextId } = same === undefined ? fresh : { id: same.id, nextId: board.nextId };
  const taken: Taken[] = [];
  const others = board.switches.flatMap((s) => {
    if (s.action !== 'pop-out' || s.app !== app) return [s];
    taken.push(...part(s.taken, (shard) => mine.includes(shard)));
    const left = s.scope.shards.filter((shard) => !mine.includes(shard));
    if (left.length === 0) return [];
    const kept = part(s.taken, (shard) => !mine.includes(shard));
    return [{ ...s, scope: { ...s.scope, shards: left }, taken: kept }];
  });
  const scope = { kind: 'shards', shards: mine } as const;
  const out: PopOut = {
    ...{ id, action: 'pop-out', scope, app, to, taken },
    ...signature,
    ...{ untilMs, overrode },
  };
  return { switches: [...others, out], nextId };
}

const part = (taken: readonly Taken[], keeps: (shard: number) => boolean): Taken[] =>
  taken.map((t) => ({ ...t, shards: t.shards.filter(keeps) })).filter((t) => t.shards.length > 0);

/**
 * What has flipped is out; its home is remembered once. The switch is found by the shards, as each
 * stands on one switch of its app only: its scope may be smaller by now than what the step names.
 */
export function takenOut(board: Board, step: MoveStep, leg: Leg): Board['switches'] {
  return board.switches.map((s) => {
    if (s.action !== 'pop-out' || s.app !== step.app || s.to !== step.to) return s;
    const known = s.taken.flatMap((t) => t.shards);
    const shards = leg.shards.filter(
      (shard) => s.scope.shards.includes(shard) && !known.includes(shard),
    );
    if (shards.length === 0) return s;
    return { ...s, taken: [...s.taken, { from: leg.from, app: leg.app, shards }] };
  });
}

/** The switch that a step has ordered, or what is left of it. */
export const isOrderedBy = (s: PopOut, step: MoveStep): boolean =>
  step.do === 'pop-out' &&
  s.app === step.app &&
  s.to === step.to &&
  s.scope.shards.every((shard) => shardsIn(step).includes(shard));

/** A run out that is over, and that has nothing out: its switch would promise a way home to nobody. */
export const withoutIdle = (board: Board, step: MoveStep, run: string): Board['switches'] =>
  board.switches.filter(
    (s) =>
      !(s.action === 'pop-out' && s.taken.length === 0 && isOrderedBy(s, step)) ||
      isFilling(board, s, run),
  );

/** Shards that a run is about to take out, or is just taking: their switch must be there when they flip. */
function onTheWayOut(board: Board, app: PopOut['app']): ReadonlySet<number> {
  const legs = board.runs.flatMap((run) => {
    const step = run.steps[run.at];
    if (isOver(run) || step?.do !== 'pop-out' || step.app !== app) return [];
    return [...(run.queue ?? []), ...board.moves.filter((m) => m.run === run.id)];
  });
  return new Set(legs.flatMap((l) => l.shards));
}

/** After a way back: what is home is nobody’s loan any more, and a switch without any is over. */
export function leftOut(board: Board, step: MoveStep, { rules }: World): Board['switches'] {
  const ids = new Set(popOutsIn(board, step).map((s) => s.id));
  const owners = ownersOf(board, rules);
  return board.switches.flatMap((s) => {
    if (s.action !== 'pop-out' || !ids.has(s.id)) return [s];
    const now = ownersOf(board, rules, s.app);
    const isHome = (shard: number, from: string): boolean =>
      now[shard] === (s.app === null ? from : owners[shard]);
    const taken = s.taken
      .map((t) => ({ ...t, shards: t.shards.filter((x) => !isHome(x, t.from)) }))
      .filter((t) => t.shards.length > 0);
    const away = new Set([...taken.flatMap((t) => t.shards), ...onTheWayOut(board, s.app)]);
    const shards = s.scope.shards.filter((x) => away.has(x) || !speaksOf(step, s, x));
    return shards.length === 0 ? [] : [{ ...s, taken, scope: { ...s.scope, shards } }];
  });
}
