import { randomBytes, randomInt } from 'node:crypto';

/** Ids that other systems may have made: what fits in logs, headers and hand-overs unquoted. */
const WELL_FORMED = /^[A-Za-z0-9_-]{8,64}$/;
const HEX = Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(4, '0'));

/**
 * Request ids and W3C trace contexts. 64 random bits per process make ids of two gates differ; a
 * counter, spread over its range by an odd factor, makes those of one process differ.
 */
export class RequestIds {
  readonly #prefix = randomBytes(8).toString('hex');
  #low = randomInt(2 ** 31);
  #high = randomInt(2 ** 31);

  /** 32 lower-case hex digits. */
  next(): string {
    this.#low = (this.#low + 1) | 0;
    if (this.#low === 0) this.#high = (this.#high + 1) | 0;
    const a = Math.imul(this.#low, 0x9e3779b1) >>> 0;
    const b = this.#high >>> 0;
    return this.#prefix + HEX[b >>> 16]! + HEX[b & 0xffff]! + HEX[a >>> 16]! + HEX[a & 0xffff]!;
  }

  /** The id to use: the given one, from somebody trusted and well formed, or a new one. */
  keepOrNext(given: string | undefined, trusted: boolean): string {
    return trusted && given !== undefined && WELL_FORMED.test(given) ? given : this.next();
  }

  /** A new `traceparent`, not sampled; its trace id is the request's, where that fits. */
  startTrace(requestId: string): string {
    const id = this.next();
    const trace = /^[0-9a-f]{32}$/.test(requestId) ? requestId : id;
    return `00-${trace}-${id.slice(16)}-00`;
  }
}

/** W3C Trace Context 1, 3.2.2: version 00, ids not all zero. */
export function isTraceparent(text: string): boolean {
  return (
    /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/.test(text) &&
    !text.startsWith('ff') &&
    !(text.startsWith('00') && text.length !== 55) &&
    !text.startsWith('00000000000000000000000000000000', 3) &&
    !text.startsWith('0000000000000000', 36)
  );
}
