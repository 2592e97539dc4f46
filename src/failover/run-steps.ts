/** The step that a run is at: begun, stage by stage, ended. In doubt it holds. */
import { assertNever } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { type Board, hasFlipped, type Move } from './board.ts';
import { numbered } from './change.ts';
import { busyShard } from './legs.ts';
import { utcText } from './moments.ts';
import type { Sight } from './move.ts';
import { hold, type Next, onBehalf } from './next.ts';
import { flipped, ownersOf } from './owners.ts';
import { advanceRelease } from './release-step.ts';
import { asideOf, type Leg, type MoveStep, type Run } from './run.ts';
import { judgeChange, noteOf, overBudget, type World } from './safety.ts';
import { beginStep, endStep } from './steps.ts';
import { troubleAt } from './zone-trouble.ts';

export function advanceStep(board: Board, run: Run, world: World, sight: Sight): Next | null {
  const current = run.steps[run.at];
  if (current === undefined) return finished(board, run, sight);
  switch (current.do) {
    case 'confirm':
      if (!run.agreed)
        return {
          kind: 'wait',
          for: 'person',
          run: run.id,
          text: `somebody must agree: ${current.text}`,
        };
      return nextStep(board, run, {}, sight, `agreed: ${current.text}`);
    case 'soak': {
      if (run.soakUntilMs === null) {
        const soakUntilMs = sight.nowMs + current.soakS * 1000;
        return onBehalf(board, { ...run, soakUntilMs }, {}, sight, `soaking ${current.soakS} s`);
      }
      if (sight.nowMs < run.soakUntilMs) return soaking(run);
      return nextStep(board, run, {}, sight, 'soaked');
    }
    case 'wait':
      return waiting(board, run, current.untilMs, sight);
    case 'freeze':
    case 'unfreeze':
    case 'off':
    case 'on':
    case 'weigh':
      if (run.queue === null) return begin(board, run, world, sight);
      return nextStep(board, run, {}, sight, `${current.do} done`);
    case 'release':
      return advanceRelease(board, run, current, world, sight);
    case 'drain':
    case 'failover':
    case 'restore':
    case 'move':
    case 'pop-out':
    case 'pop-back':
      if (run.queue === null) return begin(board, run, world, sight);
      return advanceStage(board, run, current, world, sight);
    default:
      return assertNever(current);
  }
}

function waiting(board: Board, run: Run, untilMs: number, sight: Sight): Next {
  const text = `waiting until ${utcText(untilMs)}`;
  if (sight.nowMs >= untilMs) return nextStep(board, run, {}, sight, 'the time has come');
  if (run.soakUntilMs === untilMs) return { kind: 'wait', for: 'time', run: run.id, text };
  return onBehalf(board, { ...run, soakUntilMs: untilMs }, {}, sight, text);
}

function begin(board: Board, run: Run, world: World, sight: Sight): Next {
  const begun = beginStep(board, run, world, sight.nowMs);
  if (!begun.ok) return hold(board, run, sight, noteOf(begun.error));
  const { patch, queue, what } = begun.value;
  const busy = busyShard(queue, board, run.id);
  if (busy !== null) {
    // One that holds may do so for days: then a person has to look at both.
    const going = { ...board, runs: board.runs.filter((r) => r.state === 'running') };
    if (isDue(run) && busyShard(queue, going, run.id) !== null)
      return { kind: 'wait', for: 'gates', run: run.id, text: busy.message };
    return hold(board, run, sight, noteOf(busy));
  }
  const owners = board.owners ?? ownersOf(board, world.rules);
  const since = board.since ?? owners.map(() => 0);
  const mine = { ...run, queue, moved: 0, soakUntilMs: null, agreed: false };
  const next = onBehalf(board, mine, { ...patch, owners, since }, sight, what);
  if (next.kind !== 'commit') return next;
  const [refusal] = judgeChange(board, next.board, world, asideOf(run, sight.nowMs));
  return refusal === undefined ? next : hold(board, run, sight, noteOf(refusal));
}

/** A way back that goes by itself: nobody is there who would tell it to go on when the shards are free. */
function isDue(run: Run): boolean {
  const step = run.steps[run.at];
  return (step?.do === 'restore' || step?.do === 'pop-back') && step.exact;
}

const soaking = (run: Run): Next => ({ kind: 'wait', for: 'time', run: run.id, text: 'soaking' });

/** The next so many shards; before them the soak, and a look at the zones that have taken users. */
function advanceStage(
  board: Board,
  run: Run,
  current: MoveStep,
  world: World,
  sight: Sight,
): Next | null {
  // What is not out when its window ends stays where it is.
  const isLate = current.do === 'pop-out' && run.untilMs !== null && sight.nowMs >= run.untilMs;
  const queue = isLate ? [] : (run.queue ?? []);
  if (!isLate && (run.moved > 0 || queue.length > 0)) {
    const trouble = troubleAt(run, queue, current.stopWhen, world, sight);
    if (trouble !== null && !asideOf(run, sight.nowMs).includes(trouble.rule))
      return hold(board, run, sight, noteOf(trouble));
  }
  if (run.soakUntilMs !== null && sight.nowMs < run.soakUntilMs) return soaking(run);
  if (queue.length === 0) {
    const switches = endStep(board, run, current, world);
    return nextStep(board, run, { switches }, sight, `${current.do} is complete`);
  }
  return pushFreeze(board, run, current, queue, world, sight);
}

function pushFreeze(
  board: Board,
  run: Run,
  current: MoveStep,
  queue: readonly Leg[],
  world: World,
  sight: Sight,
): Next {
  const upTo = current.pace.find((p) => p > run.moved) ?? Number.POSITIVE_INFINITY;
  const [legs, rest] = take(queue, upTo - run.moved);
  const aside = asideOf(run, sight.nowMs);
  const shards = legs.flatMap((l) => l.shards);
  const budget =
    current.mode === 'no-freeze' ? null : overBudget(board, shards, sight.nowMs, world.settings);
  if (budget !== null && !aside.includes(budget.rule))
    return hold(board, run, sight, noteOf(budget));
  const before = arrived(board, new Set(legs.map((l) => l.to)), world);
  let after = before;
  for (const leg of legs) after = { ...after, ...flipped(after, leg, board.epoch + 1) };
  const [refusal] = judgeChange(before, after, world, aside);
  if (refusal !== undefined) return hold(board, run, sight, noteOf(refusal));
  let { nextId } = board;
  const first = firstState(current, aside);
  const moves = legs.map((leg): Move => {
    const id = numbered({ ...board, nextId }, 'm');
    nextId = id.nextId;
    return {
      ...{ id: id.id, run: run.id, ...leg, mode: current.mode },
      state: first,
      stateEpoch: board.epoch + 1,
      frozenAtMs: sight.nowMs,
      freezeUntilMs: sight.nowMs + world.settings.freeze.maxMs,
    };
  });
  const what = `${BEGINS[first]} shards ${rangesText(shards.toSorted((a, b) => a - b))}`;
  const mine = { ...run, queue: rest, soakUntilMs: null, agreed: false };
  return onBehalf(board, mine, { moves: [...board.moves, ...moves], nextId }, sight, what);
}

/** With all who are on their way to these zones, by whatever run, there already: their room is taken. */
function arrived(board: Board, zones: ReadonlySet<string>, world: World): Board {
  let there: Board = { ...board, owners: board.owners ?? ownersOf(board, world.rules) };
  for (const move of board.moves)
    if (zones.has(move.to) && !hasFlipped(move))
      there = { ...there, ...flipped(there, move, board.epoch + 1) };
  return there;
}

type First = 'verifying' | 'freeze-pushed' | 'caught-up';
const BEGINS: Readonly<Record<First, string>> = {
  verifying: 'verifying the way back of',
  'freeze-pushed': 'freezing',
  'caught-up': 'moving',
};

/** What is on loan comes home without a look at the data only from a zone that is lost. */
function firstState({ do: act, mode }: MoveStep, aside: readonly string[]): First {
  if (mode === 'no-freeze') return 'caught-up';
  const verifies = act === 'pop-back' && mode === 'freeze' && !aside.includes('verified-return');
  return verifies ? 'verifying' : 'freeze-pushed';
}

/** The first `count` shards of the queue, and what is left; one shard goes on one way at a time. */
function take(queue: readonly Leg[], count: number): [Leg[], Leg[]] {
  const legs: Leg[] = [];
  const rest: Leg[] = [];
  const taken = new Set<number>();
  let left = count;
  for (const leg of queue) {
    const now = leg.shards.filter((s) => !taken.has(s)).slice(0, left);
    for (const s of now) taken.add(s);
    const later = leg.shards.filter((s) => !now.includes(s));
    left -= now.length;
    if (now.length > 0) legs.push({ ...leg, shards: now });
    if (later.length > 0) rest.push({ ...leg, shards: later });
  }
  return [legs, rest];
}

function nextStep(board: Board, run: Run, patch: Partial<Board>, sight: Sight, what: string): Next {
  const mine = {
    ...run,
    at: run.at + 1,
    queue: null,
    moved: 0,
    soakUntilMs: null,
    agreed: false,
  };
  return onBehalf(board, mine, patch, sight, what);
}

function finished(board: Board, run: Run, sight: Sight): Next {
  const { returnAfterS } = run;
  const returnAtMs = returnAfterS === null ? null : sight.nowMs + returnAfterS * 1000;
  const note = returnAfterS === null ? 'done' : `done; goes back in ${returnAfterS} s`;
  const mine: Run = { ...run, state: 'done', note, endedAtMs: sight.nowMs, returnAtMs };
  return onBehalf(board, mine, {}, sight, note);
}
