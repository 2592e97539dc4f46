/** Orders to the firewall: what stands after them, what is refused, what is said of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Board, EMPTY_BOARD, WAF_MODES } from '../../src/failover/board.ts';
import { parseBoard } from '../../src/failover/board-schema.ts';
import { switchText } from '../../src/failover/switch-text.ts';
import { modeOrderOf } from '../../src/failover/waf-orders.ts';
import { carriedOut, give, NOW } from './fixture.ts';
import {
  after,
  asDeclared,
  aside,
  exempt,
  type Fields,
  mode,
  ruleOff,
  ruleOn,
  unexempt,
} from './waf-fixture.ts';

describe('what stands after orders to the firewall', () => {
  it.each<[string, Fields[], (readonly [text: string, untilMs: number | null])[]]>([
    ['a mode with an end', [mode('guard', 'off', 60)], [['policy guard off', NOW + 60_000]]],
    ['a mode to block, without one', [mode('watch', 'block')], [['policy watch block', null]]],
    ['detect instead of off', [mode('idle', 'detect')], [['policy idle detect', null]]],
    ['all policies', [mode('*', 'detect', 60)], [['all policies detect', NOW + 60_000]]],
    [
      'one order for a policy, whose end stays',
      [mode('guard', 'off', 60), mode('guard', 'detect')],
      [['policy guard detect', NOW + 60_000]],
    ],
    [
      'the newest end',
      [mode('guard', 'off', 60), mode('guard', 'off', 5)],
      [['policy guard off', NOW + 5_000]],
    ],
    [
      'block for good, where it was opened for a time',
      [mode('guard', 'off', 60), mode('guard', 'block')],
      [['policy guard block', null]],
    ],
    [
      'no end that was another’s',
      [mode('watch', 'block', 60), mode('watch', 'off', 5)],
      [['policy watch off', NOW + 5_000]],
    ],
    [
      'a policy’s order beside that to all',
      [mode('guard', 'detect', 60), mode('*', 'off', 30)],
      [
        ['policy guard detect', NOW + 60_000],
        ['all policies off', NOW + 30_000],
      ],
    ],
    ['nothing, as declared', [mode('guard', 'off', 60), asDeclared('guard')], []],
    [
      'the other order, where one of two is taken back',
      [mode('guard', 'detect', 60), mode('*', 'off', 30), asDeclared('*')],
      [['policy guard detect', NOW + 60_000]],
    ],
    ['a rule off', [ruleOff(101)], [['rule 101 off', null]]],
    [
      'a rule off once, with its end',
      [ruleOff(101, 60), ruleOff(101)],
      [['rule 101 off', NOW + 60_000]],
    ],
    ['a rule that refuses, for a time', [ruleOff(100, 60)], [['rule 100 off', NOW + 60_000]]],
    ['a rule on again', [ruleOff(101), ruleOff(200), ruleOn(101)], [['rule 200 off', null]]],
    ['an address', [exempt('192.0.2.7')], [['not for 192.0.2.7', null]]],
    [
      'the same address as a block',
      [exempt('192.0.2.7'), exempt('192.0.2.7/32')],
      [['not for 192.0.2.7', null]],
    ],
    [
      'a block of IPv6, in one spelling',
      [exempt('2001:DB8:0:0::/32'), exempt('2001:db8::/32', { forS: 9 })],
      [['not for 2001:db8::/32', NOW + 9_000]],
    ],
    ['a network at the bound', [exempt('10.0.0.0/8')], [['not for 10.0.0.0/8', null]]],
    [
      'a wider one, with the rule set aside',
      [exempt('10.0.0.0/7', aside)],
      [['not for 10.0.0.0/7', null]],
    ],
    ['nobody exempt any more', [exempt('10.0.0.0/8'), unexempt('10.0.0.0/8')], []],
    ['nobody, by another spelling', [exempt('2001:db8::/32'), unexempt('2001:DB8:0::/32')], []],
  ])('%s', (_, orders, expected) => {
    const { switches } = after(orders);
    expect(switches.map((s) => [switchText(s), s.untilMs])).toEqual(
      expected.map(([text, untilMs]) => [`firewall ${text}`, untilMs]),
    );
    expect(new Set(switches.map((s) => s.id)).size).toBe(switches.length);
  });

  it('ends by itself', () => {
    const board = after([mode('guard', 'off', 60), ruleOff(101, 60), exempt('::1', { forS: 60 })]);
    expect(carriedOut(board).switches).toHaveLength(3);
    expect(carriedOut(board, undefined, { nowMs: NOW + 60_000 }).switches).toEqual([]);
  });

  it('remembers which rules were set aside', () => {
    const { switches } = after([{ ...mode('guard', 'detect'), ...aside }]);
    expect(switches).toMatchObject([{ overrode: ['firewall-open'], by: 'ann', reason: 'because' }]);
  });
});

describe('the trail says of an order to the firewall', () => {
  it.each<[Fields[], Fields, string]>([
    [[], mode('guard', 'off', 60), 'firewall policy guard off'],
    [
      [mode('guard', 'off', 60)],
      mode('guard', 'detect'),
      'firewall policy guard detect, instead of off',
    ],
    [[mode('guard', 'off', 60)], mode('guard', 'off', 5), 'firewall policy guard off, said again'],
    [
      [mode('guard', 'detect', 60)],
      mode('*', 'off', 5),
      'firewall all policies off; by orders of their own: guard detect',
    ],
    [
      [mode('guard', 'detect', 60), mode('*', 'off', 5)],
      asDeclared('guard'),
      'firewall policy guard as declared, still off as all: by ann: because',
    ],
    [[ruleOff(101)], ruleOff(101), 'firewall rule 101 off, said again'],
    [[ruleOff(101)], ruleOn(101), 'firewall rule 101 on'],
    [[exempt('10.0.0.0/8')], unexempt('10.0.0.0/8'), 'firewall for 10.0.0.0/8 again'],
  ])('%j %j', (before, order, what) => {
    expect(give(after(before), order)).toMatchObject({ ok: true, value: { what, run: null } });
  });
});

/** Those that are taken, one after the other. */
const ordered = (orders: readonly Fields[]): Board =>
  orders.reduce<Board>((board, order) => {
    const given = give(board, order);
    return given.ok ? given.value.board : board;
  }, EMPTY_BOARD);

describe('whatever is ordered of the firewall', () => {
  const policy = fc.constantFrom('guard', 'watch', 'idle', '*');
  const forS = fc.constantFrom(undefined, 5, 60);
  const octet = fc.nat(255);
  const network = fc.oneof(
    fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.')),
    fc.tuple(octet, fc.nat(32)).map(([first, bits]) => `${first}.0.0.0/${bits}`),
    fc.tuple(fc.nat(0xffff), fc.nat(128)).map(([first, bits]) => `${first.toString(16)}::/${bits}`),
  );
  const rule = fc.constantFrom(100, 101, 200, 300);
  const overrides = fc.constantFrom([], ['firewall-open']);
  const order = fc.oneof(
    fc.tuple(policy, fc.constantFrom(...WAF_MODES), forS, overrides).map(([p, m, s, o]) => ({
      ...mode(p, m, s),
      overrides: o,
    })),
    policy.map(asDeclared),
    fc.tuple(rule, forS, overrides).map(([r, s, o]) => ({ ...ruleOff(r, s), overrides: o })),
    rule.map(ruleOn),
    fc.tuple(network, overrides).map(([n, o]) => exempt(n, { overrides: o })),
    network.map(unexempt),
  );

  const step = fc.oneof(
    fc.tuple(policy, fc.constantFrom(...WAF_MODES), forS).map(([p, m, s]) => mode(p, m, s)),
    policy.map(asDeclared),
  );

  it('a policy that blocks is open only for a time', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const board = ordered(steps);
        const counts = modeOrderOf(board, 'guard');
        if (counts !== null && counts.mode !== 'block') expect(counts.untilMs).not.toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it('the board goes through the store whole, and says each thing once', () => {
    fc.assert(
      fc.property(fc.array(order, { maxLength: 25 }), (orders) => {
        const board = ordered(orders);
        expect(parseBoard(JSON.stringify(board))).toEqual(board);
        const texts = board.switches.map((s) =>
          switchText(s).replace(/ (?:off|detect|block)$/, ''),
        );
        expect(new Set(texts).size).toBe(texts.length);
      }),
      { numRuns: 300 },
    );
  });
});
