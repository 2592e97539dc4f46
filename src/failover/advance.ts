/**
 * What is to be done next for a run: a pure function of the board and of what is known beside it,
 * so that any gate can carry any run on, and the simulator runs the same code. In doubt it holds.
 */
import { type Board, hasFlipped, type Move, type Signature, type Switch } from './board.ts';
import { changed, withSwitch } from './change.ts';
import { isFilling } from './filling.ts';
import type { Sight } from './move.ts';
import { hold, type Next, onBehalf, stopped } from './next.ts';
import { isTaker } from './owners.ts';
import { isOrderedBy, isWorkedOn } from './pop-out.ts';
import { watchHeld } from './release-step.ts';
import { restoreOf, reverseOf } from './reverse.ts';
import { isMoveStep, isOver, type Run } from './run.ts';
import { advanceMoves, dropped } from './run-moves.ts';
import { advanceStep } from './run-steps.ts';
import { judgeAsGate, noteOf, type World } from './safety.ts';
import { sameScope } from './scope.ts';

/** The first thing that can be done for any run that is mine, or nobody's; else what is to be asked, or waited for. */
export function advance(board: Board, world: World, sight: Sight): Next | null {
  const expired = expire(board, sight);
  if (expired !== null) return expired;
  const unsure: Move[] = [];
  let waits: Next | null = null;
  for (const run of board.runs) {
    if (!isMine(run.steward, sight)) continue;
    const next = advanceRun(board, run, world, sight);
    if (next?.kind === 'commit') return acceptable(board, run, next, world, sight);
    if (next?.kind === 'check') unsure.push(...next.moves);
    else waits ??= next;
  }
  return unsure.length > 0 ? { kind: 'check', moves: unsure } : waits;
}

/** What gates would refuse is never stored: the run holds, and what has not flipped is let go. */
function acceptable(board: Board, run: Run, next: Next, world: World, sight: Sight): Next {
  if (next.kind !== 'commit') return next;
  const [refusal] = judgeAsGate(board, next.board, world);
  if (refusal === undefined) return next;
  const note = noteOf(refusal);
  const early = board.moves.filter((m) => m.run === run.id && !hasFlipped(m));
  if (early.length > 0) return dropped(board, stopped(run, note), early, sight, note);
  return hold(board, run, sight, note);
}

/** Of a run whose steward is gone, or in trouble itself, the first living gate by name takes care. */
function isMine(steward: string | null, sight: Sight): boolean {
  const lives = (name: string): boolean =>
    sight.gates.some((g) => g.gate === name && g.leaseLeftMs > 0) && !sight.stuck.includes(name);
  return steward !== null && lives(steward) ? steward === sight.me : isFirstLiving(sight);
}

/** The one that does what is nobody's in particular. */
export function isFirstLiving({ me, gates, stuck }: Sight): boolean {
  const living = gates
    .filter((g) => g.leaseLeftMs > 0 && !stuck.includes(g.gate))
    .map((g) => g.gate);
  return living.length === 0 || living.toSorted()[0] === me;
}

/** A switch whose time is over goes; one that has taken shards sends them home first. */
function expire(board: Board, sight: Sight): Next | null {
  const due = board.switches.find(
    (s) => s.untilMs !== null && s.untilMs <= sight.nowMs && !isBusy(board, s),
  );
  if (due === undefined || !isMine(null, sight)) return null;
  const { by } = due;
  const what = `${due.id} has expired`;
  const signature: Signature = { by, reason: what, atMs: sight.nowMs };
  if (!isTaker(due) || due.taken.length === 0) {
    const switches = board.switches.filter((s) => s.id !== due.id);
    return { kind: 'commit', board: changed(board, { switches }, signature), what };
  }
  const back = restoreOf(board, due, sight);
  const switches = withSwitch(board, { ...due, untilMs: null });
  const patch = { switches, nextId: back.nextId, runs: [...board.runs, back.run] };
  return { kind: 'commit', board: changed(board, patch, signature), what };
}

/** A run still works on the very place: it has to end first. */
const isBusy = (board: Board, due: Switch): boolean =>
  board.runs.some((r) => {
    if (isOver(r)) return false;
    if (due.action === 'pop-out') return isWorkedOn(due, r) && !isStuck(board, r);
    return (
      due.action === 'drain' && r.steps.some((s) => 'scope' in s && sameScope(s.scope, due.scope))
    );
  });

export function advanceRun(board: Board, run: Run, world: World, sight: Sight): Next | null {
  if (isOver(run)) return returnOf(board, run, sight);
  if (run.state === 'waiting') return null;
  const returned = cameBack(board, run, sight);
  if (returned !== null) return returned;
  const moves = board.moves.filter((m) => m.run === run.id);
  if (run.state === 'aborting') {
    const early = moves.filter((m) => !hasFlipped(m));
    if (early.length > 0) return dropped(board, run, early, sight, 'aborted');
    if (moves.length === 0) return ended(board, run, sight);
  }
  const byMove = advanceMoves(board, run, moves, world, sight);
  if (byMove !== null) return byMove;
  if (run.state === 'holding') return watchHeld(board, run, world, sight);
  return run.state === 'running' ? advanceStep(board, run, world, sight) : null;
}

/** A gate that has the very board which says that it is fenced lives: nobody leaves it out any more. */
function cameBack(board: Board, run: Run, sight: Sight): Next | null {
  const living = sight.gates.filter((g) => g.leaseLeftMs > 0 && g.epoch >= board.epoch);
  const back = living.map((g) => g.gate).filter((name) => run.fenced.includes(name));
  if (back.length === 0) return null;
  const fenced = run.fenced.filter((name) => !back.includes(name));
  const what = `${back.join(', ')} is heard of again, and no longer counts as fenced`;
  return onBehalf(board, { ...run, fenced }, {}, sight, what);
}

function ended(board: Board, run: Run, sight: Sight): Next {
  const over: Run = { ...run, state: 'aborted', endedAtMs: sight.nowMs, queue: [] };
  const switches = board.switches.filter((s) => !isIdle(s, run, board));
  const back = run.onTrouble === 'back' ? reverseOf(board, run, sight.nowMs) : null;
  const patch = back === null ? { switches } : { switches, nextId: back.nextId };
  const next = onBehalf(board, over, patch, sight, 'aborted');
  if (next.kind !== 'commit' || back === null) return next;
  return { ...next, board: { ...next.board, runs: [...next.board.runs, back.run] } };
}

/** On its way out, and stopped: the end of its window waits for nobody. */
const isStuck = (board: Board, run: Run): boolean =>
  run.state === 'holding' &&
  run.steps[run.at]?.do === 'pop-out' &&
  board.moves.every((m) => m.run !== run.id);

/** A drain that the run has ordered, and that has taken nobody yet: as if it had never begun. */
const isIdle = (s: Switch, run: Run, board: Board): boolean =>
  isTaker(s) &&
  s.taken.length === 0 &&
  !isFilling(board, s, run.id) &&
  run.steps
    .slice(0, run.at + 1)
    .some((t) =>
      s.action === 'pop-out'
        ? isMoveStep(t) && isOrderedBy(s, t)
        : (t.do === 'drain' || t.do === 'failover') && sameScope(t.scope, s.scope),
    );

/** A drill that is due to go back. */
function returnOf(board: Board, run: Run, sight: Sight): Next | null {
  if (run.returnAtMs === null || sight.nowMs < run.returnAtMs) return null;
  const back = reverseOf(board, run, sight.nowMs);
  const over: Run = { ...run, returnAtMs: null, note: `done; went back by run ${back.run.id}` };
  const next = onBehalf(board, over, { nextId: back.nextId }, sight, over.note);
  if (next.kind !== 'commit') return next;
  return { ...next, board: { ...next.board, runs: [...next.board.runs, back.run] } };
}
