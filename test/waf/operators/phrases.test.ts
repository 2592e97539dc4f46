import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePhrases } from '../../../src/waf/operators/index.ts';
import { buildTrie, nextState, tableOf } from '../../../src/waf/operators/phrase-trie.ts';
import { mayMatch, signatureOf } from '../../../src/waf/signature.ts';
import { TRANSFORM } from '../../../src/waf/transforms/index.ts';

const folded = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The match that ends first, the longest of those that end there. */
function naive(phrases: readonly string[], value: string): string | null {
  const text = folded(value);
  for (let end = 1; end <= value.length; end++) {
    const sizes = phrases
      .filter((phrase) => phrase !== '' && text.slice(0, end).endsWith(folded(phrase)))
      .map((phrase) => phrase.length);
    if (sizes.length > 0) return value.slice(end - Math.max(...sizes), end);
  }
  return null;
}

describe('phrases', () => {
  it.each([
    [['union', 'select'], 'UNION all', 'UNION'],
    [['he', 'she', 'his', 'hers'], 'ushers', 'she'],
    [['abcd', 'bc'], 'xabcy', 'bc'],
    [['a', 'aa'], 'b', null],
    [['/etc/passwd'], 'cat /ETC/passwd', '/ETC/passwd'],
    [['\xc0'], '\xe0', null], // no letters above 0x7f
    [['[', '@'], '{`', null], // no letters either
    [['\0x'], 'a\0X', '\0X'],
    [['aab'], 'aaaab', 'aab'],
    [[''], 'x', null],
    [[], 'x', null],
  ])('%j in %j: %j', (phrases, value, expected) => {
    const matcher = compilePhrases(phrases);
    expect(matcher.find(value)).toBe(expected);
    expect(matcher.test(value)).toBe(expected !== null);
  });

  it('find what a naive search finds, and need no more than there is', () => {
    const text = (maxLength: number) =>
      fc.array(fc.constantFrom('a', 'A', 'b', 'c', '/', '.', '\0', '\xff'), { maxLength });
    fc.assert(
      fc.property(fc.array(text(5), { maxLength: 6 }), text(30), (phraseParts, valueParts) => {
        const phrases = phraseParts.map((parts) => parts.join(''));
        const value = valueParts.join('');
        const matcher = compilePhrases(phrases);
        const expected = naive(phrases, value);
        expect(matcher.find(value)).toBe(expected);
        expect(matcher.test(value)).toBe(expected !== null);
        if (expected !== null) expect(mayMatch(matcher.need, signatureOf(value))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('find the same with nearly no table, as in very long lists', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }),
        (phraseParts, value) => {
          const trie = buildTrie(phraseParts.map((parts) => parts.join('')));
          const whole = tableOf(trie, trie.states);
          const root = tableOf(trie, 1);
          let a = 0;
          let b = 0;
          for (const c of value) {
            const byteClass = trie.classOf[c.charCodeAt(0)]!;
            a = nextState(trie, whole, trie.states, a, byteClass);
            b = nextState(trie, root, 1, b, byteClass);
            expect(b).toBe(a);
          }
        },
      ),
    );
  });

  it('fall back no more often than there are bytes, whatever comes', () => {
    const trie = buildTrie([`${'a'.repeat(300)}b`, `${'ab'.repeat(200)}c`]);
    let fallbacks = 0;
    const counting = {
      ...trie,
      fallback: new Proxy(trie.fallback, {
        get(target, key) {
          fallbacks++;
          return Reflect.get(target, key) as unknown;
        },
      }),
    };
    const root = tableOf(trie, 1);
    const value = 'a'.repeat(299).concat('c').repeat(10) + 'ab'.repeat(199).concat('d').repeat(10);
    let state = 0;
    for (const c of value) {
      state = nextState(counting, root, 1, state, trie.classOf[c.charCodeAt(0)]!);
    }
    expect(fallbacks).toBeGreaterThan(1000);
    expect(fallbacks).toBeLessThanOrEqual(value.length);
  });
});

const rules = join(
  process.env.ZONEGATE_CRS ?? join(import.meta.dirname, '../../../../shared/crs'),
  'rules',
);

describe.skipIf(!existsSync(rules))(
  'phrase files of the Core Rule Set (skipped without it)',
  () => {
    const lists = existsSync(rules) ? readdirSync(rules).filter((f) => f.endsWith('.data')) : [];

    it.each(lists)('%s: every phrase is found, in a text of its own and among others', (file) => {
      const phrases = readFileSync(join(rules, file), 'latin1')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'));
      expect(phrases.length).toBeGreaterThan(0);
      const matcher = compilePhrases(phrases);
      for (const phrase of phrases) {
        const found = matcher.find(`\x01${TRANSFORM.uppercase.apply(phrase)}\x01`);
        expect(found, phrase).not.toBeNull();
        expect(mayMatch(matcher.need, signatureOf(phrase))).toBe(true);
      }
      expect(matcher.test('\x01\x02\x03')).toBe(false);
    });
  },
);
