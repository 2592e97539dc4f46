/** One app of some shards on loan alone, and boards from before there was such a thing. */
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/failover/advance.ts';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { parseBoard } from '../../src/failover/board-schema.ts';
import { ownersOf } from '../../src/failover/owners.ts';
import { carriedOut, give, NOW, sight, taken, world } from './fixture.ts';

const OUT = { do: 'pop-out', shards: [90, 91, 92, 93, 94], to: 'EZ01' };
const HOUR_MS = 3_600_000;
const ownerOf = (board: Board, shard: number) => ownersOf(board, world().rules)[shard];
const last = (board: Board) => board.runs.at(-1)!;
const later = (board: Board, nowMs: number): Board => carriedOut(board, world(), { nowMs });

describe('one app of some shards', () => {
  const SHOP = { ...OUT, app: 'shop' };
  const shopOf = (board: Board, shard: number) => ownersOf(board, world().rules, 'shop')[shard];

  it('goes out and comes home alone, and its epoch never falls', () => {
    const board = carriedOut(taken(EMPTY_BOARD, SHOP));
    expect(ownerOf(board, 90)).toBe('RZ05');
    expect(shopOf(board, 90)).toBe('EZ01');
    expect(ownersOf(board, world().rules, 'other')[90]).toBe('RZ05');
    const [before] = board.appOwners;
    const home = carriedOut(
      taken(board, { do: 'pop-back', scope: { kind: 'zone', zone: 'EZ01' } }),
    );
    expect(shopOf(home, 90)).toBe('RZ05');
    expect(home.switches).toEqual([]);
    expect(home.appOwners[0]!.since).toBeGreaterThan(before!.since);
    const moved = carriedOut(taken(home, { do: 'move', shards: [90], to: 'RZ01' }));
    expect(shopOf(moved, 90)).toBe('RZ01');
    expect(moved.appOwners.map((o) => o.shard)).toEqual([91, 92, 93, 94]);
    expect(moved.since![90]).toBeGreaterThan(home.appOwners[0]!.since);
  });

  it('stays where it is when its shard moves, and comes home to where that is then', () => {
    const board = carriedOut(taken(EMPTY_BOARD, { ...SHOP, until: '2h' }));
    const over = carriedOut(
      taken(board, { do: 'failover', scope: { kind: 'zone', zone: 'RZ05' } }),
    );
    expect(ownerOf(over, 90)).toBe('RZ02');
    expect(shopOf(over, 90)).toBe('EZ01');
    const home = later(over, NOW + 2 * HOUR_MS);
    expect(shopOf(home, 90)).toBe('RZ02');
    expect(home.switches).toMatchObject([{ action: 'drain', scope: { zone: 'RZ05' } }]);
    const restored = later(
      taken(home, { do: 'restore', scope: { kind: 'zone', zone: 'RZ05' } }),
      NOW + 3 * HOUR_MS,
    );
    expect([ownerOf(restored, 90), shopOf(restored, 90)]).toEqual(['RZ05', 'RZ05']);
  });

  it('goes where the rest of its shard goes when both lose their IDC', () => {
    const board = carriedOut(taken(EMPTY_BOARD, SHOP));
    const over = carriedOut(
      taken(board, {
        do: 'failover',
        scope: { kind: 'idc', idc: 'sh1' },
        overrides: ['two-persons'],
      }),
    );
    expect(last(over).state).toBe('done');
    expect([ownerOf(over, 90), shopOf(over, 90)]).toEqual(['RZ02', 'RZ02']);
  });

  it('and the rest of its shard, out at one zone, come home each', () => {
    const app = carriedOut(taken(EMPTY_BOARD, { ...SHOP, until: '1h' }));
    const both = carriedOut(taken(app, { ...OUT, until: '2h' }));
    expect([ownerOf(both, 90), shopOf(both, 90)]).toEqual(['EZ01', 'EZ01']);
    const one = later(both, NOW + HOUR_MS);
    expect(one.switches).toMatchObject([{ app: null }]);
    const home = later(one, NOW + 2 * HOUR_MS);
    expect([ownerOf(home, 90), shopOf(home, 90)]).toEqual(['RZ05', 'RZ05']);
    expect(home.switches).toEqual([]);
  });

  it('comes home with `move declared`, too', () => {
    const board = carriedOut(taken(EMPTY_BOARD, SHOP));
    const home = carriedOut(taken(board, { do: 'move', shards: [], to: 'declared' }));
    expect(shopOf(home, 90)).toBe('RZ05');
  });

  it('is never in two moves, and never owned by a zone that does not run it', () => {
    const begun = taken(EMPTY_BOARD, SHOP);
    const frozen = advance(begun, world(), sight(begun));
    const busy = frozen?.kind === 'commit' ? frozen.board : begun;
    expect(give(busy, { ...OUT, app: undefined })).toMatchObject({ error: { rule: 'one-move' } });
  });
});

describe('a board from before', () => {
  it('says nothing of apps, and is read as one without any', () => {
    const old = JSON.parse(
      JSON.stringify(
        carriedOut(taken(EMPTY_BOARD, { do: 'failover', scope: { kind: 'zone', zone: 'RZ01' } })),
      ),
    ) as Record<string, unknown>;
    const forget = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(forget);
      if (value === null || typeof value !== 'object') return value;
      return Object.fromEntries(
        Object.entries(value).flatMap(([k, v]) =>
          k === 'app' || k === 'appOwners' ? [] : [[k, forget(v)]],
        ),
      );
    };
    expect(JSON.stringify(forget(old))).not.toMatch(/"app(Owners)?"/);
    expect(parseBoard(JSON.stringify(forget(old)))).toEqual(old);
  });

  it('and one of now is read as it was written', () => {
    const board = carriedOut(taken(EMPTY_BOARD, { ...OUT, app: 'shop', until: '2h' }));
    expect(parseBoard(JSON.stringify(board))).toEqual(board);
    const waits = taken(board, { ...OUT, shards: [1], from: '1h' });
    expect(parseBoard(JSON.stringify(waits))).toEqual(waits);
  });
});
