/** Orders that stand at once, said again. */
import { describe, expect, it } from 'vitest';
import { type Board, EMPTY_BOARD } from '../../src/failover/board.ts';
import { give, NOW, taken } from './fixture.ts';

const mirrored = (...orders: object[]) =>
  orders.reduce<Board>((b, o) => taken(b, { do: 'mirror', rule: 'shadow', ...o }), EMPTY_BOARD)
    .switches;

describe('the share of a mirror, said again', () => {
  it.each([
    ['keeps the end said before', [{ percent: 100, forS: 60 }, { percent: 20 }], NOW + 60_000],
    [
      'takes a new end',
      [
        { percent: 100, forS: 60 },
        { percent: 20, forS: 5 },
      ],
      NOW + 5_000,
    ],
    ['has none where none was said', [{ percent: 100 }, { percent: 20 }], null],
    ['switched off it stays off', [{ percent: 100, forS: 60 }, { percent: 0 }], null],
    ['switched on anew it has none', [{ percent: 0, forS: 60 }, { percent: 5 }], null],
  ])('%s', (_, orders, untilMs) => {
    expect(mirrored(...orders)).toMatchObject([{ action: 'mirror', untilMs }]);
  });
});

it('a scene let go says so when all scenes are stopped as well', () => {
  const stop = (scene: string) => ({ do: 'stress-stop', scene });
  const both = taken(taken(EMPTY_BOARD, stop('*')), stop('double-11'));
  const go = give(both, { do: 'stress-go', scene: 'double-11' });
  expect(go.ok && go.value.what).toBe(
    'stress go scene double-11, still stopped with all scenes by ann: because',
  );
  const alone = give(taken(EMPTY_BOARD, stop('double-11')), {
    ...{ do: 'stress-go', scene: 'double-11' },
  });
  expect(alone.ok && alone.value.what).toBe('stress go scene double-11');
});
