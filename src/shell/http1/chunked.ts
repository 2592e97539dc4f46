/**
 * Strict reader of chunked bodies (RFC 9112 7.1). It never copies: each call lists spans of payload
 * inside the buffer it was given. Sizes: 1 to 15 hex digits, then CRLF or a bounded extension,
 * which is dropped. Trailers are checked like any field section, and bounded.
 *
 *   "5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n"
 *    size ext  data     size trailer end
 */
import { FieldSection, INCOMPLETE, REFUSED } from './head.ts';
import { HEX_VALUE, VALUE_BYTE } from './tables.ts';
import { passableTrailers } from './trailers.ts';

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const DONE = 7;

const MAX_SIZE_DIGITS = 15;
const MAX_EXTENSION_BYTES = 1024;
const MAX_TRAILER_BYTES = 8192;
const MAX_TRAILER_FIELDS = 32;
const CR = 0x0d;
const LF = 0x0a;

/** Payload found by one read; start and end offsets in turn. */
export interface Spans {
  readonly at: Int32Array;
  count: number;
  bytes: number;
}
const SPAN_CAPACITY = 256;
export const makeSpans = (): Spans => ({
  at: new Int32Array(SPAN_CAPACITY * 2),
  count: 0,
  bytes: 0,
});

export const MALFORMED = -1;

const trailerFields = new FieldSection();

export class ChunkedReader {
  #state = SIZE;
  #left = 0;
  #digits = 0;
  #extension = 0;
  #trailer: Buffer | null = null;
  /** Trailer lines that may be passed on, each with CRLF; '' for none. Whole once `done`. */
  trailers = '';

  get done(): boolean {
    return this.#state === DONE;
  }

  reset(): void {
    this.#state = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#extension = 0;
    this.#trailer = null;
    this.trailers = '';
  }

  /** @returns the position it got to (less than `end` when done, or `spans` is full), or MALFORMED. */
  read(buf: Buffer, from: number, end: number, spans: Spans): number {
    let i = from;
    while (i < end) {
      switch (this.#state) {
        case SIZE:
        case EXTENSION:
        case SIZE_LF:
          i = this.#readSize(buf, i, end);
          if (i === MALFORMED) return MALFORMED;
          break;
        case DATA: {
          if (spans.count === SPAN_CAPACITY) return i;
          const length = Math.min(this.#left, end - i);
          spans.at[spans.count * 2] = i;
          spans.at[spans.count * 2 + 1] = i + length;
          spans.count++;
          spans.bytes += length;
          i += length;
          this.#left -= length;
          if (this.#left === 0) this.#state = DATA_CR;
          break;
        }
        case DATA_CR:
          if (buf[i++] !== CR) return MALFORMED;
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (buf[i++] !== LF) return MALFORMED;
          this.#startSize();
          break;
        case TRAILER:
          return this.#readTrailer(buf, i, end);
        default:
          return i;
      }
    }
    return i;
  }

  #startSize(): void {
    this.#state = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#extension = 0;
  }

  /** Up to and with the LF of the size line. */
  #readSize(buf: Buffer, from: number, end: number): number {
    let i = from;
    for (; i < end; i++) {
      const c = buf[i]!;
      if (this.#state === SIZE) {
        const digit = HEX_VALUE[c]!;
        if (digit !== 255) {
          if (++this.#digits > MAX_SIZE_DIGITS) return MALFORMED;
          this.#left = this.#left * 16 + digit;
          continue;
        }
        if (this.#digits === 0) return MALFORMED;
        if (c === 0x3b) this.#state = EXTENSION;
        else if (c === CR) this.#state = SIZE_LF;
        else return MALFORMED;
      } else if (this.#state === EXTENSION) {
        if (c === CR) this.#state = SIZE_LF;
        else if (VALUE_BYTE[c] === 0 || ++this.#extension > MAX_EXTENSION_BYTES) return MALFORMED;
      } else {
        if (c !== LF || this.#left > Number.MAX_SAFE_INTEGER) return MALFORMED;
        this.#state = this.#left === 0 ? TRAILER : DATA;
        return i + 1;
      }
    }
    return i;
  }

  #readTrailer(buf: Buffer, from: number, end: number): number {
    const before = this.#trailer?.length ?? 0;
    const take = Math.min(end - from, MAX_TRAILER_BYTES - before);
    const whole =
      before === 0 ? buf : Buffer.concat([this.#trailer!, buf.subarray(from, from + take)]);
    const start = before === 0 ? from : 0;
    const stop = before === 0 ? from + take : whole.length;
    trailerFields.start = start;
    const after = trailerFields.parseFields(whole, start, stop, MAX_TRAILER_FIELDS);
    if (after === REFUSED) return MALFORMED;
    if (after === INCOMPLETE) {
      if (before + take >= MAX_TRAILER_BYTES) return MALFORMED;
      this.#trailer = Buffer.from(whole.subarray(start, stop));
      return end;
    }
    this.#state = DONE;
    this.trailers = passableTrailers(trailerFields);
    return from + (after - start - before);
  }
}
