import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, gates, give, sight, taken, world } from './fixture.ts';

const idc = (name: string) => ({ kind: 'idc', idc: name });
const zone = (name: string) => ({ kind: 'zone', zone: name });
const ownerOf = (board: typeof EMPTY_BOARD, shard: number) => ownersOf(board, world().rules)[shard];

describe('a failover', () => {
  it('of a zone moves every shard of it to its partner, and restore brings them back', () => {
    const over = carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: zone('RZ01') }));
    expect(over.runs[0]).toMatchObject({ state: 'done' });
    for (let s = 0; s < 20; s++) expect(ownerOf(over, s)).toBe('RZ03');
    expect(over.moves).toEqual([]);
    expect(over.switches).toMatchObject([{ action: 'drain', percent: 100 }]);
    const back = carriedOut(taken(over, { do: 'restore', scope: zone('RZ01') }));
    expect(back.owners).toEqual(world().rules.owners);
    expect(back.switches).toEqual([]);
  });

  it('of an IDC takes the zones of it, and leaves by the remote partner where the local one is in it', () => {
    const over = carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: idc('hz1') }));
    expect(ownerOf(over, 0)).toBe('RZ03');
    expect(ownerOf(over, 20)).toBe('RZ03');
    expect(ownerOf(over, 40)).toBe('RZ03');
  });

  it('of a city waits for a second person', () => {
    const city = { kind: 'city', city: 'hangzhou' };
    const asked = taken(EMPTY_BOARD, { do: 'failover', scope: city });
    expect(asked.runs[0]).toMatchObject({ state: 'waiting' });
    expect(carriedOut(asked)).toBe(asked);
    expect(give(asked, { do: 'approve', run: 'r1' })).toMatchObject({
      error: { rule: 'two-persons' },
    });
    const over = carriedOut(taken(asked, { do: 'approve', run: 'r1', by: 'bob' }));
    expect(over.owners?.every((o) => o === 'RZ04' || o === 'RZ05')).toBe(true);
  });
});

describe('a move', () => {
  it('goes through every state in order, and waits for the last gate', () => {
    let board = taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ02' });
    const states: string[] = [];
    for (let i = 0; i < 20; i++) {
      const next = advance(board, world(), sight(board));
      if (next?.kind !== 'commit') break;
      board = next.board;
      states.push(board.moves[0]?.state ?? '-');
    }
    expect(states).toEqual([
      '-',
      'freeze-pushed',
      'frozen',
      'caught-up',
      'flipped',
      'routed',
      '-',
      '-',
      '-',
    ]);
  });

  it('whose freeze nobody acknowledges is dropped at its deadline, and all is as it was', () => {
    const board = taken(EMPTY_BOARD, { do: 'failover', scope: zone('RZ01') });
    const lagging = gates(board, { epoch: 0, settled: 0 });
    const held = carriedOut(board, world(), { gates: lagging });
    expect(held.moves).toHaveLength(1);
    const next = advance(
      held,
      world(),
      sight(held, { gates: lagging, nowMs: held.moves[0]!.freezeUntilMs }),
    );
    expect(next).toMatchObject({
      kind: 'commit',
      board: { moves: [], runs: [{ state: 'holding' }] },
    });
  });
});
