import { describe, expect, it } from 'vitest';
import { rateSchema } from '../../src/rate/rate-schema.ts';
import { compiled } from '../support/rates.ts';

const rule = {
  by: ['ip'],
  limit: 10,
  windowS: 60,
  action: { kind: 'reject' },
  owner: 'ann',
  reason: 'x',
};
const list = { kind: 'deny', owner: 'ann', reason: 'x' };

describe('a rate document', () => {
  it('may be empty, and then costs nothing', () => {
    const { room, problems } = compiled({});
    expect(problems).toEqual([]);
    expect([room.isEmpty, room.hasFleet, room.hasChallenge]).toEqual([true, false, false]);
  });

  it.each([
    [
      'a part twice',
      { rates: { a: { ...rule, by: ['ip', 'ip'] } } },
      'duplicate-part rates.a.by.1',
    ],
    [
      'nothing of the client',
      { rates: { a: { ...rule, by: ['host'] } } },
      'shared-limit rates.a.by',
    ],
    [
      'what is never missing',
      { rates: { a: { ...rule, missing: 'ip' } } },
      'never-missing rates.a.missing',
    ],
    [
      'a window too short to share',
      { rates: { a: { ...rule, scope: 'fleet', windowS: 1 } } },
      'short-fleet-window rates.a.windowS',
    ],
    [
      'a challenge that nobody can answer',
      { rates: { a: { ...rule, match: { methods: ['POST'] }, action: { kind: 'challenge' } } } },
      'challenge-unanswerable rates.a.action',
    ],
    [
      'a network that is none',
      { rates: { a: { ...rule, match: { networks: ['10.0.0.0/8', '10.0'] } } } },
      'network rates.a.match.networks.1',
    ],
    [
      'an unknown route',
      { rates: { a: { ...rule, match: { routes: ['shop.example/pai'] } } } },
      'unknown-route rates.a.match.routes.0',
    ],
    [
      'an unknown app',
      { rates: { a: { ...rule, match: { apps: ['shp'] } } } },
      'unknown-app rates.a.match.apps.0',
    ],
    ['an empty list', { lists: { a: list } }, 'empty-list lists.a'],
    [
      'countries without a database',
      { lists: { a: { ...list, countries: ['DE'] } } },
      'no-country-database lists.a.countries',
    ],
    [
      'everybody',
      { lists: { a: { ...list, entries: ['0.0.0.0/0'] } } },
      'everybody lists.a.entries.0',
    ],
    [
      'an entry that is none',
      { lists: { a: { ...list, entries: ['::1', 'x1'] } } },
      'network lists.a.entries.1',
    ],
  ])('is told of %s', (_, doc, problem) => {
    expect(compiled(doc).problems).toEqual([problem]);
  });

  it('with every mistake tells every one', () => {
    const { problems } = compiled({
      rates: { a: { ...rule, by: ['ip', 'ip'], match: { apps: ['shp'], networks: ['x1'] } } },
      lists: { a: list, b: { ...list, entries: ['x1'] } },
    });
    expect(problems).toHaveLength(5);
  });

  it('with challenges or shared counts needs keys', () => {
    for (const more of [{ action: { kind: 'challenge' } }, { scope: 'fleet' }])
      expect(compiled({ rates: { a: { ...rule, ...more } } }, []).problems).toEqual([
        'no-keys rates',
      ]);
  });

  it.each([
    ['no limit', { rates: { a: { ...rule, limit: 0 } } }],
    ['five parts', { rates: { a: { ...rule, by: ['ip', 'uid', 'host', 'path', 'route'] } } }],
    ['no part', { rates: { a: { ...rule, by: [] } } }],
    ['an unknown part', { rates: { a: { ...rule, by: ['agent'] } } }],
    ['a cookie without a name', { rates: { a: { ...rule, by: ['cookie:'] } } }],
    ['an unknown action', { rates: { a: { ...rule, action: { kind: 'ban' } } } }],
    [
      'a delay of a minute',
      { rates: { a: { ...rule, action: { kind: 'delay', delayMs: 60_000 } } } },
    ],
    [
      'more work than a phone can do',
      { rates: { a: { ...rule, action: { kind: 'challenge', bits: 21 } } } },
    ],
    ['nobody to ask', { rates: { a: { ...rule, owner: undefined } } }],
    ['a country by name', { lists: { a: { ...list, countries: ['Germany'] } } }],
    [
      'a day without an hour',
      { lists: { a: { ...list, entries: ['::1'], expires: '2026-12-01' } } },
    ],
    ['a key nobody knows', { rates: { a: { ...rule, limits: 3 } } }],
  ])('is refused with %s', (_, doc) => {
    expect(rateSchema.safeParse(doc).success).toBe(false);
  });

  it('gives a proof ten times the limit where nothing else is said', () => {
    const { room } = compiled({ rates: { a: { ...rule, action: { kind: 'challenge' } } } });
    const { action } = room.rules[0]!;
    expect(action.kind === 'challenge' && action.counter.limit).toBe(100);
    expect(room.counters).toHaveLength(2);
  });
});
