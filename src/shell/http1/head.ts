/**
 * One pass over the received bytes of a field section. Nothing is copied: every field becomes five
 * offsets in one reused array, and values are cut out only when somebody reads them. Strictness
 * (RFC 9112 2.2, 5.1, 5.2: CRLF only, tokens, no fold, no space before the colon) costs nothing,
 * because the same loop would have to look at each byte anyway.
 */

import { REFUSAL, type Refusal } from './refusals.ts';
import {
  ID_BY_NAME,
  ID_COUNT,
  INTERNAL,
  isInternal,
  lookUp,
  NAME_BYTE,
  OTHER,
  rollHash,
  UNDERSCORE,
  VALUE_BYTE,
} from './tables.ts';

/** The bytes end before the head does. */
export const INCOMPLETE = -1;
/** `refusal` says why. */
export const REFUSED = -2;

const CR = 0x0d;
const LF = 0x0a;
const COLON = 0x3a;
const STRIDE = 5;
const MAX_FIELDS = 1000;

/** Fields of one head. Good only while `buf` holds the same bytes; then reused for the next. */
export class FieldSection {
  buf: Buffer = Buffer.alloc(0);
  /** nameStart, nameEnd, valueStart, valueEnd, id; field after field. */
  readonly offsets = new Int32Array(MAX_FIELDS * STRIDE);
  count = 0;
  /** Where the message begins. */
  start = 0;
  #text = '';
  /** First byte of the first field line. */
  fieldsStart = 0;
  /** First byte after the last field line: where the empty line begins. */
  fieldsEnd = 0;
  /** Index of the first field with an id, -1 for none. */
  readonly first = new Int32Array(ID_COUNT).fill(-1);
  hasInternal = false;
  hasUnderscore = false;
  refusal: Refusal = REFUSAL.badField;

  /** @returns the position after the empty line, INCOMPLETE or REFUSED. */
  parseFields(buf: Buffer, from: number, end: number, maxFields: number): number {
    this.buf = buf;
    this.count = 0;
    this.fieldsStart = from;
    this.#text = '';
    this.first.fill(-1);
    this.hasInternal = false;
    this.hasUnderscore = false;
    const { offsets } = this;
    let i = from;
    for (;;) {
      if (i >= end) return INCOMPLETE;
      if (buf[i] === CR) return this.#endOfFields(buf, i, end);
      if (this.count >= maxFields) return this.refuse(REFUSAL.tooManyFields);
      const nameStart = i;
      let hash = 0;
      let seen = 0;
      let c = 0;
      for (; i < end; i++) {
        c = buf[i]!;
        const kind = NAME_BYTE[c]!;
        if (kind === 0) break;
        seen |= kind;
        hash = rollHash(hash, c);
      }
      if (i >= end) return INCOMPLETE;
      if (c !== COLON || i === nameStart) return this.refuse(REFUSAL.badField);
      const nameEnd = i++;
      while (i < end && isBlank(buf[i]!)) i++;
      const valueStart = i;
      while (i < end && VALUE_BYTE[buf[i]!] === 1) i++;
      if (i >= end) return INCOMPLETE;
      if (buf[i] !== CR) return this.refuse(REFUSAL.badField);
      if (i + 1 >= end) return INCOMPLETE;
      if (buf[i + 1] !== LF) return this.refuse(REFUSAL.badField);
      let valueEnd = i;
      while (valueEnd > valueStart && isBlank(buf[valueEnd - 1]!)) valueEnd--;
      i += 2;
      const id = this.#identify(buf, nameStart, nameEnd, hash, seen);
      const at = this.count * STRIDE;
      offsets[at] = nameStart;
      offsets[at + 1] = nameEnd;
      offsets[at + 2] = valueStart;
      offsets[at + 3] = valueEnd;
      offsets[at + 4] = id;
      if (this.first[id] === -1) this.first[id] = this.count;
      this.count++;
    }
  }

  #endOfFields(buf: Buffer, i: number, end: number): number {
    if (i + 1 >= end) return INCOMPLETE;
    if (buf[i + 1] !== LF) return this.refuse(REFUSAL.badField);
    this.fieldsEnd = i;
    return i + 2;
  }

  #identify(buf: Buffer, start: number, end: number, hash: number, seen: number): number {
    if (isInternal(buf, start, end)) {
      this.hasInternal = true;
      return INTERNAL;
    }
    if ((seen & 2) !== 0) {
      this.hasUnderscore = true;
      return UNDERSCORE;
    }
    return lookUp(buf, start, end, hash);
  }

  refuse(refusal: Refusal): typeof REFUSED {
    this.refusal = refusal;
    return REFUSED;
  }

  id(field: number): number {
    return this.offsets[field * STRIDE + 4]!;
  }

  lineStart(field: number): number {
    return this.offsets[field * STRIDE]!;
  }

  /** First byte after the field's CRLF. */
  lineEnd(field: number): number {
    return field + 1 < this.count ? this.offsets[(field + 1) * STRIDE]! : this.fieldsEnd;
  }

  name(field: number): string {
    const at = field * STRIDE;
    return this.buf.latin1Slice(this.offsets[at]!, this.offsets[at + 1]!).toLowerCase();
  }

  /** As it was written. */
  writtenName(field: number): string {
    const at = field * STRIDE;
    return this.cut(this.offsets[at]!, this.offsets[at + 1]!);
  }

  nameIs(field: number, name: string): boolean {
    const at = field * STRIDE;
    const start = this.offsets[at]!;
    if (this.offsets[at + 1]! - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      const c = this.buf[start + i]!;
      if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  value(field: number): string {
    const at = field * STRIDE;
    return this.cut(this.offsets[at + 2]!, this.offsets[at + 3]!);
  }

  /**
   * A piece of the message's head as text. All of it is decoded once: a piece of a string costs a tenth
   * of a piece of a buffer.
   */
  cut(from: number, to: number): string {
    if (this.#text === '') this.#text = this.buf.latin1Slice(this.start, this.fieldsEnd);
    return this.#text.slice(from - this.start, to - this.start);
  }

  /** How often a known field occurs. */
  occurrences(id: number): number {
    let n = 0;
    for (let f = this.first[id]!; f >= 0 && f < this.count; f++) if (this.id(f) === id) n++;
    return n;
  }

  /** First value of a field, `name` in lower case. */
  find(name: string): string | undefined {
    const id = ID_BY_NAME.get(name);
    if (id !== undefined) {
      const field = this.first[id]!;
      return field < 0 ? undefined : this.value(field);
    }
    if (!this.hasInternal && name.startsWith('x-ldc-')) return undefined;
    for (let f = 0; f < this.count; f++) {
      const kind = this.id(f);
      if ((kind === OTHER || kind === INTERNAL) && this.nameIs(f, name)) return this.value(f);
    }
    return undefined;
  }

  /** All values of a field, joined (RFC 9110 5.3; cookies by `; `, RFC 6265 5.4); '' for none. */
  findAll(name: string, separator = ', '): string {
    const id = ID_BY_NAME.get(name) ?? (name.startsWith('x-ldc-') ? INTERNAL : OTHER);
    const shared = id === OTHER || id === INTERNAL;
    let all = '';
    if (this.first[id] === -1) return all;
    for (let f = this.first[id]!; f < this.count; f++) {
      const listed = this.id(f) === id && (!shared || this.nameIs(f, name));
      if (listed) all += all === '' ? this.value(f) : separator + this.value(f);
    }
    return all;
  }

  /** Offset of a value's first byte and of the byte after it. */
  valueStart(field: number): number {
    return this.offsets[field * STRIDE + 2]!;
  }

  valueEnd(field: number): number {
    return this.offsets[field * STRIDE + 3]!;
  }
}

const isBlank = (c: number): boolean => c === 0x20 || c === 0x09;
