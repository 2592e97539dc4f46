import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { gates, NOW, sight, taken, world } from './fixture.ts';

/** A move out of hz1 that waits for its freeze, with the gate of hz1 said to be dead. */
function frozenBut(): Board {
  let board = taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ03', fenced: ['g-hz1'] });
  for (let i = 0; board.moves.length === 0 && i < 5; i++) {
    const next = advance(board, world(), sight(board, { gates: fleet(board, {}), me: 'g-hz2' }));
    if (next?.kind === 'commit') board = next.board;
  }
  return board;
}

/** All have the board, but for the one that is said to be dead. */
interface Dead {
  readonly leaseLeftMs?: number;
  readonly epoch?: number;
  readonly ageMs?: number;
}

const fleet = (board: Board, dead: Dead) =>
  gates(board).map((g) =>
    g.gate === 'g-hz1' ? { ...g, epoch: 0, settled: 0, leaseLeftMs: -1, ageMs: 6000, ...dead } : g,
  );

/** A second after it was said. */
const next = (board: Board, dead: Dead) =>
  advance(
    board,
    world(),
    sight(board, { gates: fleet(board, dead), me: 'g-hz2', nowMs: NOW + 1000 }),
  );

describe('a gate that an operator has called fenced', () => {
  it('is not waited for while nothing is heard of it', () => {
    expect(next(frozenBut(), {})).toMatchObject({
      kind: 'commit',
      board: { moves: [{ state: 'frozen' }] },
    });
  });

  it('is not waited for while its last lease runs on: it has just been killed', () => {
    expect(next(frozenBut(), { leaseLeftMs: 3000, ageMs: 2000 })).toMatchObject({
      board: { moves: [{ state: 'frozen' }] },
    });
  });

  it('is waited for as soon as it is heard of again: it may serve clients', () => {
    expect(next(frozenBut(), { leaseLeftMs: 5000, ageMs: 0 })).toEqual({
      ...{ kind: 'wait', for: 'gates', run: 'r1', text: 'waiting for g-hz1' },
    });
  });

  it('no longer counts as fenced once it has the board that says so', () => {
    const board = frozenBut();
    const back = next(board, { leaseLeftMs: 5000, ageMs: 0, epoch: board.epoch });
    if (back?.kind !== 'commit') throw new Error('nothing is committed');
    expect(back.board.runs[0]?.fenced).toEqual([]);
    expect(next(back.board, {})).toMatchObject({
      ...{ kind: 'wait', text: expect.stringContaining('continue with --fenced g-hz1') as string },
    });
  });
});
