/**
 * A release, stage by stage: so many percent of the shards at the old group go to the new one; then it
 * soaks, and goes on while the new group does well. In trouble everybody goes back with one board.
 */

import type { ShardId, ZoneId } from '../model/ids.ts';
import { type Judgement, judgeRelease } from '../release/gates.ts';
import { pointOfShard } from '../release/index.ts';
import { type GroupMeasure, NOTHING_MEASURED, sumOf } from '../release/measure.ts';
import { shardsAt } from '../release/shift.ts';
import type { Board, Switch } from './board.ts';
import { numbered, withSwitch } from './change.ts';
import { pick, spreadOf } from './index.ts';
import type { Sight } from './move.ts';
import { type Next, onBehalf, stopped } from './next.ts';
import { type Release, releaseNamed, usersOf } from './release-lanes.ts';
import { asideOf, type ReleaseStep, type Run } from './run.ts';
import type { World } from './safety.ts';

/** The shards that are moved at this percent, zone by zone. */
function movedAt(
  board: Board,
  step: ReleaseStep,
  percent: number,
  { topology, rules }: World,
): Release['moved'] {
  const before = releaseNamed(board, step.name)?.moved ?? [];
  return step.zones.flatMap((name) => {
    const zone = topology.zones.get(name as ZoneId);
    if (zone === undefined) return [];
    const spread = spreadOf([zone], { topology, rules, board });
    const own = usersOf(zone, board, rules).filter(
      (s) => pick(spread, pointOfShard(s as ShardId))?.group.id === step.from,
    );
    const known = new Set(before.find((m) => m.zone === name)?.shards);
    return [{ zone: name, shards: shardsAt(own, percent, known) }];
  });
}

/** At this percent from now on; at 0 it is gone. */
function atPercent(
  board: Board,
  run: Run,
  step: ReleaseStep,
  percent: number,
  world: World,
  { nowMs }: Sight,
): Partial<Board> {
  const old = releaseNamed(board, step.name);
  if (percent === 0) return { switches: board.switches.filter((s) => s !== old) };
  const { id, nextId } =
    old === undefined ? numbered(board, 's') : { id: old.id, nextId: board.nextId };
  const { name, zones, app, from, to } = step;
  const fresh: Switch = {
    ...{ id, action: 'release', name, zones, app, from, to, percent, run: run.id },
    moved: movedAt(board, step, percent, world),
    ...{ untilMs: null, overrode: asideOf(run, nowMs) },
    ...{ by: run.by, reason: run.reason, atMs: nowMs },
  };
  return { switches: withSwitch(board, fresh), nextId };
}

export function advanceRelease(
  board: Board,
  run: Run,
  step: ReleaseStep,
  world: World,
  sight: Sight,
): Next {
  const stands = releaseNamed(board, step.name);
  // Somebody else's release has its name now, or somebody has taken this one back.
  if (run.moved > 0 && stands?.run !== run.id) return gone(board, run, sight);
  if (run.queue === null || run.soakUntilMs === null)
    return stage(board, run, step, Math.max(run.moved, step.stages[0]!), world, sight);
  if (run.moved === 0) return complete(board, run, step, sight);
  const judged = judge(stands!, step, sight);
  if (judged.kind === 'unwell' && !asideOf(run, sight.nowMs).includes('release-health'))
    return inTrouble(board, run, step, judged.text, world, sight);
  if (!run.agreed) {
    if (sight.nowMs < run.soakUntilMs)
      return { kind: 'wait', for: 'time', run: run.id, text: `at ${run.moved} %, soaking` };
    if (judged.kind === 'few')
      return { kind: 'wait', for: 'time', run: run.id, text: `at ${run.moved} %: ${judged.text}` };
  }
  const next = step.stages.find((p) => p > run.moved);
  return next === undefined
    ? complete(board, run, step, sight)
    : stage(board, run, step, next, world, sight);
}

/** Whoever holds a release wants it to stay where it is, and not to watch it go bad. */
export function watchHeld(board: Board, run: Run, world: World, sight: Sight): Next | null {
  const step = run.steps[run.at];
  const stands = step?.do === 'release' ? releaseNamed(board, step.name) : undefined;
  if (step?.do !== 'release' || stands?.run !== run.id || run.onTrouble !== 'back') return null;
  const judged = judge(stands, step, sight);
  const aside = asideOf(run, sight.nowMs).includes('release-health');
  if (judged.kind !== 'unwell' || aside) return null;
  return inTrouble(board, run, step, judged.text, world, sight);
}

function complete(board: Board, run: Run, step: ReleaseStep, sight: Sight): Next {
  const over: Run = { ...run, at: run.at + 1, queue: null, moved: 0, agreed: false };
  const what = `release ${step.name} has come to ${run.moved} %`;
  return onBehalf(board, { ...over, soakUntilMs: null }, {}, sight, what);
}

function gone(board: Board, run: Run, sight: Sight): Next {
  const note = 'its release does not stand any more';
  const over: Run = { ...run, state: 'aborted', note, endedAtMs: sight.nowMs, queue: [] };
  return onBehalf(board, over, {}, sight, note);
}

function stage(
  board: Board,
  run: Run,
  step: ReleaseStep,
  percent: number,
  world: World,
  sight: Sight,
): Next {
  const patch = atPercent(board, run, step, percent, world, sight);
  const soakUntilMs = sight.nowMs + step.soakS * 1000;
  const mine: Run = { ...run, queue: [], moved: percent, soakUntilMs, agreed: false };
  const what = `${percent} % of ${step.from} served by ${step.to} in ${step.zones.join(', ')}`;
  return onBehalf(board, mine, patch, sight, `release ${step.name}: ${what}`);
}

/** Holding, or all back at once. */
function inTrouble(
  board: Board,
  run: Run,
  step: ReleaseStep,
  why: string,
  world: World,
  sight: Sight,
): Next {
  const note = `release-health: ${why}`;
  if (run.onTrouble === 'hold')
    return onBehalf(board, stopped(run, note), {}, sight, `holding at ${run.moved} %: ${why}`);
  const patch = atPercent(board, run, step, 0, world, sight);
  const over: Run = { ...run, state: 'aborted', note, endedAtMs: sight.nowMs, queue: [] };
  const what = `rolled back from ${run.moved} % to ${step.from}: ${why}`;
  return onBehalf(board, over, patch, sight, what);
}

/** By what living gates have counted of this very stage; counts of another begin at another time. */
function judge({ name, atMs }: Release, step: ReleaseStep, { gates }: Sight): Judgement {
  let to: GroupMeasure = NOTHING_MEASURED;
  let from: GroupMeasure = NOTHING_MEASURED;
  let lately: GroupMeasure = NOTHING_MEASURED;
  for (const gate of gates) {
    const seen = gate.leaseLeftMs > 0 ? gate.releases?.[name] : undefined;
    if (seen?.sinceMs !== atMs) continue;
    to = sumOf(to, seen.to);
    from = sumOf(from, seen.from);
    lately = sumOf(lately, seen.lately);
  }
  return judgeRelease({ to, from, lately }, step.gates);
}
