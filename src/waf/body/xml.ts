/**
 * XML 1.0 over bytes, without recursion, DTD or namespaces: text and attributes are what rules look at.
 * As for XPath, declarations of namespaces are no attributes.
 */
import type { Gather } from './gather.ts';
import type { XmlReading } from './reading.ts';
import { checkEncoding, declaredEncoding, isXmlSpace, skipDoctype } from './xml-prolog.ts';
import { checkCharacters, resolveReferences } from './xml-text.ts';

const BOM = '\u00ef\u00bb\u00bf';
const GREATER = 0x3e;
const SLASH = 0x2f;

const OPENINGS = ['<!--', '<![CDATA[', '<!DOCTYPE'];

export function readXml(text: string, gather: Gather): XmlReading {
  return new XmlReader(text, gather).read();
}

class XmlReader {
  private readonly text: string;
  private readonly gather: Gather;
  /** Names of the elements that are open. */
  private readonly open: string[] = [];
  private readonly attributes: string[] = [];
  private at = 0;
  private rooted = false;
  /** All text; and the same, with a space wherever a tag stands between two words. */
  private whole = '';
  private spaced = '';
  /** Since the last text; which ended in a blank, or was none. */
  private tagBetween = false;
  private blankBefore = true;

  constructor(text: string, gather: Gather) {
    this.text = text;
    this.gather = gather;
  }

  read(): XmlReading {
    const isUtf8 = this.declaration();
    checkCharacters(this.text, isUtf8, this.gather);
    let started = false;
    while (this.at < this.text.length) {
      if (!this.characters()) break;
      if (this.at >= this.text.length) break;
      started = true;
      if (!this.markup()) break;
    }
    // A blank body announces XML and has none.
    const whole = this.rooted && this.open.length === 0;
    if (started && !whole && this.gather.stoppedAt < 0)
      this.gather.unfinished('xml-unfinished', this.text.length);
    return { text: this.texts(), attributes: this.attributes };
  }

  private texts(): string[] {
    if (this.whole === '') return [];
    const first = this.gather.value(this.whole, 0);
    return this.spaced === this.whole ? [first] : [first, this.gather.value(this.spaced, 0)];
  }

  /** True: the bytes should be UTF-8. */
  private declaration(): boolean {
    const { text } = this;
    // UTF-16 with or without a mark, UTF-32.
    if (text.startsWith('\u00fe\u00ff') || text.startsWith('\u00ff\u00fe') || text[0] === '\0') {
      this.gather.note('xml-encoding', 0);
      return false;
    }
    if (text.startsWith(BOM)) this.at = BOM.length;
    if (!text.startsWith('<?xml', this.at) || !isXmlSpace(text.charCodeAt(this.at + 5)))
      return true;
    const end = text.indexOf('?>', this.at);
    if (end < 0) {
      this.wrong(text.length);
      this.at = text.length;
      return true;
    }
    const encoding = declaredEncoding(text.slice(this.at + 5, end));
    this.at = end + 2;
    return checkEncoding(encoding, this.gather);
  }

  private wrong(at = this.at): false {
    if (at >= this.text.length) return this.gather.unfinished('xml-unfinished', at);
    return this.gather.stop('xml-syntax', at);
  }

  /** Up to the next `<`. */
  private characters(): boolean {
    const from = this.at;
    const next = this.text.indexOf('<', from);
    this.at = next < 0 ? this.text.length : next;
    if (this.at === from) return true;
    if (this.open.length > 0) {
      const cut = next < 0 && this.gather.truncated;
      this.add(resolveReferences(this.text.slice(from, this.at), from, cut, this.gather));
      return true;
    }
    for (let i = from; i < this.at; i++)
      if (!isXmlSpace(this.text.charCodeAt(i))) return this.gather.stop('xml-syntax', i);
    return true;
  }

  private add(text: string): void {
    if (text === '') return;
    const apart = this.blankBefore || isXmlSpace(text.charCodeAt(0));
    this.spaced += this.tagBetween && !apart ? ` ${text}` : text;
    this.whole += text;
    this.tagBetween = false;
    this.blankBefore = isXmlSpace(text.charCodeAt(text.length - 1));
  }

  private markup(): boolean {
    const { text, at } = this;
    if (text.startsWith('<!--', at)) return this.skip('-->', at + 4);
    if (text.startsWith('<![CDATA[', at)) return this.cdata();
    if (text.startsWith('<!DOCTYPE', at)) return this.doctype();
    if (text.startsWith('<?', at)) return this.instruction();
    // Cut in two by the end.
    if (text.length - at < 9 && OPENINGS.some((opening) => opening.startsWith(text.slice(at))))
      return this.wrong(text.length);
    this.tagBetween = true;
    return text.charCodeAt(at + 1) === SLASH ? this.endTag() : this.startTag();
  }

  private skip(end: string, from: number): boolean {
    const found = this.text.indexOf(end, from);
    if (found < 0) return this.wrong(this.text.length);
    this.at = found + end.length;
    return true;
  }

  private cdata(): boolean {
    if (this.open.length === 0) return this.wrong();
    const from = this.at + '<![CDATA['.length;
    const end = this.text.indexOf(']]>', from);
    this.add(this.text.slice(from, end < 0 ? this.text.length : end));
    if (end < 0) return this.wrong(this.text.length);
    this.at = end + 3;
    return true;
  }

  private doctype(): boolean {
    if (this.rooted) return this.wrong();
    const end = skipDoctype(this.text, this.at + '<!DOCTYPE'.length, this.gather);
    if (end < 0) return this.wrong(this.text.length);
    this.at = end;
    return true;
  }

  private instruction(): boolean {
    // A declaration stands at the beginning or nowhere.
    if (this.text.startsWith('<?xml', this.at) && isXmlSpace(this.text.charCodeAt(this.at + 5)))
      this.gather.note('xml-syntax', this.at);
    return this.skip('?>', this.at + 2);
  }

  private endTag(): boolean {
    const from = this.at;
    this.at += 2;
    const name = this.name();
    this.blanks();
    if (this.at >= this.text.length) return this.wrong();
    if (name !== this.open.at(-1) || this.text.charCodeAt(this.at) !== GREATER)
      return this.wrong(from);
    this.at++;
    this.open.pop();
    return true;
  }

  private startTag(): boolean {
    const from = this.at++;
    const name = this.name();
    if (name === '') return this.wrong(this.at >= this.text.length ? this.at : from);
    if (this.open.length === 0 && this.rooted) return this.wrong(from);
    if (this.open.length >= this.gather.limits.depth) return this.gather.stop('xml-depth', from);
    this.rooted = true;
    const end = this.attributesOf();
    if (end === null) return false;
    if (end === 'open') this.open.push(name);
    return true;
  }

  /** Everything behind the name of a start tag. null: reading is over. */
  private attributesOf(): 'open' | 'empty' | null {
    let first = '';
    let seen: Set<string> | null = null;
    for (;;) {
      const spaced = this.blanks();
      const byte = this.text.charCodeAt(this.at);
      if (byte === GREATER) {
        this.at++;
        return 'open';
      }
      if (byte === SLASH && this.text.charCodeAt(this.at + 1) === GREATER) {
        this.at += 2;
        return 'empty';
      }
      // A slash at the very end may be the first half of `/>`.
      if (byte === SLASH && this.at + 1 === this.text.length) {
        this.wrong(this.text.length);
        return null;
      }
      const from = this.at;
      const name = this.attribute();
      if (name === null) return null;
      if (!spaced) this.gather.note('xml-syntax', from);
      if (first === '') first = name;
      else {
        seen ??= new Set([first]);
        if (seen.has(name)) this.gather.note('xml-duplicate-attribute', from);
        seen.add(name);
      }
    }
  }

  private attribute(): string | null {
    const name = this.name();
    this.blanks();
    if (name === '' || this.text[this.at] !== '=') {
      this.wrong();
      return null;
    }
    this.at++;
    this.blanks();
    const quote = this.text[this.at];
    if (quote !== '"' && quote !== "'") {
      this.wrong();
      return null;
    }
    const start = this.at + 1;
    const found = this.text.indexOf(quote, start);
    const end = found < 0 ? this.text.length : found;
    const taken = this.attributeValue(name, start, end, found < 0);
    this.at = end + 1;
    if (found >= 0) return taken ? name : null;
    this.wrong(this.text.length);
    return null;
  }

  private attributeValue(name: string, start: number, end: number, cut: boolean): boolean {
    const raw = this.text.slice(start, end);
    const bracket = raw.indexOf('<');
    if (bracket >= 0) this.gather.note('xml-syntax', start + bracket);
    const value = resolveReferences(raw, start, cut && this.gather.truncated, this.gather);
    if (name === 'xmlns' || name.startsWith('xmlns:')) return true;
    if (!this.gather.hasRoom(this.attributes.length, start)) return false;
    this.attributes.push(this.gather.value(value, start));
    return true;
  }

  private blanks(): boolean {
    const from = this.at;
    while (isXmlSpace(this.text.charCodeAt(this.at))) this.at++;
    return this.at > from;
  }

  private name(): string {
    const from = this.at;
    while (isNameByte(this.text.charCodeAt(this.at), this.at === from)) this.at++;
    return this.text.slice(from, this.at);
  }
}

/** Of names; bytes above 127 are parts of letters, near enough. */
function isNameByte(byte: number, first: boolean): boolean {
  const folded = byte | 0x20;
  if (folded >= 0x61 && folded <= 0x7a) return true;
  if (byte > 0x7f || byte === 0x5f || byte === 0x3a) return true;
  return !first && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e);
}
