import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Epoch } from '../../src/model/ids.ts';
import { HAND_OVER_WINDOW_MS, readHandOver, signHandOver } from '../../src/peer/hand-over.ts';
import { hasBeenHere } from '../../src/peer/index.ts';
import { readOperatorToken, signOperatorToken } from '../../src/peer/operator-token.ts';

const KEY = { id: 'p1', secret: 'peer-secret-peer-secret-peer-secret-' };
const NOW = 1_790_000_000_000;
const BOUND = { method: 'GET', host: 'shop.example', path: '/a', query: 'b=1' };
const HAND_OVER = {
  fromIdc: 'hz1',
  zone: 'RZ03',
  shard: 68,
  group: 'A',
  epoch: 7 as Epoch,
  board: 0,
  how: 'table' as const,
  pinTag: 'AbCd-_123456',
  requestId: '0123456789abcdef',
  lane: null,
};
const signed = signHandOver(HAND_OVER, BOUND, NOW, [KEY]);

describe('a hand-over between gates', () => {
  it('is read as it was signed', () => {
    expect(readHandOver(signed, BOUND, NOW + 1000, [KEY])).toEqual({ ...HAND_OVER, sentAtMs: NOW });
    const unknown = { ...HAND_OVER, shard: null };
    const read = readHandOver(signHandOver(unknown, BOUND, NOW, [KEY]), BOUND, NOW, [KEY]);
    expect(read).toEqual({ ...unknown, sentAtMs: NOW });
  });

  it('says which lane the request is on', () => {
    for (const kind of ['stress', 'gray'] as const) {
      const onLane = { ...HAND_OVER, lane: { kind, name: 'double-11' } };
      const text = signHandOver(onLane, BOUND, NOW, [KEY]);
      expect(text.startsWith('v2.')).toBe(true);
      expect(readHandOver(text, BOUND, NOW, [KEY])).toEqual({ ...onLane, sentAtMs: NOW });
      expect(readHandOver(text.replace('double-11', 'double-12'), BOUND, NOW, [KEY])).toBeNull();
    }
  });

  it('is bound to method, host, path and query', () => {
    for (const other of [
      { method: 'POST' },
      { host: 'x.example' },
      { path: '/b' },
      { query: 'b=2' },
    ]) {
      expect(readHandOver(signed, { ...BOUND, ...other }, NOW, [KEY])).toBeNull();
    }
  });

  it('grows stale, and is not believed from the future', () => {
    expect(readHandOver(signed, BOUND, NOW + HAND_OVER_WINDOW_MS, [KEY])).not.toBeNull();
    expect(readHandOver(signed, BOUND, NOW + HAND_OVER_WINDOW_MS + 1, [KEY])).toBeNull();
    expect(readHandOver(signed, BOUND, NOW - HAND_OVER_WINDOW_MS - 1, [KEY])).toBeNull();
  });

  it('does not survive any change, nor another key', () => {
    fc.assert(
      fc.property(fc.nat(signed.length - 1), fc.integer({ min: 33, max: 126 }), (at, byte) => {
        const forged = signed.slice(0, at) + String.fromCharCode(byte) + signed.slice(at + 1);
        expect(readHandOver(forged, BOUND, NOW, [KEY]) !== null).toBe(forged === signed);
      }),
      { numRuns: 1000 },
    );
    expect(readHandOver(signed, BOUND, NOW, [{ ...KEY, secret: 'x'.repeat(36) }])).toBeNull();
  });
});

describe('an operator token', () => {
  const token = signOperatorToken('ann', NOW + 60_000, { id: 'o1', secret: KEY.secret });
  const keys = [{ id: 'o1', secret: KEY.secret }];
  it('names the operator until it expires', () => {
    expect(readOperatorToken(token, NOW, keys)).toBe('ann');
    expect(readOperatorToken(token, NOW + 60_000, keys)).toBeNull();
  });
  it('is nothing with another name, key or form', () => {
    expect(readOperatorToken(token.replace('ann', 'bob'), NOW, keys)).toBeNull();
    expect(readOperatorToken(token, NOW, [{ id: 'o1', secret: 'y'.repeat(36) }])).toBeNull();
    expect(readOperatorToken('v1.ann', NOW, keys)).toBeNull();
    const forEver = signOperatorToken('ann', NOW + 10 * 86_400_000, {
      id: 'o1',
      secret: KEY.secret,
    });
    expect(readOperatorToken(forEver, NOW, keys)).toBeNull();
  });
  it('is no hand-over: MACs are made for one use', () => {
    expect(readHandOver(token, BOUND, NOW, keys)).toBeNull();
  });
});

describe('loop guard', () => {
  it.each([
    ['other', false],
    ['', false],
    ['zonegate-hz1', true],
    ['a, zonegate-hz1;v=1 , b', true],
    ['zonegate-hz11', false],
    ['xzonegate-hz1', false],
    ['zonegate-hz2', false],
  ])('CDN-Loop %s → %s', (field, looped) =>
    expect(hasBeenHere(field, 'zonegate-hz1')).toBe(looped),
  );
});
