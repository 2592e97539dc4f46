/** Two runs at once: each fits the elastic zone alone, both together do not. */
import { expect, it } from 'vitest';
import { advanceRun } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, sight, taken, world } from './fixture.ts';

const w = world({ shardRps: 4000 });
const out = (board: Board, shards: number[]): Board =>
  taken(board, { do: 'pop-out', shards, to: 'EZ01' }, w);
const step = (board: Board, id: string): Board => {
  const run = board.runs.find((r) => r.id === id)!;
  const next = advanceRun(board, run, w, sight(board));
  return next?.kind === 'commit' ? next.board : board;
};

it('an elastic zone is never promised to two runs at once', () => {
  let board = out(out(EMPTY_BOARD, [90, 91, 92]), [80, 81, 82]);
  for (const id of ['r1', 'r2', 'r1', 'r2']) board = step(board, id);
  const over = carriedOut(board, w);
  expect(ownersOf(over, w.rules).filter((o) => o === 'EZ01').length).toBeLessThanOrEqual(4);
  expect(over.runs.find((r) => r.state === 'holding')?.note).toContain('capacity: ');
});
