/** The moves of a run, carried on; what flips, ends or is dropped with them. */
import { assertNever } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { type Board, holdsWrites, type Move } from './board.ts';
import { withMove } from './change.ts';
import { nextOfMove, type Sight } from './move.ts';
import { hold, type Next, onBehalf, stopped } from './next.ts';
import { flipped, ofApp } from './owners.ts';
import { asideOf, isMoveStep, type Leg, type Run } from './run.ts';
import { noteOf, type World } from './safety.ts';
import { takenBy } from './steps.ts';
import { troubleAt } from './zone-trouble.ts';

export function advanceMoves(
  board: Board,
  run: Run,
  moves: readonly Move[],
  world: World,
  sight: Sight,
): Next | null {
  let waits: Next | null = null;
  const unsure: Move[] = [];
  let ill: string | null = null;
  let draft: Draft = { board, run, said: [] };
  for (const move of moves) {
    // Nothing is frozen yet, so nothing need go on while somebody has said hold.
    if (move.state === 'verifying' && run.state !== 'running') continue;
    const next = nextOfMove(move, run, world, sight);
    switch (next.kind) {
      case 'state':
        ill ??= illAtHome(move, run, world, sight);
        if (ill === null) draft = moved(draft, stepped(move, next.state, board, world, sight));
        break;
      case 'over':
        draft = unfrozen(draft, move, sight);
        break;
      case 'drop':
        return dropped(board, stopped(run, next.text), [move], sight, next.text);
      case 'check':
        unsure.push(move);
        break;
      case 'wait':
        waits ??= { ...next, run: run.id };
        break;
      default:
        assertNever(next);
    }
  }
  if (draft.said.length > 0) return stored(board, draft, sight);
  if (ill !== null) return hold(board, run, sight, ill);
  return unsure.length > 0 ? { kind: 'check', moves: unsure } : waits;
}

function stored(board: Board, draft: Draft, sight: Sight): Next {
  const { moves, owners, since, appOwners, switches, pastFreezes } = draft.board;
  const patch = { moves, owners, since, appOwners, switches, pastFreezes };
  return onBehalf(board, draft.run, patch, sight, draft.said.join('; '));
}

/** A way back may have waited for long: is its home well, now that it is about to freeze? */
function illAtHome(move: Move, run: Run, world: World, sight: Sight): string | null {
  const step = run.steps[run.at];
  if (move.state !== 'verifying' || step === undefined || !isMoveStep(step)) return null;
  const trouble = troubleAt({ ...run, done: [] }, [move], step.stopWhen, world, sight);
  if (trouble === null || asideOf(run, sight.nowMs).includes(trouble.rule)) return null;
  return noteOf(trouble);
}

/** A freeze, and the time it may last, begins when it is pushed. */
function stepped(move: Move, state: Move['state'], board: Board, world: World, sight: Sight): Move {
  const next = { ...move, state, stateEpoch: board.epoch + 1 };
  if (state !== 'freeze-pushed') return next;
  const { nowMs } = sight;
  return { ...next, frozenAtMs: nowMs, freezeUntilMs: nowMs + world.settings.freeze.maxMs };
}

/** What one board will hold: moves that are ready together go on together, so freezes stay short. */
interface Draft {
  readonly board: Board;
  readonly run: Run;
  readonly said: readonly string[];
}

/** A move in its next state; where that is the flip, the table and what was taken with it. */
function moved({ board, run, said }: Draft, move: Move): Draft {
  const { from, to, app, shards } = move;
  const now = { ...board, moves: withMove(board, move) };
  const which = `shards ${rangesText(shards)}${ofApp(app)}`;
  const sentence =
    move.state === 'freeze-pushed'
      ? `freezing ${which}`
      : `${move.state}: ${which}, ${from} → ${to}`;
  const what = [...said, sentence];
  // What anybody said before writes had ended is no word on the data.
  const asksNow = move.state === (move.mode === 'reads-only' ? 'routed' : 'frozen');
  const mine = asksNow ? { ...run, agreed: false } : run;
  if (move.state !== 'flipped') return { board: now, run: mine, said: what };
  const leg = { from, to, app, shards, step: run.at };
  return {
    board: {
      ...now,
      ...flipped(board, leg, move.stateEpoch),
      switches: takenBy(now, run, leg),
    },
    run: { ...mine, done: [...run.done, leg] },
    said: what,
  };
}

function unfrozen({ board, run, said }: Draft, move: Move, sight: Sight): Draft {
  const ms = frozenMs(move, sight);
  const past = { shards: move.shards, atMs: sight.nowMs, ms };
  const pastFreezes = move.mode === 'no-freeze' ? board.pastFreezes : [...board.pastFreezes, past];
  const current = run.steps[run.at];
  const soakS = current !== undefined && 'soakS' in current ? current.soakS : 0;
  const more = (run.queue?.length ?? 0) > 0;
  const soakUntilMs = more && soakS > 0 ? sight.nowMs + soakS * 1000 : null;
  const what = `unfrozen after ${Math.round(ms)} ms: shards ${rangesText(move.shards)}${ofApp(move.app)} belong to ${move.to}`;
  return {
    board: { ...board, moves: board.moves.filter((m) => m.id !== move.id), pastFreezes },
    run: { ...run, moved: run.moved + move.shards.length, soakUntilMs, agreed: false },
    said: [...said, what],
  };
}

/** Another gate's clock may have begun it. */
const frozenMs = (move: Move, { nowMs }: Sight): number => Math.max(0, nowMs - move.frozenAtMs);

/** Moves that have not flipped end as if they had never begun; their shards wait again. */
export function dropped(
  board: Board,
  run: Run,
  gone: readonly Move[],
  sight: Sight,
  why: string,
): Next {
  const ids = new Set(gone.map((m) => m.id));
  const back = gone.map(({ from, to, app, shards }): Leg => ({ from, to, app, shards }));
  const pastFreezes = [
    ...board.pastFreezes,
    ...gone
      .filter(holdsWrites)
      .map((m) => ({ shards: m.shards, atMs: sight.nowMs, ms: frozenMs(m, sight) })),
  ];
  const verb = gone.some((m) => m.state !== 'verifying') ? 'dropped' : 'let go of';
  const what = `${verb} shards ${gone.map((m) => rangesText(m.shards)).join(', ')}: ${why}`;
  return onBehalf(
    board,
    { ...run, queue: [...back, ...(run.queue ?? [])], agreed: false },
    { moves: board.moves.filter((m) => !ids.has(m.id)), pastFreezes },
    sight,
    what,
  );
}
