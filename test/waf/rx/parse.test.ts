import { describe, expect, it } from 'vitest';
import { compilePattern, type Pattern } from '../../../src/waf/rx/pattern.ts';

function compiled(source: string, caseInsensitive = false): Pattern {
  const made = compilePattern(source, { caseInsensitive });
  if (!made.ok) throw new Error(`${source}: ${JSON.stringify(made.error)}`);
  return made.value;
}

/** Pattern, values that match, values that don't. */
const READINGS: readonly [string, readonly string[], readonly string[]][] = [
  ['^.$', ['a', '\n', '\xff'], ['', 'ab', 'a\n']],
  ['(?-s:^.$)', ['a', '\r'], ['\n']],
  ['^a$', ['a'], ['a\n', '\na']],
  ['^a\\Z', ['a', 'a\n'], ['a\n\n', 'ab']],
  ['\\Aa\\z', ['a'], ['a\n']],
  ['(?m)^a$', ['a', 'b\na', 'a\nb', 'a\n'], ['b\ra', 'ab']],
  ['(?m)b\\n^', ['b\nc'], ['b\n']],
  ['(?i)stra\xdfe', ['STRA\xdfE', 'stra\xdfe'], ['STRASSE', 'stra\xffe']],
  ['(?i)^\xe4$', ['\xe4'], ['\xc4']],
  ['(?i)^[^a]$', ['b', '\xc4'], ['a', 'A']],
  ['(?i)^[j-l]$', ['K', 'k'], ['\xb5']],
  ['a(?i)b|c', ['aB', 'ab', 'c', 'C'], ['AB', 'x']],
  ['(?:a(?i)b|c)d', ['aBd', 'Cd'], ['aBD', 'CD']],
  ['(?i:a)b', ['Ab'], ['AB']],
  ['(?x) a b # note\n c', ['abc'], ['a b c', 'ab']],
  ['^\\s$', [' ', '\t', '\n', '\v', '\f', '\r'], ['\xa0', '\x85']],
  ['^\\h$', [' ', '\t', '\xa0'], ['\n']],
  ['^\\v$', ['\n', '\v', '\f', '\r', '\x85'], [' ']],
  ['^\\w\\W$', ['a-', '_\xe4'], ['\xe4-']],
  ['^\\x41\\x{42}\\103\\o{104}\\x9$', ['ABCD\t'], []],
  ['^[]a]+$', [']a'], ['b']],
  ['^[^]a]$', ['b'], [']', 'a']],
  ['^[a\\]-]+$', ['a]-'], ['\\']],
  ['^[[:alpha:][:^print:]_]+$', ['aZ_\x01\xff'], ['1', ' ']],
  ['^[\\b]$', ['\b'], ['b']],
  ['^[\\d\\-x]+$', ['1-x'], ['a']],
  ['\\bcat\\b', ['a cat', 'cat', '\xe4cat'], ['cats', '_cat']],
  ['^\\Qa.b*\\E$', ['a.b*'], ['axb*']],
  ['^a{2}b{1,}c{0,2}$', ['aab', 'aabbcc'], ['ab', 'aabccc']],
  ['^a{,2}$'.replace('{,2}', '\\{,2}'), ['a{,2}'], ['aa']],
  ['^x{y}$', ['x{y}'], ['x']],
  ['^a*+b$', ['aab'], ['aac']],
  ['^a*+a$', [], ['aaa']],
  ['^(?>a|ab)c$', ['ac'], ['abc']],
  ['^(a+)-\\1$', ['aa-aa'], ['aa-a']],
  ['^(?<q>["\'])x\\k<q>$', ['"x"'], ['"x\'']],
  ['^(?=a)\\w+$', ['ab'], ['ba']],
  ['^(?!a)\\w+$', ['ba'], ['ab']],
  ['x(?<=ax)y', ['axy'], ['bxy']],
  ['a(?#note)b', ['ab'], []],
  ['^\\N+$', ['a\r'], ['\n']],
  ['^\\cA\\e\\a$', ['\x01\x1b\x07'], []],
];

describe('a pattern is read as ModSecurity v2 has PCRE read it', () => {
  it.each(READINGS)('%s', (source, matching, others) => {
    const pattern = compiled(source);
    for (const value of matching) expect(pattern.test(value), JSON.stringify(value)).toBe(true);
    for (const value of others) expect(pattern.test(value), JSON.stringify(value)).toBe(false);
  });

  it('takes (?i) from its options', () => {
    expect(compiled('sel[e]ct', true).test('SELECT')).toBe(true);
    expect(compiled('^\\xe9$', true).test('\xc9')).toBe(false);
  });

  it('gives groups 0–9, empty for those without part', () => {
    expect(compiled('(a)|(b)(c)?').exec('xb')).toEqual(['b', '', 'b', '']);
    expect(compiled('(?<n>a)(?:x)(y)').exec('axy')).toEqual(['axy', 'a', 'y']);
    expect(compiled('(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)').exec('abcdefghijk')?.length).toBe(10);
    expect(compiled('a').exec('b')).toBeNull();
    const long = `${'x'.repeat(9000)}key=val`;
    expect(compiled('(\\w+?)=(v)').exec(long.slice(-20))?.slice(1)).toEqual([
      'xxxxxxxxxxxxxkey',
      'v',
    ]);
    expect(compiled('(k\\w+?)=(v)').exec(long)).toEqual(['key=v', 'key', 'v']);
  });
});

/** Pattern and where its fault is. */
const FAULTS: readonly [string, number][] = [
  ['a(b', 1],
  ['ab)', 2],
  ['a[bc', 1],
  ['a\\', 1],
  ['*a', 0],
  ['a|+', 2],
  ['a**', 2],
  ['a{2}{3}', 4],
  ['{3}', 0],
  ['a{3,2}', 1],
  ['a{,3}', 1],
  ['a{ 3 }', 1],
  ['\\p{L}', 0],
  ['a\\K', 1],
  ['\\y', 0],
  ['\\x{100}', 0],
  ['[b-a]', 1],
  ['[\\d-z]', 3],
  ['[[:nope:]]', 1],
  ['[[=a=]]', 1],
  ['(?R)', 0],
  ['(?(1)a)', 0],
  ['(*UTF8)a', 0],
  ['(?|a|b)', 0],
  ['\\1(a)', 0],
  ['(?:(a)|b)\\1', 9],
  ['(?i)(a)\\1', 7],
  ['(?<n>a)(?<n>b)', 7],
  ['(?<=a+)b', 0],
  ['a\u0100', 1],
  ['x(?=a)(?:(?:a+)+)+$', 0],
  ['(?:a{1000}){1000}', 0],
];

describe('what is not known is refused with its place', () => {
  it.each(FAULTS)('%s', (source, at) => {
    const made = compilePattern(source);
    expect(made.ok ? 'taken' : made.error.at).toBe(at);
    if (!made.ok) expect(made.error.expected).not.toBe('');
  });

  it('nesting and length are bounded', () => {
    expect(compilePattern('('.repeat(5000)).ok).toBe(false);
    expect(compilePattern('a'.repeat(70_000)).ok).toBe(false);
  });
});
