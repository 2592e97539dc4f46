/**
 * Request bodies with a content coding (RFC 9110, section 8.4.1), inflated in memory and in zlib's threads.
 * Strict: one coding, one stream, nothing behind it. What two readers might inflate differently is refused.
 */
import { crc32, inflate, inflateRaw } from 'node:zlib';
import { fail, ok, type Result } from '../../model/result.ts';

export type InflateFault =
  /** A coding other than gzip, x-gzip and deflate, or more than one. */
  | 'unsupported'
  /** No stream of that coding (deflate without zlib's wrapping is none), or it breaks off. */
  | 'corrupt'
  /** Bytes, or a second stream, behind the first one. */
  | 'trailing'
  /** More than `maxBytes` come out. */
  | 'size'
  /** More than 64 KiB, and more than a hundred times the stream's size come out. */
  | 'ratio';

export type Inflated = Result<Buffer, InflateFault>;

const MAX_RATIO = 100;
/** Below it the ratio does not matter. */
const RATIO_FREE_BYTES = 65_536;

/**
 * @param coding value of Content-Encoding; '' and `identity` give the bytes back as they are
 * @param bytes the whole body
 * @param maxBytes of what comes out; never is more than this held, plus one chunk of zlib's (16 KiB)
 * @param done called once, later or at once; does not throw
 */
export function inflateBody(
  coding: string,
  bytes: Buffer,
  maxBytes: number,
  done: (result: Inflated) => void,
): void {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') done(bytes.length > maxBytes ? fail('size') : ok(bytes));
  else if (name === 'gzip' || name === 'x-gzip') gunzipBody(bytes, maxBytes, done);
  else if (name === 'deflate') run(inflate, bytes, 0, maxBytes, done);
  else done(fail('unsupported'));
}

type Zlib = typeof inflate | typeof inflateRaw;

/** @param trailer bytes that belong to the stream and that zlib is not shown */
function run(
  zlib: Zlib,
  stream: Buffer,
  trailer: number,
  maxBytes: number,
  done: (result: Inflated) => void,
): void {
  const byRatio = Math.max(RATIO_FREE_BYTES, stream.length * MAX_RATIO);
  const maxOutputLength = Math.max(1, Math.min(maxBytes, byRatio));
  // With `info`, the answer tells how much of the input was the stream; the types don't know that.
  zlib(stream, { maxOutputLength, info: true }, (error, answer: unknown) => {
    if (error !== null) {
      const tooLarge = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      done(fail(!tooLarge ? 'corrupt' : maxBytes <= byRatio ? 'size' : 'ratio'));
      return;
    }
    if (!isInfo(answer)) throw new TypeError('zlib gave no info');
    const behind = stream.length - answer.engine.bytesWritten;
    if (behind !== trailer) done(fail(behind > trailer ? 'trailing' : 'corrupt'));
    else if (answer.buffer.length > maxBytes) done(fail('size'));
    else done(ok(answer.buffer));
  });
}

interface Info {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

const isInfo = (answer: unknown): answer is Info =>
  typeof answer === 'object' && answer !== null && 'buffer' in answer && 'engine' in answer;

/** CRC-32 and length (RFC 1952, section 2.3.1). */
const TRAILER_BYTES = 8;

/** zlib would join the streams of several members, where other readers stop at the first. */
function gunzipBody(bytes: Buffer, maxBytes: number, done: (result: Inflated) => void): void {
  const start = headerEnd(bytes);
  if (start < 0) {
    done(fail('corrupt'));
    return;
  }
  run(inflateRaw, bytes.subarray(start), TRAILER_BYTES, maxBytes, (result) => {
    const at = bytes.length - TRAILER_BYTES;
    const right =
      !result.ok ||
      (bytes.readUInt32LE(at) === crc32(result.value) &&
        bytes.readUInt32LE(at + 4) === result.value.length % 2 ** 32);
    done(right ? result : fail('corrupt'));
  });
}

/** Where the header of a gzip member ends (RFC 1952, section 2.3), or -1. Its checksum is not looked at. */
function headerEnd(bytes: Buffer): number {
  const flags = bytes[3] ?? 0xff;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8 || flags > 0x1f) return -1;
  let at = 10;
  if (flags & 4) at += at + 2 <= bytes.length ? 2 + bytes.readUInt16LE(at) : bytes.length;
  for (const name of [8, 16]) {
    if ((flags & name) === 0) continue;
    const zero = at < bytes.length ? bytes.indexOf(0, at) : -1;
    if (zero < 0) return -1;
    at = zero + 1;
  }
  if (flags & 2) at += 2;
  return at + TRAILER_BYTES <= bytes.length ? at : -1;
}
