/** What is compiled once, and what has to be compiled again. */
import { describe, expect, it } from 'vitest';
import { type Firewall, recipeDigest } from '../../src/waf/compile-firewall.ts';
import { firewallSchema } from '../../src/waf/firewall-schema.ts';
import { Forge } from '../../src/waf/forge.ts';
import { firewallOf, textsOf, type Written } from './policies.ts';

const evil = { field: 'args', op: 'contains', value: 'evil' };
const rules = [{ id: 1, when: evil, action: 'block' }];
const base: Written = { native: { own: rules }, policies: { p: { ruleSets: ['own'] } } };
const programIn = ({ policies }: Firewall) => policies.get('p')!.program;

/** Is the program of the second the very one of the first? */
function same(first: Written, second: Written): boolean {
  const forge = new Forge();
  return programIn(firewallOf({ ...first, forge })) === programIn(firewallOf({ ...second, forge }));
}
const policy = (more: object): Written => ({
  ...base,
  policies: { p: { ruleSets: ['own'], ...more } },
});
const end = (expires: string) => ({ exclusions: [{ rule: 1, owner: 'a', reason: 'r', expires }] });

describe('a program', () => {
  it.each<[string, Written, Written, boolean]>([
    ['nothing has changed', base, base, true],
    ['the mode', base, policy({ mode: 'block' }), true],
    ['a rule', base, { ...base, native: { own: [{ ...rules[0], action: 'count' }] } }, false],
    ['a variable', base, policy({ variables: { a: 1 } }), false],
    ['the paranoia level', base, policy({ paranoia: { blocking: 2 } }), false],
    ['an exclusion', base, policy({ exclusions: [{ rule: 1, owner: 'a', reason: 'r' }] }), false],
    [
      'an exclusion that is over',
      base,
      { ...policy(end('1970-01-01T00:00:01Z')), nowMs: 1000 },
      true,
    ],
    [
      'SecLang',
      { seclang: { own: 'SecAction "id:1,pass"' }, policies: base.policies },
      { seclang: { own: 'SecAction "id:2,pass"' }, policies: base.policies },
      false,
    ],
  ])('%s: kept is %s', (_, first, second, kept) => expect(same(first, second)).toBe(kept));

  it('is made anew when a rule in it is over, and waits for the next end then', () => {
    const own = [
      { ...rules[0], expires: '1970-01-01T00:00:01Z' },
      { id: 2, when: evil, action: 'count', expires: '1970-01-01T00:00:02Z' },
    ];
    const forge = new Forge();
    const at = (nowMs: number) => firewallOf({ ...base, native: { own }, nowMs, forge });
    expect(
      [at(0), at(1000), at(2000)].map((f) => [programIn(f).ruleCount, f.nextExpiryAtMs]),
    ).toEqual([
      [2, 1000],
      [1, 2000],
      [0, Infinity],
    ]);
  });

  it('follows the files of phrases beside its rules', () => {
    const forge = new Forge();
    const parsed = (phrase: string) => {
      const texts = textsOf(
        'SecRule ARGS "@pmFromFile words.data" "id:1,pass"',
        new Map([['/rules/words.data', phrase]]),
      );
      const steps = forge.sourceSteps(texts);
      for (;;) {
        const { done, value } = steps.next();
        if (done === true) return value;
      }
    };
    expect(JSON.stringify(parsed('first'))).toContain('"phrases":["first"]');
    expect(JSON.stringify(parsed('other'))).toContain('"phrases":["other"]');
    expect(parsed('first')).toBe(parsed('first'));
  });
});

describe('a recipe', () => {
  it('is another one once something in it is over: threads must not keep what has ended', () => {
    const doc = firewallSchema.parse({
      ...{ apiVersion: 'zonegate/v1', kind: 'Firewall' },
      ruleSets: {
        own: { rules: [{ ...rules[0], owner: 'ann', expires: '1970-01-01T00:00:02Z' }] },
      },
      policies: { p: { ruleSets: ['own'], ...end('1970-01-01T00:00:01Z') } },
    });
    const at = (nowMs: number) => recipeDigest('d', doc, nowMs);
    expect(at(0)).toBe(at(999));
    expect(new Set([at(999), at(1000), at(1999), at(2000)]).size).toBe(3);
  });
});
