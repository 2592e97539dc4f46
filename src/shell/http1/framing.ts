/** How long a message's body is, by its fields alone (RFC 9112 6). Shared by both directions. */
import type { FieldSection } from './head.ts';
import { REFUSAL, type Refusal } from './refusals.ts';
import { idOf } from './tables.ts';

const CONTENT_LENGTH = idOf('content-length');
const TRANSFER_ENCODING = idOf('transfer-encoding');

/** Results of `readFraming` besides a length ≥ 0. */
export const CHUNKED = -1;
export const UNFRAMED = -2;
export const BAD_FRAMING = -3;

/** @returns the length, CHUNKED, UNFRAMED (no field says), or BAD_FRAMING with `section.refusal`. */
export function readFraming(section: FieldSection, minorVersion: number): number {
  const length = section.first[CONTENT_LENGTH]!;
  const encoding = section.first[TRANSFER_ENCODING]!;
  if (length < 0 && encoding < 0) return UNFRAMED;
  if (length >= 0) {
    if (encoding >= 0 || section.occurrences(CONTENT_LENGTH) > 1)
      return bad(section, REFUSAL.badLength);
    const value = readLength(section, length);
    return value < 0 ? bad(section, REFUSAL.badLength) : value;
  }
  if (minorVersion === 0 || section.occurrences(TRANSFER_ENCODING) > 1)
    return bad(section, REFUSAL.badEncoding);
  return isChunked(section, encoding) ? CHUNKED : bad(section, REFUSAL.encodingNotServed);
}

function bad(section: FieldSection, refusal: Refusal): typeof BAD_FRAMING {
  section.refuse(refusal);
  return BAD_FRAMING;
}

/** Digits only, at most 15 of them, no leading zero; -1 otherwise. */
function readLength(section: FieldSection, field: number): number {
  const start = section.valueStart(field);
  const end = section.valueEnd(field);
  if (end === start || end - start > 15) return -1;
  if (section.buf[start] === 0x30 && end - start > 1) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = section.buf[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function isChunked(section: FieldSection, field: number): boolean {
  const start = section.valueStart(field);
  if (section.valueEnd(field) - start !== 7) return false;
  return section.buf.latin1Slice(start, start + 7).toLowerCase() === 'chunked';
}
