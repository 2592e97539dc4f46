/** What a run does next, and the ways in which a board is made on its behalf. */
import type { Board, Move, Signature } from './board.ts';
import { changed, logged, withRun } from './change.ts';
import type { Sight, Wait } from './move.ts';
import type { Run } from './run.ts';

export type Next =
  | { readonly kind: 'commit'; readonly board: Board; readonly what: string }
  /** All moves for which the declared check has to be asked. */
  | { readonly kind: 'check'; readonly moves: readonly Move[] }
  | (Wait & { readonly run: string });

/** A board made on behalf of a run. */
/** Of one sentence; a thousand shards one by one make a long one. */
const MOST_CHARS = 1000;

export function onBehalf(
  board: Board,
  run: Run,
  patch: Partial<Board>,
  sight: Sight,
  what: string,
): Next {
  const said = what.slice(0, MOST_CHARS);
  const note = run.note.slice(0, MOST_CHARS);
  const mine: Run = logged({ ...run, note, steward: sight.me }, sight.nowMs, said);
  const signature: Signature = { by: run.by, reason: `${run.id}: ${said}`, atMs: sight.nowMs };
  return {
    kind: 'commit',
    board: changed(board, { ...patch, runs: withRun(board, mine) }, signature),
    what: `run ${run.id}: ${said}`,
  };
}

export const stopped = (run: Run, note: string): Run => ({
  ...run,
  state: run.onTrouble === 'back' ? 'aborting' : 'holding',
  note,
});

export function hold(board: Board, run: Run, sight: Sight, note: string): Next {
  const mine = stopped(run, note);
  return onBehalf(
    board,
    mine,
    {},
    sight,
    `${mine.state === 'holding' ? 'holding' : 'going back'}: ${note}`,
  );
}
