/** What native rules do, where and when they hold, and what is wrong with those that are wrong. */
import { describe, expect, it } from 'vitest';
import { compiled, hitIds, judge, policyOf, type Sent, verdict } from '../policies.ts';

const evil = { field: 'arg:q', op: 'contains', value: 'evil' };
const policy = (...rules: object[]) => policyOf({ native: { own: rules } });
const EVIL: Sent = { query: 'q=evil' };

describe('an action', () => {
  it.each([
    ['block', 'waf-rule 403 1'],
    ['challenge', 'challenge 1'],
    ['count', 'pass'],
    ['allow', 'pass'],
    [{ score: 5 }, 'waf-score 403 0'],
    [{ score: 4 }, 'pass'],
  ])('%j: %s', (action, becomes) => {
    const own = policy({ id: 1, when: evil, action });
    expect(verdict(own, EVIL)).toBe(becomes);
    expect(verdict(own, { query: 'q=good' })).toBe('pass');
  });

  it('scores add up over rules, once for each however many values or alternatives fit', () => {
    const own = policy(
      { id: 1, when: { field: 'args', op: 'contains', value: 'evil' }, action: { score: 2 } },
      {
        id: 2,
        when: { any: [evil, { field: 'query', op: 'contains', value: 'evil' }] },
        action: { score: 2 },
      },
    );
    const { judgement, ruling } = judge(own, { query: 'q=evil&r=evil' });
    expect([judgement.score, ruling.kind]).toEqual([4, 'pass']);
    expect(judgement.hits.map((h) => h.id)).toEqual([1, 2]);
  });

  it.each(['head', 'body'])(
    'allow in the phase %s lets pass what scores and doubts would not',
    (phase) => {
      const own = policy(
        { id: 1, phase: 'head', when: evil, action: { score: 9 } },
        {
          id: 2,
          phase,
          when: { field: 'ip', op: 'network', value: '192.0.2.0/24' },
          action: 'allow',
        },
        { id: 3, when: evil, action: 'block' },
      );
      const headers = [['Content-Type', 'application/json']] as const;
      const doubtful = { ...EVIL, headers, body: '{"a":1,"a":2}' };
      expect(verdict(own, doubtful)).toBe('pass');
      expect(verdict(own, { ...doubtful, remote: '198.51.100.1' })).toBe('waf-rule 403 3');
    },
  );
});

describe('a label', () => {
  it.each(['seen', 'Seen', 'SEEN-1'])('%s is known to the rules behind', (label) => {
    const own = policy(
      { id: 1, phase: 'head', when: evil, action: 'count', labels: [label] },
      { id: 2, when: { label }, action: 'block' },
      { id: 3, when: { not: { label } }, action: 'count' },
    );
    const { judgement, ruling } = judge(own, EVIL);
    expect([judgement.labels, ruling]).toMatchObject([[label], { rule: 2 }]);
    expect(hitIds(own, { query: 'q=good' })).toEqual([3]);
  });

  it('is put on only where all conditions hold', () => {
    const own = policy({
      id: 1,
      when: { all: [evil, { field: 'uid', op: 'exists' }] },
      action: 'count',
      labels: ['l'],
    });
    expect(judge(own, EVIL).judgement.labels).toEqual([]);
    expect(judge(own, { ...EVIL, uid: 'ann' }).judgement.labels).toEqual(['l']);
  });
});

describe('a rule', () => {
  it('holds for its apps, its share of requests, and until its end', () => {
    const rule = {
      id: 1,
      when: evil,
      action: 'block',
      apps: ['shop'],
      samplePercent: 25,
      expires: '1970-01-01T00:01:00Z',
    };
    const own = policy(rule);
    const hit = { ...EVIL, dice: 0.24, receivedAtMs: 59_999 };
    expect(verdict(own, hit)).toBe('waf-rule 403 1');
    expect(verdict(own, { ...hit, app: 'other' })).toBe('pass');
    expect(verdict(own, { ...hit, dice: 0.25 })).toBe('pass');
    expect(verdict(own, { ...hit, receivedAtMs: 60_000 })).toBe('pass');
    expect(own.program.nextExpiryAtMs).toBe(60_000);
    const later = policyOf({ native: { own: [rule] } }, {}, 60_000);
    expect([later.program.ruleCount, later.program.dead]).toEqual([0, [{ id: 1, why: 'expired' }]]);
    expect(later.program.nextExpiryAtMs).toBe(Infinity);
  });

  it('of several alternatives hits once', () => {
    const own = policy({
      id: 1,
      when: { any: [evil, evil, { field: 'args', op: 'exists' }] },
      action: 'count',
    });
    expect(hitIds(own, EVIL)).toEqual([1]);
    expect(hitIds(own, { query: 'x=1' })).toEqual([1]);
  });
});

describe('a mistake', () => {
  const mistakes = (...rules: object[]) =>
    compiled({ native: { own: rules }, policies: { p: { ruleSets: ['own'] } } });
  const of = (when: object, more: object = {}) =>
    mistakes({ id: 1, when, action: 'count', ...more });
  it.each([
    [{}, 'ruleSets.own.rules.0.when: a condition needs a field'],
    [
      { all: [{ field: 'nothing', op: 'exists' }] },
      'ruleSets.own.rules.0.when.all.0.field: field nothing does not exist',
    ],
    [{ not: { field: 'args' } }, 'ruleSets.own.rules.0.when.not: the condition says nothing'],
    [{ field: 'args', op: 'equals' }, 'ruleSets.own.rules.0.when: equals compares with a value'],
    [{ field: 'args', op: 'in' }, 'ruleSets.own.rules.0.when: in compares with a list'],
    [
      { any: [evil, { field: 'args', op: 'matches', value: '(' }] },
      'ruleSets.own.rules.0.when.any.1.value: the pattern can’t be read',
    ],
    [
      { field: 'args', op: 'gt', value: 'x' },
      'ruleSets.own.rules.0.when.value: gt compares numbers',
    ],
    [
      { field: 'args', op: 'bytesOutside', value: '1-300' },
      'ruleSets.own.rules.0.when.value: not a list of bytes',
    ],
    [
      { field: 'status', op: 'eq', value: 1 },
      'ruleSets.own.rules.0.when.field: there is no answer yet',
    ],
    [
      { field: 'ip', op: 'network', values: ['10.0.0.0/33'] },
      '10.0.0.0/33 is no address and no block',
    ],
  ])('%j: %s', (when, said) => {
    const found = of(when);
    expect('policies' in found ? [] : found.some((m) => m.startsWith(said))).toBe(true);
  });

  it('is a condition that unfolds too far, and an id that stands twice', () => {
    const either = { any: [evil, evil, evil] };
    expect(of({ all: [either, either, either, either] })).toEqual([
      'ruleSets.own.rules.0.when: the condition is too large',
    ]);
    expect(
      mistakes({ id: 1, when: evil, action: 'count' }, { id: 1, when: evil, action: 'count' }),
    ).toEqual(['ruleSets.own.rules.1.id: there are two rules 1']);
  });

  it('is an id that two rule sets of a policy have', () => {
    const rules = [
      { id: 1, when: { any: [{ field: 'uid', op: 'exists' }, evil] }, action: 'block' },
    ];
    const both = (ruleSets: string[]) =>
      compiled({ native: { a: rules, b: rules }, policies: { p: { ruleSets } } });
    expect(both(['a', 'b'])).toEqual([
      'policies.p.ruleSets.1: an earlier rule set has a rule 1, too',
    ]);
    expect(both(['a', 'a'])).toEqual([
      'policies.p.ruleSets.1: an earlier rule set has a rule 1, too',
    ]);
    expect(both(['a'])).toHaveProperty('policies');
  });
});
