/** Orders to the firewall that are refused, with what would pass. */
import { describe, expect, it } from 'vitest';
import { commandSchema } from '../../src/failover/commands.ts';
import { give } from './fixture.ts';
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

describe('an order to the firewall is refused', () => {
  const big = /large part of the world/;
  it.each<[string, Fields[], Fields, string, RegExp, RegExp]>([
    [
      'a policy nobody declares',
      [],
      mode('gard', 'block'),
      'input',
      /no policy .* gard/,
      /guard, watch, idle; or \*/,
    ],
    [
      'a policy that blocks, off for ever',
      [],
      mode('guard', 'off'),
      'firewall-open',
      /policy guard is to block/,
      /--for/,
    ],
    [
      'the same in detect',
      [],
      mode('guard', 'detect'),
      'firewall-open',
      /mode detect/,
      /--override firewall-open/,
    ],
    ['all of them, for ever', [], mode('*', 'detect'), 'firewall-open', /policy guard is/, /--for/],
    [
      'one that blocks by an order',
      [mode('watch', 'block')],
      mode('watch', 'off'),
      'firewall-open',
      /policy watch is to block/,
      /--for/,
    ],
    [
      'two that would be opened',
      [mode('*', 'block')],
      mode('*', 'off'),
      'firewall-open',
      /policies guard, watch, idle are to block/,
      /--for/,
    ],
    [
      'a mode that was never ordered',
      [],
      asDeclared('guard'),
      'input',
      /says nothing .* policy guard/,
      /speaks of/,
    ],
    [
      'an order to all that is not',
      [mode('idle', 'detect')],
      asDeclared('*'),
      'input',
      /all policies/,
      /one of idle/,
    ],
    [
      'a rule nobody has',
      [],
      ruleOff(942_100),
      'input',
      /no policy has a rule 942100/,
      /audit events/,
    ],
    [
      'a rule that refuses, for ever',
      [],
      ruleOff(100),
      'firewall-open',
      /refuses requests in policy guard/,
      /--for/,
    ],
    [
      'a rule that refuses where an order blocks, too',
      [mode('watch', 'block')],
      ruleOff(100),
      'firewall-open',
      /in policies guard, watch,/,
      /--for/,
    ],
    [
      'a rule that is on',
      [ruleOff(101)],
      ruleOn(100),
      'input',
      /rule 100 is not off/,
      /one of 101/,
    ],
    [
      'a word for a network',
      [],
      exempt('face'),
      'input',
      /face is not a network/,
      /10\.0\.0\.0\/8/,
    ],
    ['an octet too long', [], exempt('10.0.0.256'), 'input', /not a network/, /as 10/],
    ['a prefix too long', [], exempt('10.0.0.0/33'), 'input', /not a network/, /as 10/],
    ['half an address', [], exempt('10'), 'input', /not a network/, /as 10/],
    ['a prefix with a zero', [], exempt('10.0.0.0/08'), 'input', /not a network/, /as 10/],
    ['an octal one', [], exempt('010.0.0.1'), 'input', /not a network/, /as 10/],
    ['IPv4 in IPv6', [], exempt('::ffff:10.0.0.1'), 'input', /not a network/, /as 10/],
    [
      'an address within a block',
      [],
      exempt('10.1.2.3/8'),
      'input',
      /inside/,
      /10\.0\.0\.0\/8 or 10\.1\.2\.3/,
    ],
    [
      'the same of IPv6',
      [],
      exempt('2001:db8::1/32'),
      'input',
      /inside/,
      /2001:db8::\/32 or 2001:db8::1/,
    ],
    ['everybody', [], exempt('0.0.0.0/0'), 'input', /turning the firewall off/, /mode off/],
    [
      'everybody, with the rule set aside',
      [],
      exempt('0.0.0.0/0', aside),
      'input',
      /turning .* off/,
      /mode off/,
    ],
    ['everybody with IPv6', [], exempt('::/0'), 'input', /turning the firewall off/, /mode off/],
    [
      'half of everybody',
      [],
      exempt('128.0.0.0/1'),
      'firewall-open',
      big,
      /\/8 or narrower; or --override/,
    ],
    ['a wide network', [], exempt('10.0.0.0/7'), 'firewall-open', big, /\/8/],
    [
      'a wide network for a time',
      [],
      exempt('10.0.0.0/7', { forS: 60 }),
      'firewall-open',
      big,
      /\/8/,
    ],
    ['a wide network of IPv6', [], exempt('2000::/15'), 'firewall-open', big, /\/16/],
    [
      'a network that is judged',
      [exempt('10.0.0.0/8')],
      unexempt('11.0.0.0/8'),
      'input',
      /no order/,
      /one of 10\.0/,
    ],
  ])('%s', (_, before, order, rule, message, passes) => {
    const board = after(before);
    expect(give(board, order)).toMatchObject({
      ok: false,
      error: {
        rule,
        message: expect.stringMatching(message) as string,
        passes: expect.stringMatching(passes) as string,
      },
    });
  });

  it.each([
    ['a mode of nobody', { do: 'waf-mode', policy: 'guard', mode: 'on' }],
    ['a policy that is no name', { do: 'waf-mode', policy: 'g d', mode: 'off' }],
    ['a rule below the first', { do: 'waf-rule-off', rule: 0 }],
    ['a rule beyond the last', { do: 'waf-rule-off', rule: 10_000_000 }],
    ['a network of letters', { do: 'waf-exempt', network: 'the office' }],
    ['an end of what is taken back', { do: 'waf-rule-on', rule: 1, forS: 5 }],
  ])('unread: %s', (_, fields) => {
    expect(commandSchema.safeParse({ by: 'ann', reason: 'because', ...fields }).success).toBe(
      false,
    );
  });
});
