import { type ConnectionOptions, readConnection } from './connection-field.ts';
import { BAD_FRAMING, readFraming, UNFRAMED } from './framing.ts';
import { FieldSection, INCOMPLETE, REFUSED } from './head.ts';
import { REFUSAL } from './refusals.ts';
import { VALUE_BYTE } from './tables.ts';

const RESPONSE_LIMITS = { headBytes: 65_536, fields: 200 } as const;

/** A response head, found in place; as strict as for requests. A refusal means: answer 502. */
export class ResponseHead extends FieldSection implements ConnectionOptions {
  status = 0;
  minorVersion = 1;
  /** The status line can be sent on as it came. */
  lineIsPlain = true;
  /** First byte of the reason phrase, or of the CRLF. */
  reasonStart = 0;
  reasonEnd = 0;
  /** Body length by the fields, CHUNKED, or UNFRAMED: until the connection closes. */
  framing = UNFRAMED;
  close = false;
  keepAlive = false;
  upgrade = false;
  te = false;
  nominated: readonly string[] = [];

  /** @returns the position after the head, INCOMPLETE or REFUSED. */
  parse(buf: Buffer, start: number, end: number): number {
    const last = Math.min(end, start + RESPONSE_LIMITS.headBytes);
    const fields = this.#parseLine(buf, start, last);
    if (fields === REFUSED) return REFUSED;
    const after =
      fields === INCOMPLETE
        ? INCOMPLETE
        : this.parseFields(buf, fields, last, RESPONSE_LIMITS.fields);
    if (after === INCOMPLETE)
      return end - start >= RESPONSE_LIMITS.headBytes
        ? this.refuse(REFUSAL.headTooLong)
        : INCOMPLETE;
    if (after === REFUSED) return REFUSED;
    readConnection(this, this);
    this.framing = readFraming(this, this.minorVersion);
    return this.framing === BAD_FRAMING ? REFUSED : after;
  }

  /** `HTTP/1.x 200 reason` CRLF; the reason, and its space, may be missing. A later 1.x is as 1.1. */
  #parseLine(buf: Buffer, start: number, end: number): number {
    this.start = start;
    const prefix = 'HTTP/1.';
    for (let k = 0; k < prefix.length; k++) {
      if (start + k >= end) return INCOMPLETE;
      if (buf[start + k] !== prefix.charCodeAt(k)) return this.refuse(REFUSAL.badVersion);
    }
    let i = start + prefix.length;
    if (end - i < 5) return INCOMPLETE;
    const minor = buf[i]! - 0x30;
    if (minor < 0 || minor > 9) return this.refuse(REFUSAL.badVersion);
    if (buf[i + 1] !== 0x20) return this.refuse(REFUSAL.badRequestLine);
    const hundreds = buf[i + 2]! - 0x30;
    const tens = buf[i + 3]! - 0x30;
    const ones = buf[i + 4]! - 0x30;
    if (hundreds < 1 || hundreds > 5 || tens < 0 || tens > 9 || ones < 0 || ones > 9)
      return this.refuse(REFUSAL.badRequestLine);
    this.minorVersion = minor === 0 ? 0 : 1;
    this.status = hundreds * 100 + tens * 10 + ones;
    i += 5;
    // RFC 9112 4: the space is there even before an empty reason.
    this.lineIsPlain = minor === 1 && buf[i] === 0x20;
    if (i < end && buf[i] === 0x20) i++;
    else if (i < end && buf[i] !== 0x0d) return this.refuse(REFUSAL.badRequestLine);
    this.reasonStart = i;
    while (i < end && VALUE_BYTE[buf[i]!] === 1) i++;
    this.reasonEnd = i;
    if (i + 1 >= end) return INCOMPLETE;
    if (buf[i] !== 0x0d || buf[i + 1] !== 0x0a) return this.refuse(REFUSAL.badRequestLine);
    return i + 2;
  }
}
