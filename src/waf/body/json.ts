/**
 * JSON (RFC 8259) over bytes, without recursion. Every value becomes an argument under the name that
 * ModSecurity 3 gives it: `json.a.b`, `json.list.array_0`; a lone value is `json`. Empty containers are
 * arguments with an empty value, so that no key goes unseen.
 */
import type { Gather } from './gather.ts';
import { readJsonString } from './json-string.ts';

interface Frame {
  /** Of the container; its members' names begin with it. */
  readonly prefix: string;
  readonly isObject: boolean;
  /** Made with the first key. */
  keys: Set<string> | null;
  index: number;
}

const BOM = '\u00ef\u00bb\u00bf';

/** An empty body is no fault: many clients announce JSON and send nothing. */
export function readJson(text: string, gather: Gather): void {
  new JsonReader(text, gather).read();
}

class JsonReader {
  private readonly text: string;
  private readonly gather: Gather;
  private readonly frames: Frame[] = [];
  private at = 0;
  /** Of the value that comes next. */
  private name = 'json';

  constructor(text: string, gather: Gather) {
    this.text = text;
    this.gather = gather;
  }

  read(): void {
    if (this.text.startsWith(BOM)) {
      this.gather.note('json-bom', 0);
      this.at = BOM.length;
    }
    this.blanks();
    if (this.at >= this.text.length) return;
    while (this.value() && this.next());
  }

  private blanks(): number {
    for (;;) {
      const byte = this.text.charCodeAt(this.at);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
  }

  private wrong(): false {
    if (this.at >= this.text.length) return this.gather.unfinished('json-unfinished', this.at);
    return this.gather.stop('json-syntax', this.at);
  }

  /** A scalar whole, or a container up to where its first value begins. False: reading is over. */
  private value(): boolean {
    for (;;) {
      const byte = this.blanks();
      if (byte === 0x22) return this.string();
      if (byte !== 0x7b && byte !== 0x5b) return this.word();
      if (this.frames.length >= this.gather.limits.depth)
        return this.gather.stop('json-depth', this.at);
      const start = this.at++;
      const isObject = byte === 0x7b;
      if (this.blanks() === (isObject ? 0x7d : 0x5d)) {
        this.at++;
        return this.gather.add(this.name, '', start);
      }
      const prefix = this.gather.name(this.name, start);
      const frame: Frame = { prefix, isObject, keys: null, index: 0 };
      this.frames.push(frame);
      if (!this.member(frame)) return false;
    }
  }

  /** What stands before a value inside of a container: its key, or nothing. Sets the name. */
  private member(frame: Frame): boolean {
    if (!frame.isObject) {
      this.name = `${frame.prefix}.array_${frame.index++}`;
      return true;
    }
    const start = this.at;
    if (this.blanks() !== 0x22) return this.wrong();
    const key = readJsonString(this.text, this.at + 1, this.gather);
    this.name = `${frame.prefix}.${key.value}`;
    this.at = key.end;
    if (!key.closed || (this.blanks() !== 0x3a && this.at >= this.text.length)) {
      // A key without its value is still shown.
      this.gather.add(this.name, '', start);
      return this.gather.unfinished('json-unfinished', this.text.length);
    }
    if (this.text.charCodeAt(this.at) !== 0x3a) return this.wrong();
    this.at++;
    frame.keys ??= new Set();
    if (frame.keys.has(key.value)) this.gather.note('json-duplicate-key', start);
    else frame.keys.add(key.value);
    return true;
  }

  /** Behind a value: to where the next one begins. False: reading is over. */
  private next(): boolean {
    for (;;) {
      const byte = this.blanks();
      const frame = this.frames.at(-1);
      if (frame === undefined)
        return this.at < this.text.length && this.gather.stop('json-trailing', this.at);
      if (byte === 0x2c) {
        this.at++;
        this.blanks();
        return this.member(frame);
      }
      if (byte !== (frame.isObject ? 0x7d : 0x5d)) return this.wrong();
      this.at++;
      this.frames.pop();
    }
  }

  private string(): boolean {
    const start = this.at;
    const string = readJsonString(this.text, start + 1, this.gather);
    this.at = string.end;
    const taken = this.gather.add(this.name, string.value, start);
    if (!string.closed) return this.gather.unfinished('json-unfinished', this.text.length);
    return taken;
  }

  /** Numbers and literals. Other bare words (NaN, 0x10, +1) are taken with a fault: some readers know them. */
  private word(): boolean {
    const start = this.at;
    while (isWordByte(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) return this.wrong();
    const word = this.text.slice(start, this.at);
    const cut = this.gather.truncated && this.at >= this.text.length;
    if (!cut && !isLiteral(word) && !isNumber(word)) this.gather.note('json-literal', start);
    return this.gather.add(this.name, word, start);
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** Letters, digits, `+ - . _ $`. */
function isWordByte(byte: number): boolean {
  const folded = byte | 0x20;
  if ((folded >= 0x61 && folded <= 0x7a) || isDigit(byte)) return true;
  return byte === 0x2b || byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x24;
}

const isLiteral = (word: string): boolean => word === 'true' || word === 'false' || word === 'null';

/** RFC 8259, section 6. */
function isNumber(word: string): boolean {
  let at = word.startsWith('-') ? 1 : 0;
  const digits = (): boolean => {
    const from = at;
    while (isDigit(word.charCodeAt(at))) at++;
    return at > from;
  };
  if (word[at] === '0') at++;
  else if (!digits()) return false;
  if (word[at] === '.') {
    at++;
    if (!digits()) return false;
  }
  if (word[at] === 'e' || word[at] === 'E') {
    at++;
    if (word[at] === '+' || word[at] === '-') at++;
    if (!digits()) return false;
  }
  return at === word.length;
}
