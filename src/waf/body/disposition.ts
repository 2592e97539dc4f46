/** Content-Disposition of a part: RFC 7578, section 4.2, and what clients and attackers make of it. */
import { isBlank, isToken, lowerAscii } from './bytes.ts';
import { percentDecode } from './decode.ts';
import type { Gather } from './gather.ts';

export interface Disposition {
  /** null: not given. */
  name: string | null;
  filename: string | null;
  /** `filename*`, decoded, or any continued form of it. */
  extendedFilename: string | null;
  semicolonMissing: boolean;
  invalidQuoting: boolean;
}

/**
 * @param line the whole header line
 * @param from behind its colon
 * @param at where `line` stands in the body
 */
export function readDisposition(
  line: string,
  from: number,
  at: number,
  gather: Gather,
): Disposition {
  return new DispositionReader(line, from, at, gather).read();
}

class DispositionReader {
  private readonly text: string;
  private readonly base: number;
  private readonly gather: Gather;
  private at: number;
  private readonly found: Disposition = {
    name: null,
    filename: null,
    extendedFilename: null,
    semicolonMissing: false,
    invalidQuoting: false,
  };

  constructor(text: string, from: number, base: number, gather: Gather) {
    this.text = text;
    this.at = from;
    this.base = base;
    this.gather = gather;
  }

  read(): Disposition {
    this.blanks();
    if (lowerAscii(this.token()) !== 'form-data')
      this.gather.note('multipart-no-disposition', this.base + this.at);
    for (;;) {
      this.blanks();
      if (this.at >= this.text.length) break;
      if (this.text[this.at] === ';') this.at++;
      else {
        this.found.semicolonMissing = true;
        this.gather.note('multipart-disposition', this.base + this.at);
      }
      this.blanks();
      if (this.at < this.text.length) this.parameter();
    }
    const { filename, extendedFilename } = this.found;
    if (extendedFilename !== null && extendedFilename !== filename)
      this.gather.note('multipart-extended-parameter', this.base);
    return this.found;
  }

  private blanks(): boolean {
    const from = this.at;
    while (isBlank(this.text.charCodeAt(this.at))) this.at++;
    return this.at > from;
  }

  private token(): string {
    const from = this.at;
    while (isToken(this.text.charCodeAt(this.at))) this.at++;
    return this.text.slice(from, this.at);
  }

  private parameter(): void {
    const from = this.at;
    const name = lowerAscii(this.token());
    const spaced = this.blanks();
    if (name === '' || this.text[this.at] !== '=') {
      this.gather.note('multipart-disposition', this.base + from);
      // On to the next parameter; one byte at least, or this would not end.
      const next = this.text.indexOf(';', this.at);
      this.at = next < 0 ? this.text.length : next;
      return;
    }
    this.at++;
    if (this.blanks() || spaced) this.gather.note('multipart-disposition', this.base + from);
    const value = this.text[this.at] === '"' ? this.quoted() : this.unquoted();
    this.take(name, value, this.base + from);
  }

  private take(name: string, value: string, at: number): void {
    const { found, gather } = this;
    if (name === 'name') {
      if (found.name === null) found.name = value;
      else gather.note('multipart-duplicate-parameter', at);
    } else if (name === 'filename') {
      if (found.filename === null) found.filename = value;
      else gather.note('multipart-duplicate-parameter', at);
    } else if (name === 'filename*') {
      if (found.extendedFilename !== null) gather.note('multipart-duplicate-parameter', at);
      found.extendedFilename = extendedValue(value);
    } else if (name.startsWith('filename*')) {
      gather.note('multipart-extended-parameter', at);
      found.extendedFilename = (found.extendedFilename ?? '') + percentDecode(value);
    } else if (name.startsWith('name*')) gather.note('multipart-extended-parameter', at);
  }

  private unquoted(): string {
    const from = this.at;
    while (this.at < this.text.length && this.text[this.at] !== ';') this.at++;
    let to = this.at;
    while (to > from && isBlank(this.text.charCodeAt(to - 1))) to--;
    for (let i = from; i < to; i++) {
      const byte = this.text.charCodeAt(i);
      // Some readers take the apostrophe for a quote.
      if (isToken(byte) && !(i === from && byte === 0x27)) continue;
      this.odd(i);
      break;
    }
    return this.text.slice(from, to);
  }

  /** A backslash escapes a quote and itself, and is itself before anything else; it is odd wherever it stands. */
  private quoted(): string {
    const { text } = this;
    let out = '';
    let from = ++this.at;
    for (; this.at < text.length; this.at++) {
      const char = text[this.at];
      if (char === '"') return out + text.slice(from, this.at++);
      if (char !== '\\') continue;
      this.odd(this.at);
      if (text[this.at + 1] !== '"' && text[this.at + 1] !== '\\') continue;
      out += text.slice(from, this.at);
      from = ++this.at;
    }
    this.odd(this.at);
    return out + text.slice(from);
  }

  private odd(at: number): void {
    this.found.invalidQuoting = true;
    this.gather.note('multipart-quoting', this.base + at);
  }
}

/** RFC 8187: `utf-8'en'%e2%82%ac`. Another form stays as it is. */
function extendedValue(value: string): string {
  const first = value.indexOf("'");
  const second = first < 0 ? -1 : value.indexOf("'", first + 1);
  return second < 0 ? value : percentDecode(value.slice(second + 1));
}
