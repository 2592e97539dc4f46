import { describe, expect, it } from 'vitest';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { carriedOut, give, taken } from './fixture.ts';

const city = { kind: 'city', city: 'hangzhou' };

describe('a run that waits for a second person', () => {
  const waiting = taken(EMPTY_BOARD, { do: 'failover', scope: city });

  it('is not held, or one person could hold it and continue it', () => {
    expect(give(waiting, { do: 'hold', run: 'r1' })).toMatchObject({ error: { rule: 'state' } });
  });

  it('takes nothing back when it is aborted: it has done nothing', () => {
    const drained = carriedOut(
      taken(EMPTY_BOARD, { do: 'failover', scope: { kind: 'zone', zone: 'RZ01' } }),
    );
    const asked = taken(drained, { do: 'drain', scope: city });
    const [, run] = asked.runs;
    expect(run).toMatchObject({ state: 'waiting' });
    const over = carriedOut(taken(asked, { do: 'abort', run: run!.id, back: true }));
    expect(over.owners).toEqual(drained.owners);
    expect(over.switches).toEqual(drained.switches);
  });
});

describe('a run that is being aborted', () => {
  it('is not held, or it could be continued', () => {
    const begun = taken(EMPTY_BOARD, { do: 'move', shards: [7], to: 'RZ03' });
    const aborting = taken(begun, { do: 'abort', run: 'r1' });
    expect(give(aborting, { do: 'hold', run: 'r1' })).toMatchObject({ error: { rule: 'state' } });
  });
});
