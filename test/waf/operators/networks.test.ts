import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { compileNetworks } from '../../../src/waf/operators/index.ts';
import { mayMatch, signatureOf } from '../../../src/waf/signature.ts';

function compiled(networks: readonly string[]) {
  const result = compileNetworks(networks);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const v4 = fc
  .array(fc.constantFrom(0, 1, 10, 127, 128, 192, 255), { minLength: 4, maxLength: 4 })
  .map((parts) => parts.join('.'));
const v6Bytes = fc.array(fc.constantFrom(0, 0, 1, 0x20, 0x80, 0xff), {
  minLength: 16,
  maxLength: 16,
});
const v6Text = v6Bytes.chain((bytes) => {
  const address = new ipaddr.IPv6(bytes);
  return fc.constantFrom(
    address.toString(),
    address.toNormalizedString(),
    address.toNormalizedString().toUpperCase(),
  );
});
const mapped = v4.map((text) => `::ffff:${text}`);
const v6 = v6Text.filter((text) => !ipaddr.IPv6.parse(text).isIPv4MappedAddress());
const networks = fc.array(
  fc.oneof(
    v4,
    v6,
    fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([a, bits]) => `${a}/${bits}`),
    fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([a, bits]) => `${a}/${bits}`),
  ),
  { minLength: 1, maxLength: 6 },
);

/** What ipaddr.js says. */
function expected(list: readonly string[], value: string): boolean {
  const address = ipaddr.process(value);
  return list.some((text) => {
    const [network, bits] = text.includes('/')
      ? ipaddr.parseCIDR(text)
      : [ipaddr.parse(text), ipaddr.parse(text).kind() === 'ipv4' ? 32 : 128];
    return network.kind() === address.kind() && address.match(network, bits);
  });
}

describe('networks', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.0.0.2', false],
    ['::1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::2', false],
    ['10.255.0.1', true],
    ['11.0.0.0', false],
    ['9.255.255.255', false],
    ['::ffff:10.1.2.3', true], // a client of a dual-stack socket
    ['::ffff:a01:203', true],
    ['2001:DB8::ffff', true],
    ['2001:db9::', false],
    ['', false],
    ['10', false],
    ['10.1.2', false],
    ['10.1.2.3.4', false],
    ['10.1.2.03', false],
    ['10.1.2.256', false],
    ['10.1.2.3 ', false],
    ['0x0a.1.2.3', false],
    [':::1', false],
    ['::1::', false],
    ['1:2:3:4:5:6:7', false],
    ['1:2:3:4:5:6:7:8:9', false],
    ['2001:db8::12345', false],
    ['2001:db8::1%eth0', false],
  ])('%s: %s', (value, inside) => {
    const matcher = compiled(['127.0.0.1', '::1', '10.9.9.9/8', '2001:db8::/32']);
    expect(matcher.test(value)).toBe(inside);
    expect(matcher.find(value)).toBe(inside ? value : null);
  });

  it.each([
    ['10.0.0.0/33'],
    ['10.0.0.0/'],
    ['10.0.0.0/08'],
    ['10.0.0.0/-1'],
    ['10.0.0'],
    ['::/129'],
    ['::ffff:1.2.3.4'],
    ['localhost'],
    [''],
  ])('refuses %j', (network) => {
    expect(compileNetworks(['127.0.0.1', network])).toMatchObject({ ok: false });
  });

  it('holds nothing when there are none', () => {
    expect(compiled([]).test('1.2.3.4')).toBe(false);
    expect(mayMatch(compiled([]).need, signatureOf('1.2.3.4'))).toBe(false);
  });

  it('says what ipaddr.js says', () => {
    fc.assert(
      fc.property(networks, fc.oneof(v4, v6Text, mapped), (list, value) => {
        const matcher = compiled(list);
        expect(matcher.test(value)).toBe(expected(list, value));
        if (matcher.test(value)) expect(mayMatch(matcher.need, signatureOf(value))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('takes for an address what the system does', () => {
    const everything = compiled(['0.0.0.0/0', '::/0']);
    const text = fc.array(
      fc.constantFrom(':', ':', '::', '0', 'f', '1', '12', '255', '.', '1.2.3.4'),
      {
        maxLength: 17,
      },
    );
    fc.assert(
      fc.property(text, (parts) => {
        const value = parts.join('');
        expect(everything.test(value), value).toBe(isIP(value) !== 0);
      }),
      { numRuns: 5000 },
    );
  });
});
