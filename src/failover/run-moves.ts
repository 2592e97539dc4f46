/** The moves of a run, carried on; what flips, ends or is dropped with them. */
import { assertNever } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import type { Board, Move } from './board.ts';
import { withMove } from './change.ts';
import { nextOfMove, type Sight } from './move.ts';
import { type Next, onBehalf, stopped } from './next.ts';
import { withOwner } from './owners.ts';
import type { Leg, Run } from './run.ts';
import type { World } from './safety.ts';
import { takenBy } from './steps.ts';

export function advanceMoves(
  board: Board,
  run: Run,
  moves: readonly Move[],
  world: World,
  sight: Sight,
): Next | null {
  let waits: Next | null = null;
  const unsure: Move[] = [];
  let draft: Draft = { board, run, said: [] };
  for (const move of moves) {
    const next = nextOfMove(move, run, world, sight);
    switch (next.kind) {
      case 'state':
        draft = moved(draft, { ...move, state: next.state, stateEpoch: board.epoch + 1 });
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
  if (draft.said.length === 0) return unsure.length > 0 ? { kind: 'check', moves: unsure } : waits;
  const { moves: left, owners, since, switches, pastFreezes } = draft.board;
  const patch = { moves: left, owners, since, switches, pastFreezes };
  return onBehalf(board, draft.run, patch, sight, draft.said.join('; '));
}

/** What one board will hold: moves that are ready together go on together, so freezes stay short. */
interface Draft {
  readonly board: Board;
  readonly run: Run;
  readonly said: readonly string[];
}

/** A move in its next state; where that is the flip, the table and what was taken with it. */
function moved({ board, run, said }: Draft, move: Move): Draft {
  const { from, to, shards } = move;
  const now = { ...board, moves: withMove(board, move) };
  const what = [...said, `${move.state}: shards ${rangesText(shards)}, ${from} → ${to}`];
  // What anybody said before writes had ended is no word on the data.
  const asksNow = move.state === (move.mode === 'reads-only' ? 'routed' : 'frozen');
  const mine = asksNow ? { ...run, agreed: false } : run;
  if (move.state !== 'flipped') return { board: now, run: mine, said: what };
  const leg = { from, to, shards, step: run.at };
  const owners = withOwner(board.owners ?? [], shards, to);
  const since = [...(board.since ?? owners.map(() => 0))];
  for (const s of shards) since[s] = move.stateEpoch;
  return {
    board: { ...now, owners, since, switches: takenBy(now, run, leg) },
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
  const what = `unfrozen after ${Math.round(ms)} ms: shards ${rangesText(move.shards)} belong to ${move.to}`;
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
  const back = gone.map(({ from, to, shards }): Leg => ({ from, to, shards }));
  const pastFreezes = [
    ...board.pastFreezes,
    ...gone
      .filter((m) => m.mode !== 'no-freeze')
      .map((m) => ({ shards: m.shards, atMs: sight.nowMs, ms: frozenMs(m, sight) })),
  ];
  const what = `dropped shards ${gone.map((m) => rangesText(m.shards)).join(', ')}: ${why}`;
  return onBehalf(
    board,
    { ...run, queue: [...back, ...(run.queue ?? [])], agreed: false },
    { moves: board.moves.filter((m) => !ids.has(m.id)), pastFreezes },
    sight,
    what,
  );
}
