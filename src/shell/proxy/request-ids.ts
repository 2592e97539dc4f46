import { randomBytes } from 'node:crypto';

/** Ids that other systems may have made: what fits in logs, headers and hand-overs unquoted. */
const WELL_FORMED = /^[A-Za-z0-9_-]{8,64}$/;
const BLOCK = 65_536;
const HEX = Array.from({ length: BLOCK }, (_, i) => i.toString(16).padStart(4, '0'));

/**
 * Request ids and W3C trace contexts: 112 random bits for a block of 65,536 ids, and the id's number
 * in its block. Two gates, or two blocks of one, don't meet; an id costs one concatenation.
 */
export class RequestIds {
  #block = randomBytes(14).toString('hex');
  #span = randomBytes(6).toString('hex');
  #next = 0;

  /** 32 lower-case hex digits. */
  next(): string {
    if (this.#next === BLOCK) {
      this.#block = randomBytes(14).toString('hex');
      this.#span = randomBytes(6).toString('hex');
      this.#next = 0;
    }
    return this.#block + HEX[this.#next++]!;
  }

  /** The id to use: the given one, from somebody trusted and well formed, or a new one. */
  keepOrNext(given: string | undefined, trusted: boolean): string {
    return trusted && given !== undefined && WELL_FORMED.test(given) ? given : this.next();
  }

  /** A new `traceparent`, not sampled; its trace id is the request's, where that is ours. */
  startTrace(requestId: string): string {
    const ours = requestId.length === 32 && requestId.startsWith(this.#block);
    const trace = ours ? requestId : this.next();
    return `00-${trace}-${this.#span}${trace.slice(28)}-00`;
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
