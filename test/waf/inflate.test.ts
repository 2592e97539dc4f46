import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Inflated, inflateBody } from '../../src/shell/waf/inflate.ts';

const MIB = 1024 * 1024;
const inflated = (coding: string, bytes: Buffer, maxBytes = MIB): Promise<Inflated> =>
  new Promise((done) => inflateBody(coding, bytes, maxBytes, done));
const outcome = async (coding: string, bytes: Buffer, maxBytes?: number): Promise<string> => {
  const result = await inflated(coding, bytes, maxBytes);
  return result.ok ? `${result.value.length} bytes` : result.error;
};

const BODY = Buffer.from('a=1&b=2');
/** Random enough not to shrink away. */
const LARGE = Buffer.alloc(200_000);
for (let i = 0, state = 1; i < LARGE.length; i++) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  LARGE[i] = state >>> 24;
}
const zipped = gzipSync(BODY);

/** A header with everything optional in it: extra field, name, comment, checksum. */
const adorned = Buffer.concat([
  Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 9, 9]),
  Buffer.from('name\0comment\0'),
  Buffer.from([0, 0]),
  zipped.subarray(10),
]);

describe('a body', () => {
  it.each([
    ['', BODY],
    ['identity', BODY],
    ['gzip', zipped],
    ['X-GZIP', zipped],
    ['gzip', adorned],
    ['deflate', deflateSync(BODY)],
  ])('with the coding %j comes back', async (coding, bytes) => {
    expect(await inflated(coding, bytes)).toEqual({ ok: true, value: BODY });
  });

  it('may be larger than one chunk, and empty', async () => {
    const large = await inflated('gzip', gzipSync(LARGE));
    expect(large.ok && large.value.equals(LARGE)).toBe(true);
    expect(await outcome('gzip', gzipSync(Buffer.alloc(0)))).toBe('0 bytes');
    expect(await outcome('deflate', deflateSync(Buffer.alloc(0)))).toBe('0 bytes');
  });

  it.each([
    ['br', BODY, 'unsupported'],
    ['gzip, gzip', zipped, 'unsupported'],
    ['gzip,identity', zipped, 'unsupported'],
    ['gzip', BODY, 'corrupt'],
    ['gzip', Buffer.alloc(0), 'corrupt'],
    ['deflate', Buffer.alloc(0), 'corrupt'],
    ['deflate', zipped, 'corrupt'],
    ['deflate', deflateRawSync(BODY), 'corrupt'],
    ['deflate', deflateSync(BODY, { dictionary: Buffer.from('a=1') }), 'corrupt'],
    ['gzip', zipped.subarray(0, -1), 'corrupt'],
    ['gzip', zipped.subarray(0, 12), 'corrupt'],
    ['gzip', adorned.subarray(0, 20), 'corrupt'],
    ['gzip', withByte(zipped, zipped.length - 8), 'corrupt'],
    ['gzip', withByte(zipped, zipped.length - 1), 'corrupt'],
    ['gzip', withByte(zipped, 3), 'corrupt'],
    ['gzip', Buffer.concat([zipped, Buffer.from('x')]), 'trailing'],
    ['gzip', Buffer.concat([zipped, zipped]), 'trailing'],
    ['gzip', Buffer.concat([gzipSync(Buffer.alloc(0)), zipped]), 'trailing'],
    ['deflate', Buffer.concat([deflateSync(BODY), Buffer.from('\0')]), 'trailing'],
  ])('with the coding %j, %j: %s', async (coding, bytes, fault) => {
    expect(await outcome(coding, bytes)).toBe(fault);
  });

  it('has a largest size, whatever the coding', async () => {
    for (const [coding, bytes] of [
      ['gzip', gzipSync(LARGE)],
      ['deflate', deflateSync(LARGE)],
      ['', LARGE],
    ] as const) {
      expect(await outcome(coding, bytes, LARGE.length)).toBe('200000 bytes');
      expect(await outcome(coding, bytes, LARGE.length - 1)).toBe('size');
    }
  });

  it('grows at most a hundredfold, beyond 64 KiB', async () => {
    expect(await outcome('gzip', gzipSync(Buffer.alloc(65_536)))).toBe('65536 bytes');
    expect(await outcome('gzip', gzipSync(Buffer.alloc(65_537)))).toBe('ratio');
    expect(await outcome('deflate', deflateSync(Buffer.alloc(10 * MIB)), 20 * MIB)).toBe('ratio');
  });
});

function withByte(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = bytes[at]! ^ 0xff;
  return changed;
}
