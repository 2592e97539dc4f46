/** The Content-Type field (RFC 9110, section 8.3), read strictly; what is odd about it is said, not refused. */
import { isBlank, isBoundaryByte, isToken, lowerAscii } from './bytes.ts';
import { type FaultCode, faultOf } from './faults.ts';
import type { BodyFault, BodyKind } from './reading.ts';

export interface ContentType {
  /** What reads such a body, also if the field has a fault. */
  readonly kind: BodyKind;
  /** `type/subtype` in lower case; '' if there is none. */
  readonly type: string;
  /** In lower case; null: not given. */
  readonly charset: string | null;
  /** null: not given. */
  readonly boundary: string | null;
  readonly boundaryQuoted: boolean;
  /** Blanks around the equals sign, or in the boundary. */
  readonly boundarySpaced: boolean;
  readonly fault: BodyFault | null;
}

const NO_TYPE: ContentType = {
  kind: 'none',
  type: '',
  charset: null,
  boundary: null,
  boundaryQuoted: false,
  boundarySpaced: false,
  fault: null,
};

/** Frameworks read all of these as JSON. */
const JSON_TYPES = new Set([
  ...['application/json', 'text/json', 'text/x-json', 'application/x-json'],
  ...['application/jsonrequest', 'application/csp-report'],
]);
const XML_TYPES = new Set(['text/xml', 'application/xml', 'application/x-xml', 'text/x-xml']);

function kindOfType(type: string): BodyKind {
  if (type === 'application/x-www-form-urlencoded') return 'urlencoded';
  if (type === 'multipart/form-data') return 'multipart';
  if (JSON_TYPES.has(type) || type.endsWith('+json')) return 'json';
  if (XML_TYPES.has(type) || type.endsWith('+xml')) return 'xml';
  return 'none';
}

/** Bytes below 128 mean in all of these what they mean in ASCII, and rules look for such bytes. */
const CHARSETS = new Set([
  ...['utf-8', 'utf8', 'us-ascii', 'ascii', 'iso-8859-1', 'iso-8859-15', 'windows-1252'],
]);
/** @param charset in any case */
export const agreesWithAscii = (charset: string): boolean => CHARSETS.has(lowerAscii(charset));

/** @param field the field's value as a byte string; undefined: there is none */
export function bodyKindOf(field: string | undefined): ContentType {
  if (field === undefined || field === '') return NO_TYPE;
  return COMMON.get(field) ?? new FieldReader(field).read();
}

class FieldReader {
  private readonly text: string;
  private at = 0;
  private fault: BodyFault | null = null;
  private charset: string | null = null;
  private boundary: string | null = null;
  private boundaryQuoted = false;
  private boundarySpaced = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): ContentType {
    this.blanks();
    const from = this.at;
    this.token();
    if (this.at > from && this.text[this.at] === '/') this.at++;
    else this.note('content-type-syntax');
    const subtypeAt = this.at;
    this.token();
    if (this.at === subtypeAt) this.note('content-type-syntax');
    const type = lowerAscii(this.text.slice(from, this.at));
    this.parameters();
    const { charset, boundary, boundaryQuoted, boundarySpaced, fault } = this;
    const kind = kindOfType(type);
    return { kind, type, charset, boundary, boundaryQuoted, boundarySpaced, fault };
  }

  private note(code: FaultCode, at = this.at): void {
    // A strange charset hides none of the graver faults.
    if (this.fault?.ambiguous && this.fault.code !== 'charset') return;
    const fault = faultOf(code, at);
    if (this.fault === null || fault.ambiguous) this.fault = fault;
  }

  private blanks(): boolean {
    const from = this.at;
    while (isBlank(this.text.charCodeAt(this.at))) this.at++;
    return this.at > from;
  }

  private token(): void {
    while (isToken(this.text.charCodeAt(this.at))) this.at++;
  }

  private parameters(): void {
    for (;;) {
      this.blanks();
      if (this.at >= this.text.length) return;
      if (this.text[this.at] === ',') this.note('content-type-list');
      else if (this.text[this.at] !== ';') this.note('content-type-syntax');
      else {
        this.at++;
        this.blanks();
        this.parameter();
        continue;
      }
      // Something foreign: the next semicolon may begin a parameter, for readers that are less strict.
      const next = this.text.indexOf(';', this.at);
      if (next < 0) return;
      this.at = next;
    }
  }

  private parameter(): void {
    const from = this.at;
    this.token();
    const name = lowerAscii(this.text.slice(from, this.at));
    let spaced = this.blanks();
    if (this.text[this.at] !== '=') {
      if (name !== '') this.note('content-type-parameter', from);
      return;
    }
    this.at++;
    spaced = this.blanks() || spaced;
    const quoted = this.text[this.at] === '"';
    this.take(name, quoted ? this.quoted() : this.unquoted(), from, quoted, spaced);
  }

  private take(name: string, value: string, from: number, quoted: boolean, spaced: boolean): void {
    if (name.startsWith('charset*') || name.startsWith('boundary*'))
      this.note('content-type-extended', from);
    if (name === 'charset') {
      if (this.charset !== null) this.note('content-type-duplicate', from);
      if (!agreesWithAscii(value)) this.note('charset', from);
      this.charset = lowerAscii(value);
    } else if (name === 'boundary') {
      if (this.boundary !== null) {
        this.note('content-type-duplicate', from);
        return;
      }
      this.boundary = value;
      this.boundaryQuoted = quoted;
      this.boundarySpaced = spaced || value.includes(' ') || value.includes('\t');
    } else if (spaced) this.note('content-type-syntax', from);
  }

  /** Up to the next semicolon, without blanks before it: more than a token, so that nothing is missed. */
  private unquoted(): string {
    const from = this.at;
    const semicolon = this.text.indexOf(';', from);
    let to = semicolon < 0 ? this.text.length : semicolon;
    this.at = to;
    while (to > from && isBlank(this.text.charCodeAt(to - 1))) to--;
    for (let i = from; i < to; i++) {
      const byte = this.text.charCodeAt(i);
      if (byte === 0x2c) this.note('content-type-list', i);
      else if (!isToken(byte)) this.note('content-type-syntax', i);
    }
    if (to === from) this.note('content-type-parameter', from);
    return this.text.slice(from, to);
  }

  private quoted(): string {
    let out = '';
    this.at++;
    while (this.at < this.text.length) {
      const byte = this.text[this.at++]!;
      if (byte === '"') return out;
      if (byte === '\\') {
        this.note('content-type-syntax', this.at - 1);
        out += this.text[this.at++] ?? '';
      } else out += byte;
    }
    this.note('content-type-syntax');
    return out;
  }
}

/** RFC 2046, section 5.1.1: 1 to 70 of its characters. */
export function isBoundary(boundary: string): boolean {
  if (boundary.length === 0 || boundary.length > 70) return false;
  for (let i = 0; i < boundary.length; i++)
    if (!isBoundaryByte(boundary.charCodeAt(i))) return false;
  return true;
}

/** What most requests carry is read once. */
const COMMON: ReadonlyMap<string, ContentType> = new Map(
  [
    ...['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8'],
    ...['application/json; charset=UTF-8', 'application/json;charset=UTF-8'],
    ...['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=UTF-8'],
  ].map((field) => [field, new FieldReader(field).read()]),
);
