import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD, type MoveState } from '../../src/failover/board.ts';
import type { Sight } from '../../src/failover/move.ts';
import { carriedOut, gates, sight, taken, world } from './fixture.ts';

const ASKS: Partial<Sight> = { level: () => 'behind' };

function until(board: Board, state: MoveState, more: Partial<Sight> = ASKS): Board {
  let now = board;
  for (let i = 0; i < 10 && now.moves[0]?.state !== state; i++) {
    const next = advance(now, world(), sight(now, more));
    if (next?.kind === 'commit') now = next.board;
  }
  expect(now.moves).toMatchObject([{ state }]);
  return now;
}

const nextOf = (board: Board, more: Partial<Sight> = ASKS) =>
  advance(board, world(), sight(board, more));

describe('the word that data is level', () => {
  for (const mode of ['freeze', 'reads-only']) {
    const begun = (): Board => taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ03', mode });
    const asking = mode === 'freeze' ? 'frozen' : 'routed';

    it(`counts when it is given while a move of mode ${mode} asks for it`, () => {
      const board = taken(until(begun(), asking), { do: 'continue', run: 'r1' });
      expect(nextOf(board)).toMatchObject({ board: { moves: [{ state: 'caught-up' }] } });
    });

    it(`does not when writes could still come, in mode ${mode}`, () => {
      const early = taken(until(begun(), 'freeze-pushed'), { do: 'continue', run: 'r1' });
      expect(nextOf(until(early, asking))).toMatchObject({ kind: 'check' });
    });
  }

  it('is heard of a run that is being aborted, for what has flipped: it would be frozen for ever', () => {
    const asked = { byPerson: true };
    const begun = taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ03', mode: 'reads-only' });
    const aborting = taken(until(begun, 'routed', asked), { do: 'abort', run: 'r1' });
    expect(nextOf(aborting, asked)).toMatchObject({ kind: 'wait' });
    const board = until(taken(aborting, { do: 'continue', run: 'r1' }), 'caught-up', asked);
    const over = carriedOut(board, world(), asked);
    expect(over).toMatchObject({ moves: [], runs: [{ state: 'aborted' }] });
  });

  it('is not given by calling a gate fenced', () => {
    const frozen = until(taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ03' }), 'frozen');
    const board = taken(frozen, { do: 'continue', run: 'r1', fenced: ['g-hz1'] });
    const dead = gates(board).map((g) => (g.gate === 'g-hz1' ? { ...g, leaseLeftMs: -1 } : g));
    expect(nextOf(board, { ...ASKS, gates: dead, me: 'g-hz2' })).toMatchObject({ kind: 'check' });
  });
});
