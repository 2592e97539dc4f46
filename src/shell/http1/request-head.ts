import { type ConnectionOptions, readConnection } from './connection-field.ts';
import { BAD_FRAMING, CHUNKED, readFraming, UNFRAMED } from './framing.ts';
import { FieldSection, INCOMPLETE, REFUSED } from './head.ts';
import { REFUSAL } from './refusals.ts';
import { HOST_BYTE, idOf, NAME_BYTE, TARGET_BYTE } from './tables.ts';

const SPACE = 0x20;
const SLASH = 0x2f;
const QUESTION = 0x3f;
const MAX_METHOD = 32;
const MAX_PORT = 65_535;
const HOST = idOf('host');
const EXPECT = idOf('expect');
const MAX_FORWARDS = idOf('max-forwards');

export interface HeadLimits {
  readonly headBytes: number;
  readonly targetBytes: number;
  readonly fields: number;
  /** A query may hold `\` and bytes above 127, which RFC 3986 has escaped. */
  readonly rawQuery?: boolean;
}

/** A request head, found in place. One instance per worker: valid until the next `parse`. */
export class RequestHead extends FieldSection implements ConnectionOptions {
  method = '';
  targetStart = 0;
  targetEnd = 0;
  /** Where the origin-form begins: differs from targetStart for an absolute-form target. */
  pathStart = 0;
  /** Where the query's `?` stands, or targetEnd. */
  pathEnd = 0;
  minorVersion = 1;
  /** The request line can be sent on as it came. */
  lineIsPlain = true;
  /** The target says https:, which only a gateway that has taken TLS off may pass on. */
  saysHttps = false;
  /** Body length, CHUNKED (-1) or UNFRAMED (-2, so no body). */
  framing = UNFRAMED;
  expectsContinue = false;
  host = '';
  /** With its port, where only the target names the host; else ''. */
  authority = '';
  close = false;
  keepAlive = false;
  upgrade = false;
  te = false;
  nominated: readonly string[] = [];

  /** @returns the position after the head, INCOMPLETE or REFUSED. */
  parse(buf: Buffer, start: number, end: number, limits: HeadLimits): number {
    const last = Math.min(end, start + limits.headBytes);
    this.buf = buf;
    const fields = this.#parseLine(buf, start, last, limits);
    if (fields === REFUSED) return REFUSED;
    const after =
      fields === INCOMPLETE ? INCOMPLETE : this.parseFields(buf, fields, last, limits.fields);
    if (after === INCOMPLETE)
      return last < end || end - start >= limits.headBytes
        ? this.refuse(REFUSAL.headTooLong)
        : INCOMPLETE;
    if (after === REFUSED) return REFUSED;
    return this.#understand() ? after : REFUSED;
  }

  /** The request line; @returns the position after its CRLF. */
  #parseLine(buf: Buffer, start: number, end: number, limits: HeadLimits): number {
    let i = start;
    // RFC 9112 2.2: an empty line before a request is to be overlooked.
    if (i + 1 < end && buf[i] === 0x0d && buf[i + 1] === 0x0a) i += 2;
    this.start = i;
    this.method = '';
    const methodEnd = Math.min(end, i + MAX_METHOD + 1);
    while (i < methodEnd && NAME_BYTE[buf[i]!] !== 0) i++;
    if (i === end) return i - this.start > MAX_METHOD ? this.refuse(REFUSAL.badMethod) : INCOMPLETE;
    if (buf[i] === 0x0d && i === this.start && i + 1 === end) return INCOMPLETE;
    if (buf[i] !== SPACE || i === this.start) return this.refuse(REFUSAL.badMethod);
    this.method = methodName(buf, this.start, i);
    this.targetStart = ++i;
    this.pathEnd = -1;
    for (; i < end; i++) {
      const c = buf[i]!;
      if (TARGET_BYTE[c] === 0 && !(limits.rawQuery === true && isRaw(c) && this.pathEnd >= 0))
        break;
      if (c === QUESTION && this.pathEnd < 0) this.pathEnd = i;
    }
    this.targetEnd = i;
    if (i - this.targetStart > limits.targetBytes) return this.refuse(REFUSAL.targetTooLong);
    if (i === end) return INCOMPLETE;
    if (buf[i] !== SPACE)
      return this.refuse(
        i === this.targetStart || isLineEnd(buf[i]!) ? REFUSAL.badRequestLine : REFUSAL.badTarget,
      );
    if (this.pathEnd < 0) this.pathEnd = i;
    if (this.method === 'CONNECT' || this.method === 'TRACE')
      return this.refuse(REFUSAL.methodNotServed);
    return this.#parseVersion(buf, i + 1, end);
  }

  /** `HTTP/1.x` CRLF, exactly. A later 1.x is handled as 1.1 (RFC 9110 2.5). */
  #parseVersion(buf: Buffer, at: number, end: number): number {
    const prefix = 'HTTP/';
    for (let k = 0; k < prefix.length; k++) {
      if (at + k >= end) return INCOMPLETE;
      if (buf[at + k] !== prefix.charCodeAt(k)) return this.refuse(REFUSAL.badRequestLine);
    }
    if (at + 10 > end) return INCOMPLETE;
    const major = buf[at + 5]! - 0x30;
    const minor = buf[at + 7]! - 0x30;
    if (major < 0 || major > 9 || buf[at + 6] !== 0x2e || minor < 0 || minor > 9)
      return this.refuse(REFUSAL.badVersion);
    if (buf[at + 8] !== 0x0d || buf[at + 9] !== 0x0a) return this.refuse(REFUSAL.badVersion);
    if (major !== 1) return this.refuse(REFUSAL.versionNotServed);
    this.minorVersion = minor === 0 ? 0 : 1;
    this.lineIsPlain = minor === 1;
    return at + 10;
  }

  #understand(): boolean {
    if (!this.#readHost() || !this.#readTarget()) return false;
    readConnection(this, this);
    this.framing = readFraming(this, this.minorVersion);
    if (this.framing === BAD_FRAMING) return false;
    const expect = this.first[EXPECT]!;
    // RFC 9110 10.1.1: from an HTTP/1.0 client the field is ignored.
    this.expectsContinue = expect >= 0 && this.minorVersion === 1;
    const known =
      this.occurrences(EXPECT) === 1 && this.value(expect).toLowerCase() === '100-continue';
    if (!this.expectsContinue || known) return true;
    this.refuse(REFUSAL.badExpect);
    return false;
  }

  /** Origin-form; `*` for OPTIONS; absolute-form only where its authority is the Host. */
  #readTarget(): boolean {
    const { buf, targetStart } = this;
    this.pathStart = targetStart;
    this.saysHttps = false;
    if (buf[targetStart] === SLASH) return true;
    if (
      this.method === 'OPTIONS' &&
      buf[targetStart] === 0x2a &&
      this.targetEnd === targetStart + 1
    )
      return true;
    const target = buf.latin1Slice(targetStart, this.targetEnd);
    const absolute = /^https?:\/\/([^/?]+)/i.exec(target);
    if (absolute === null) {
      this.refuse(REFUSAL.badTarget);
      return false;
    }
    const authority = absolute[1]!;
    this.saysHttps = target[4] !== ':';
    this.pathStart = targetStart + absolute[0].length;
    this.lineIsPlain = false;
    const field = this.first[HOST]!;
    if (field >= 0)
      return authority.toLowerCase() === this.value(field).toLowerCase() || this.#badHost();
    // HTTP/1.0, for 1.1 has a Host: the target is all that names one (RFC 9112 3.2.2).
    this.authority = authority;
    return this.#readAuthority(this.pathStart - authority.length, this.pathStart);
  }

  /** Exactly one Host on 1.1, at most one on 1.0: a name, IPv4 or [IPv6], and a port perhaps. */
  #readHost(): boolean {
    const field = this.first[HOST]!;
    this.host = '';
    this.authority = '';
    if (field < 0) return this.minorVersion === 0 || this.#badHost();
    if (this.occurrences(HOST) > 1) return this.#badHost();
    return this.#readAuthority(this.valueStart(field), this.valueEnd(field));
  }

  #readAuthority(start: number, end: number): boolean {
    const { buf } = this;
    let i = start;
    if (buf[i] === 0x5b) {
      i++;
      while (i < end && isIpv6Byte(buf[i]!)) i++;
      if (buf[i] !== 0x5d || i === start + 1 || i >= end) return this.#badHost();
      i++;
    } else {
      while (i < end && HOST_BYTE[buf[i]!] === 1) i++;
    }
    const nameEnd = i;
    if (nameEnd === start) return this.#badHost();
    if (i < end) {
      if (buf[i] !== 0x3a || end - i > 6) return this.#badHost();
      let port = 0;
      for (i++; i < end; i++) {
        if (buf[i]! < 0x30 || buf[i]! > 0x39) return this.#badHost();
        port = port * 10 + buf[i]! - 0x30;
      }
      if (port > MAX_PORT) return this.#badHost();
    }
    this.host = lowerSlice(buf, start, buf[nameEnd - 1] === 0x2e ? nameEnd - 1 : nameEnd);
    return this.host !== '' || this.#badHost();
  }

  #badHost(): false {
    this.refuse(REFUSAL.badHost);
    return false;
  }

  /** How many more gates an OPTIONS may pass (RFC 9110 7.6.2); -1 where nothing readable says. */
  get maxForwards(): number {
    const field = this.first[MAX_FORWARDS]!;
    if (field < 0 || this.method !== 'OPTIONS') return -1;
    const text = this.value(field);
    return /^\d{1,9}$/.test(text) ? Number(text) : -1;
  }

  /** The client can read trailers (RFC 9110 6.5). */
  get takesTrailers(): boolean {
    return (
      this.te && this.minorVersion === 1 && this.findAll('te').toLowerCase().includes('trailers')
    );
  }

  /** What the client would switch to, in lower case; '' for nothing, or a request that can't (RFC 9110 7.8). */
  get upgradeTo(): string {
    if (!this.upgrade || this.minorVersion === 0 || this.framing > 0 || this.framing === CHUNKED)
      return '';
    return this.findAll('upgrade').toLowerCase();
  }

  /** Path without query, as received; `/` where an absolute-form has none. */
  get path(): string {
    if (this.pathStart >= this.pathEnd) return '/';
    return this.cut(this.pathStart, this.pathEnd);
  }

  get query(): string {
    return this.pathEnd < this.targetEnd ? this.cut(this.pathEnd + 1, this.targetEnd) : '';
  }
}

const isLineEnd = (c: number): boolean => c === 0x0d || c === 0x0a;
const isIpv6Byte = (c: number): boolean =>
  (c >= 0x30 && c <= 0x3a) || c === 0x2e || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);

function lowerSlice(buf: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const c = buf[i]!;
    if (c >= 0x41 && c <= 0x5a) return buf.latin1Slice(start, end).toLowerCase();
  }
  return buf.latin1Slice(start, end);
}

/** The common methods without making a string. */
function methodName(buf: Buffer, start: number, end: number): string {
  if (
    end - start === 3 &&
    buf[start] === 0x47 &&
    buf[start + 1] === 0x45 &&
    buf[start + 2] === 0x54
  )
    return 'GET';
  if (
    end - start === 4 &&
    buf[start] === 0x50 &&
    buf[start + 1] === 0x4f &&
    buf[start + 2] === 0x53 &&
    buf[start + 3] === 0x54
  )
    return 'POST';
  return buf.latin1Slice(start, end);
}

/** Never `#`, which ends a query for some. */
const isRaw = (c: number): boolean => c === 0x5c || c >= 0x80;
