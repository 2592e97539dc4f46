/** Rules of safety that a loan meets: room for two runs at once, and what is set aside by name. */
import { expect, it } from 'vitest';
import { advance, advanceRun } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, give, sight, taken, world } from './fixture.ts';

const w = world({ shardRps: 4000 });
const OUT = { do: 'pop-out', shards: [90, 91, 92, 93, 94], to: 'EZ01' };
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

it('a way home without any look at the data is refused, but for who says so by name', () => {
  const scope = { kind: 'zone', zone: 'EZ01' };
  const lent = carriedOut(taken(EMPTY_BOARD, OUT));
  const blind = { do: 'pop-back', scope, mode: 'no-freeze' };
  expect(give(lent, blind)).toMatchObject({ error: { rule: 'verified-return' } });
  const home = carriedOut(taken(lent, { ...blind, overrides: ['verified-return'] }));
  expect(home).toMatchObject({ owners: world().rules.owners, switches: [] });
  const light = taken(EMPTY_BOARD, { ...OUT, mode: 'no-freeze', pace: [2], soakS: 60 });
  let half = light;
  while (ownersOf(half, w.rules)[91] !== 'EZ01') {
    const next = advance(half, world(), sight(half));
    if (next?.kind === 'commit') half = next.board;
  }
  const undone = carriedOut(taken(half, { do: 'abort', run: 'r1', back: true }));
  expect(undone.owners).toEqual(world().rules.owners);
});

it('a window that begins tomorrow keeps the rules aside that were set aside for it today', () => {
  const order = { ...OUT, from: '48h', until: '50h', overrides: ['capacity'] };
  const begun = carriedOut(taken(EMPTY_BOARD, order, w), w);
  expect(ownersOf(begun, w.rules).filter((o) => o === 'EZ01')).toHaveLength(5);
});
