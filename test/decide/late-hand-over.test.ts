import { expect, it } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { withOwner } from '../../src/failover/owners.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { reference } from '../support/config.ts';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const declared = reference();
/** Shard 7 has gone from RZ01 in hz1 to RZ03 in hz2; the freeze was over at NOW. */
const snapshot = withBoard(
  declared,
  {
    ...EMPTY_BOARD,
    epoch: 9,
    owners: withOwner(declared.rules.owners, [7], 'RZ03'),
    pastFreezes: [{ shards: [7], atMs: NOW, ms: 100 }],
  },
  false,
);

/** The gate of sh1 hands a request of shard 7 to that of hz1, by a board from before the move. */
function handed(method: string, sentAtMs: number, receivedAtMs: number) {
  const path = '/u/2088000000000071/x';
  const bound = { method, host: 'shop.example', path, query: '' };
  const handOver = signHandOver(
    {
      ...{ fromIdc: 'sh1', zone: 'RZ01', shard: 7, group: 'A', epoch: declared.epoch, board: 4 },
      ...{ how: 'table' as const, pinTag: null, requestId: 'a-request-id', lane: null },
    },
    bound,
    sentAtMs,
    declared.peer.peerKeys,
  );
  const facts = factsFrom({
    ...{ ...bound, headers: [['x-ldc-decision', handOver]], listener: 'external' },
    ...{ remote: '127.0.0.1', entryIdc: 'hz1' as IdcId, receivedAtMs, dice: 0.5 },
  });
  const decision = decide(facts, snapshot);
  return decision.kind === 'respond' ? decision.status : decision.targets[0].zone.id;
}

it('serves a read that was sent before the move was over, however late it comes', () => {
  expect(handed('GET', NOW - 50, NOW + 4000)).toBe('RZ01');
});

it('refuses a read that was sent by an old board long after the move', () => {
  expect(handed('GET', NOW + 1500, NOW + 1600)).toBe(421);
});

it('refuses a write by an old board, whenever it was sent', () => {
  expect(handed('POST', NOW - 50, NOW + 10)).toBe(421);
});
