import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileNetworks } from '../../src/gate/networks.ts';
import { Report } from '../../src/model/issue.ts';
import { clientOf } from '../../src/rate/client.ts';
import { standingFields } from '../../src/rate/limit-fields.ts';
import { rateStatus } from '../../src/rate/status.ts';
import { ask, gateOf, NOW, roomOf, times } from '../support/rates.ts';

describe('what becomes of what is above', () => {
  it('a refusal says when to come back, as the draft has it', () => {
    const gate = gateOf({ login: { limit: 2, windowS: 70 } });
    expect(gate.kinds(...times(2))).toEqual(['pass', 'pass']);
    const verdict = gate.judge(ask(), NOW + 1000);
    expect(verdict).toMatchObject({ kind: 'reject', status: 429 });
    if (verdict.kind !== 'reject') return;
    expect(verdict.fields).toEqual([
      ['Retry-After', String(verdict.retryAfterS)],
      ['RateLimit-Policy', '"login";q=2;w=70'],
      ['RateLimit', `"login";r=0;t=${verdict.retryAfterS}`],
    ]);
    expect(gate.judge(ask(), NOW + 1000 + verdict.retryAfterS * 1000).kind).toBe('pass');
  });

  it('a standing is told on every answer where that is asked for', () => {
    const gate = gateOf({ api: { limit: 3, fields: 'always' }, other: { limit: 9 } });
    const told = times(2).map((a) => {
      const verdict = gate.judge(ask(a));
      return verdict.kind === 'pass' && verdict.standing !== null
        ? standingFields(verdict.standing)
        : [];
    });
    expect(told).toEqual([
      [
        ['RateLimit-Policy', '"api";q=3;w=60'],
        ['RateLimit', '"api";r=2;t=60'],
      ],
      [
        ['RateLimit-Policy', '"api";q=3;w=60'],
        ['RateLimit', '"api";r=1;t=60'],
      ],
    ]);
  });

  it('tags of several rates go on together', () => {
    const tag = (label: string) => ({ limit: 1, action: { kind: 'tag', label } });
    const gate = gateOf({ a: tag('heavy'), b: tag('busy') });
    gate.judge(ask());
    expect(gate.judge(ask())).toMatchObject({ kind: 'tag', tags: 'heavy, busy' });
  });

  it('a delay keeps the tags', () => {
    const gate = gateOf({
      a: { limit: 1, action: { kind: 'tag' } },
      b: { limit: 1, action: { kind: 'delay', delayMs: 50 } },
    });
    gate.judge(ask());
    expect(gate.judge(ask())).toMatchObject({ kind: 'delay', delayMs: 50, tags: 'a' });
  });

  const ACTIONS = ['tag', 'delay', 'challenge', 'reject', 'close'] as const;
  it.each(ACTIONS.flatMap((a, i) => ACTIONS.slice(i).map((b) => [a, b] as const)))(
    'of %s and %s the second, whichever stands first',
    (soft, hard) => {
      const rate = (kind: string) => ({
        limit: 1,
        action: { kind, ...(kind === 'delay' ? { delayMs: 1 } : {}) },
      });
      for (const rates of [
        { a: rate(soft), b: rate(hard) },
        { a: rate(hard), b: rate(soft) },
      ])
        expect(gateOf(rates).kinds(...times(2))).toEqual(['pass', hard]);
    },
  );

  it('nothing where it is only counted, and that is counted', () => {
    const gate = gateOf({ r: { limit: 1, mode: 'count', action: { kind: 'close' } } });
    expect(gate.kinds(...times(4))).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(gate.memory.ruleTally('r')).toMatchObject({ counted: 3, close: 0 });
  });

  it('a refused request uses up nothing of another rate', () => {
    const gate = gateOf({
      small: { limit: 1, match: { paths: ['/a'] } },
      large: { limit: 3 },
    });
    expect(gate.kinds(...times(50, { path: '/a' })).filter((k) => k === 'pass')).toHaveLength(1);
    expect(gate.kinds(...times(3, { path: '/b' }))).toEqual(['pass', 'pass', 'reject']);
  });
});

describe('the room', () => {
  it('that is empty passes everything with one and the same answer', () => {
    const gate = gateOf({});
    expect(gate.judge(ask())).toBe(gate.judge(ask({ ip: '10.0.0.1' })));
    expect(gate.memory.counters.capacity).toBe(0);
  });

  it('may change under the counters: what stays, goes on', () => {
    const gate = gateOf({ r: { limit: 2 } });
    expect(gate.kinds(...times(2))).toEqual(['pass', 'pass']);
    gate.room = roomOf({ first: { limit: 9 }, r: { limit: 2 } });
    expect(gate.kinds({})).toEqual(['reject']);
  });

  it('counts whoever can’t be read by nothing, and rejects nobody for it', () => {
    const gate = gateOf({ r: { limit: 1 } });
    const nobody = { ...ask(), client: null };
    expect([0, 0].map(() => gate.judge(nobody).kind)).toEqual(['pass', 'pass']);
  });

  it('judges one request after another as each rate alone would', () => {
    const asked = fc.array(
      fc.record({ ip: fc.constantFrom('10.0.0.1', '10.0.0.2'), path: fc.constantFrom('/a', '/b') }),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(
        asked,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        (all, x, y) => {
          const gate = gateOf({ byIp: { limit: x }, byPath: { by: ['path'], limit: y } });
          const counts = new Map<string, number>();
          const of = (name: string): number => counts.get(name) ?? 0;
          for (const a of all) {
            const expected = of(a.ip) < x && of(a.path) < y ? 'pass' : 'reject';
            expect(gate.judge(ask(a)).kind).toBe(expected);
            if (expected === 'pass')
              for (const name of [a.ip, a.path]) counts.set(name, of(name) + 1);
          }
        },
      ),
    );
  });

  it('tells how it stands', () => {
    const gate = gateOf(
      { r: { limit: 1 } },
      { lists: { no: { kind: 'deny', file: 'x', entries: ['9.9.9.9'] } } },
    );
    gate.kinds({}, {}, { ip: '10.0.0.1' }, { ip: '9.9.9.9' });
    expect(rateStatus(gate.room, gate.memory, NOW)).toMatchObject({
      rules: [{ name: 'r', action: 'reject', keys: 2, hits: { reject: 1 } }],
      lists: [{ name: 'no', ranges: 1, isWhole: false, hits: { hits: 1 } }],
      capacity: 131_072,
      evictions: 0,
      fleet: null,
    });
    expect(rateStatus(gate.room, gate.memory, NOW + 100_000).rules[0]!.keys).toBe(0);
  });
});

describe('the client', () => {
  const proxies = compileNetworks(['10.0.0.0/8'], [], new Report());
  it.each([
    ['192.0.2.1', '198.51.100.1', '192.0.2.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '203.0.113.9, 198.51.100.1, 10.2.2.2', '198.51.100.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', 'unknown', '10.0.0.1'],
  ])('of %s with the chain %j is %s', (remote, chain, client) => {
    const { facts } = ask({
      ip: remote,
      headers: chain === '' ? [] : [['x-forwarded-for', chain]],
    });
    expect(clientOf(facts, proxies)).toEqual(ask({ ip: client }).client);
  });
});
