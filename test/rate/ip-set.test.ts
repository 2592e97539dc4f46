/** The gate's own reading of addresses and blocks, held against ipaddr.js. */
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { compileNetworks } from '../../src/gate/networks.ts';
import { type IpAddress, networkOf, parseIp, parseIpBlock } from '../../src/model/ip-address.ts';
import { IpSetBuilder } from '../../src/model/ip-set.ts';
import { Report } from '../../src/model/issue.ts';

const four = fc.ipV4();
/** `::1.2.3.4` is IPv6 by RFC 4291 2.5.5.1, and IPv4 to ipaddr.js. */
const plain6 = fc.ipV6().filter((text) => !/^::\d+\.[\d.]+$/.test(text));
const six = fc.oneof(
  plain6,
  // Near to each other, so that blocks meet.
  fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => `2001:db8:${a}::${b.toString(16)}`),
  fc.tuple(fc.nat(3), fc.nat(255)).map(([a, b]) => `::ffff:10.0.${a}.${b}`),
);
const near4 = fc.tuple(fc.nat(3), fc.nat(255)).map(([a, b]) => `10.0.${a}.${b}`);
const address = fc.oneof(four, near4, six);

/** As ipaddr.js has it, in the same words. */
function byIpaddr(text: string): IpAddress {
  const ip = ipaddr.process(text);
  const bytes = Buffer.from(ip.toByteArray());
  if (ip.kind() === 'ipv4') return { is4: true, w0: 0, w1: 0, w2: 0, w3: bytes.readUInt32BE(0) };
  const [w0, w1, w2, w3] = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at));
  return { is4: false, w0: w0!, w1: w1!, w2: w2!, w3: w3! };
}

describe('an address', () => {
  it('is read as ipaddr.js reads it', () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(parseIp(text)).toEqual(byIpaddr(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('is read only if ipaddr.js reads it too, whatever comes', () => {
    const junk = fc
      .array(fc.constantFrom('0', '1', '9', 'f', '12', '255', '256', '.', ':', '::', '/', 'g', ' '))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(junk, (text) => {
        const strict =
          ipaddr.IPv4.isValidFourPartDecimal(text) ||
          (ipaddr.IPv6.isValid(text) && text.includes(':'));
        expect(parseIp(text) !== null).toBe(strict);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '10',
    '10.1',
    '010.0.0.1',
    '0x7f.1',
    '1.2.3.4.5',
    '1.2.3',
    '::1%',
    ':::',
    '1::2::3',
    '',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeNull();
  });

  it('keeps no zone id', () => {
    expect(parseIp('fe80::1%eth0')).toEqual(parseIp('fe80::1'));
  });

  it.each([
    '::ffff:10.0.0.0/104',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '::/129',
    'fe80::%a/64',
  ])('%j is no block', (text) => {
    expect(parseIpBlock(text)).toBeNull();
  });
});

const block = fc.oneof(
  fc.tuple(fc.oneof(four, near4), fc.integer({ min: 0, max: 32 })).map(([a, n]) => `${a}/${n}`),
  fc
    .tuple(plain6, fc.integer({ min: 0, max: 128 }))
    .filter(([a]) => !ipaddr.IPv6.parse(a).isIPv4MappedAddress())
    .map(([a, n]) => `${a}/${n}`),
  fc
    .tuple(fc.nat(3), fc.integer({ min: 40, max: 128 }))
    .map(([a, n]) => `2001:db8:${a}::${a}/${n}`),
  near4,
);

describe('a set of networks', () => {
  it('holds what ipaddr.js finds in one of its blocks, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 40 }), fc.array(address), (blocks, asked) => {
        const builder = new IpSetBuilder();
        for (const text of blocks) builder.add(parseIpBlock(text)!);
        const set = builder.build();
        for (const text of asked) {
          const ip = ipaddr.process(text);
          const expected = blocks.some((b) => {
            const [net, bits] = b.includes('/') ? ipaddr.parseCIDR(b) : [ipaddr.parse(b), 32];
            return net.kind() === ip.kind() && ip.match(net, bits);
          });
          expect(set.has(parseIp(text)!), `${text} in ${blocks.join(' ')}`).toBe(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('finds the first and the last address of each of 200,000 blocks, and not their neighbours', () => {
    const builder = new IpSetBuilder();
    for (let i = 0; i < 200_000; i++)
      builder.add({ address: { is4: true, w0: 0, w1: 0, w2: 0, w3: i * 16_384 + 256 }, bits: 26 });
    const set = builder.build();
    const at = (w3: number): boolean => set.has({ is4: true, w0: 0, w1: 0, w2: 0, w3 });
    expect(set.size).toBe(200_000);
    for (let i = 0; i < 200_000; i += 97) {
      const first = i * 16_384 + 256;
      expect([at(first - 1), at(first), at(first + 63), at(first + 64)]).toEqual([
        ...[false, true, true, false],
      ]);
    }
  });

  it('joins what touches', () => {
    const builder = new IpSetBuilder();
    for (const text of ['10.0.0.0/9', '10.128.0.0/9', '10.3.0.0/16', '::1', '::1/128'])
      builder.add(parseIpBlock(text)!);
    expect(builder.count).toBe(5);
    expect(builder.build().size).toBe(2);
  });

  it('is what gates keep their proxies in, with mistakes at their place', () => {
    const report = new Report();
    const networks = compileNetworks(['10.0.0.0/8', 'x', '2001:db8::/32'], ['a'], report);
    expect(report.problems.map((p) => p.path)).toEqual([['a', 1]]);
    expect(
      ['10.1.2.3', '::ffff:10.0.0.1', '2001:db8::1', '11.0.0.1', 'unknown'].map((a) =>
        networks.has(a),
      ),
    ).toEqual([true, true, true, false, false]);
    expect(
      ['10.0.0.0/4', '10.1.0.0/16', '0.0.0.0/0', '11.0.0.0/8', '::/0'].map((a) =>
        networks.meets(a),
      ),
    ).toEqual([true, true, true, false, true]);
  });

  it('cuts an address to its network', () => {
    const cut = (text: string, bits: number) => networkOf(parseIp(text)!, bits);
    expect(cut('10.1.2.3', 24)).toEqual(parseIp('10.1.2.0'));
    expect(cut('2001:db8:1:2:3::9', 64)).toEqual(parseIp('2001:db8:1:2::'));
    expect(cut('2001:db8:1:2:3::9', 0)).toEqual(parseIp('::'));
    expect(cut('255.255.255.255', 0)).toEqual(parseIp('0.0.0.0'));
  });
});
