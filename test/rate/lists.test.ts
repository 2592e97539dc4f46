import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../src/model/ip-address.ts';
import { openCountries } from '../../src/rate/countries.ts';
import { judgeRate } from '../../src/rate/judge.ts';
import { readListText } from '../../src/rate/list-file.ts';
import { RateMemory } from '../../src/rate/memory.ts';
import { mmdb } from '../support/mmdb-writer.ts';
import { ask, NOW, roomOf, SEED } from '../support/rates.ts';

const COUNTRIES = mmdb({
  '192.0.2.0/24': { country: { iso_code: 'DE' } },
  '198.51.100.0/25': { registered_country: { iso_code: 'FR' } },
  '198.51.100.128/25': { country: 'CN' },
  '203.0.113.0/24': { country: { iso_code: 'not a code' } },
  '2001:db8::/32': { country: { iso_code: 'JP' }, registered_country: { iso_code: 'US' } },
});

function opened(file: Buffer) {
  const result = openCountries(file);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe('lists', () => {
  const at = (lists: Readonly<Record<string, object>>, ip: string, nowMs = NOW, rates = {}) => {
    const room = roomOf(rates, { lists, countryDatabase: 'x.mmdb' });
    const memory = new RateMemory(SEED);
    memory.countries = opened(COUNTRIES);
    const read = readListText('10.9.0.0/16\n');
    if (read.ok) memory.files.set('bad.txt', read.value);
    const verdict = judgeRate(ask({ ip }), room, memory, nowMs);
    return { verdict, memory, said: verdict.kind === 'deny' ? verdict.list.name : verdict.kind };
  };
  const deny = { kind: 'deny' };

  it.each([
    ['an entry', { no: { ...deny, entries: ['192.0.2.0/24'] } }, '192.0.2.1', 'no'],
    ['another address', { no: { ...deny, entries: ['192.0.2.0/24'] } }, '192.0.3.1', 'pass'],
    ['a file', { no: { ...deny, file: 'bad.txt' } }, '10.9.1.1', 'no'],
    ['a file never read', { no: { ...deny, file: 'other.txt' } }, '10.9.1.1', 'pass'],
    ['a country', { no: { ...deny, countries: ['DE', 'FR'] } }, '192.0.2.9', 'no'],
    ['where a network is registered', { no: { ...deny, countries: ['FR'] } }, '198.51.100.1', 'no'],
    ['a country’s IPv6', { no: { ...deny, countries: ['JP'] } }, '2001:db8:1::1', 'no'],
    ['an address of no country', { no: { ...deny, countries: ['DE'] } }, '8.8.8.8', 'pass'],
    ['what is no code', { no: { ...deny, countries: ['DE'] } }, '203.0.113.1', 'pass'],
    [
      'allow before deny, wherever it stands',
      { no: { ...deny, countries: ['DE'] }, yes: { kind: 'allow', entries: ['192.0.2.7'] } },
      '192.0.2.7',
      'pass',
    ],
    [
      'a list that is only counted',
      { no: { ...deny, mode: 'count', entries: ['0.0.0.0/1'] } },
      '1.1.1.1',
      'pass',
    ],
    [
      'a list after its end',
      { no: { ...deny, entries: ['1.1.1.1'], expires: '2026-11-20T00:00:00Z' } },
      '1.1.1.1',
      'pass',
    ],
    [
      'a list before its end',
      { no: { ...deny, entries: ['1.1.1.1'], expires: '2026-11-20T00:00:01Z' } },
      '1.1.1.1',
      'no',
    ],
  ] as const)('%s', (_, lists, ip, expected) => {
    expect(at(lists, ip).said).toBe(expected);
  });

  it('count hits, and what they would have done', () => {
    const { memory } = at({ no: { ...deny, mode: 'count', entries: ['1.0.0.0/8'] } }, '1.1.1.1');
    expect(memory.listTally('no')).toEqual({ hits: 0, counted: 1 });
  });

  it('let whom they allow through every rate', () => {
    const room = roomOf(
      { all: { limit: 1 } },
      { lists: { us: { kind: 'allow', entries: ['10.0.0.0/8'] } } },
    );
    const memory = new RateMemory(SEED);
    const kinds = (ip: string) =>
      [0, 0, 0].map(() => judgeRate(ask({ ip }), room, memory, NOW).kind);
    expect(kinds('10.1.1.1')).toEqual(['pass', 'pass', 'pass']);
    expect(kinds('11.1.1.1')).toEqual(['pass', 'reject', 'reject']);
  });
});

describe('a country database', () => {
  it('of IPv4 alone knows nothing of IPv6', () => {
    const countries = opened(mmdb({ '32.0.0.0/3': { country: { iso_code: 'DE' } } }, 4));
    expect(countries.of(parseIp('33.1.1.1')!)).toBe('DE');
    expect(countries.of(parseIp('2001:db8::1')!)).toBeNull();
  });

  it('that is none is told, not thrown', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), COUNTRIES.subarray(0, 40)])
      expect(openCountries(bytes).ok).toBe(false);
  });

  it('that is damaged never throws', () => {
    fc.assert(
      fc.property(fc.nat(COUNTRIES.length - 1), fc.nat(255), (place, byte) => {
        const bytes = Buffer.from(COUNTRIES);
        bytes[place] = byte;
        const result = openCountries(bytes);
        if (!result.ok) return;
        for (const ip of ['192.0.2.1', '198.51.100.1', '2001:db8::1'])
          expect([null, 'string']).toContain(
            result.value.of(parseIp(ip)!) === null ? null : 'string',
          );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a list file', () => {
  it('is read with remarks, blank lines and any line ends', () => {
    const read = readListText('# all of these\r\n10.0.0.0/8 # ours\r\n\n 192.0.2.1\n2001:db8::/32');
    if (!read.ok) throw new Error('broken');
    const has = (ip: string) => read.value.has(parseIp(ip)!);
    expect(['10.1.1.1', '192.0.2.1', '2001:db8::5', '192.0.2.2'].map(has)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('with a mistake is not read at all, and each has its line', () => {
    const read = readListText('10.0.0.0/8\n10.0.0.0/33\n\n# x\nhost.example\n');
    expect(read).toEqual({
      ok: false,
      error: [
        { line: 2, message: '"10.0.0.0/33" is not a network' },
        { line: 5, message: '"host.example" is not a network' },
      ],
    });
  });

  it('full of mistakes tells the first twenty', () => {
    const read = readListText('x\n'.repeat(1000));
    expect(read.ok ? 0 : read.error.length).toBe(20);
  });
});
