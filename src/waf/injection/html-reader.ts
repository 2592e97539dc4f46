/**
 * Reads a value as a piece of an HTML page and says whether a script could run from it. After the
 * HTML standard's tokenizer (13.2.5), with the leniencies of old browsers (NUL bytes, the
 * backtick as a quote). Linear: the position only grows.
 */
import {
  attributeKind,
  COMMENT_DANGERS,
  isDangerousTag,
  isDangerousWithAttributes,
  isEvent,
  isScriptUrl,
  STYLE_DANGERS,
} from './html-names.ts';

/** Where in the page the value stands: in text, in an attribute without quotes, or inside a quote. */
export type HtmlPlace = 'text' | 'unquoted' | "'" | '"' | '`';

const GREATER = 62;
const SLASH = 47;
const EQUALS = 61;
const LONGEST_NAME_CHARS = 64;
const SCHEME_CHARS = 40;

const isBlank = (code: number): boolean => code <= 32;
const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96;
const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;

export class HtmlReader {
  /** Bytes passed since `runsScript` began. */
  get steps(): number {
    return this.#at;
  }
  #value = '';
  #at = 0;

  runsScript(value: string, place: HtmlPlace): boolean {
    this.#value = value;
    this.#at = 0;
    if (place === 'unquoted') {
      this.#passUnquoted();
      if (this.#attributes('')) return true;
    } else if (place !== 'text') {
      const end = value.indexOf(place);
      if (end < 0) return false;
      this.#at = end + 1;
      if (this.#attributes('')) return true;
    }
    return this.#text();
  }

  #text(): boolean {
    const value = this.#value;
    for (;;) {
      const open = value.indexOf('<', this.#at);
      if (open < 0 || open + 1 >= value.length) return false;
      this.#at = open + 1;
      const code = value.charCodeAt(this.#at);
      if (isLetter(code) || code === 0) {
        if (this.#tag()) return true;
      } else if (code === SLASH) {
        this.#at++;
        if (isLetter(value.charCodeAt(this.#at)) && this.#attributes(this.#name())) return true;
      } else if (code === 33 || code === 63 || code === 37) {
        if (this.#markup()) return true;
      }
    }
  }

  #tag(): boolean {
    const name = this.#name();
    return isDangerousTag(name) || this.#attributes(name);
  }

  /** A name in lower case, without NUL bytes, cut at a length no real one has. */
  #name(): string {
    const value = this.#value;
    const from = this.#at;
    let hasNul = false;
    let at = from;
    for (; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code === 0) hasNul = true;
      else if (isBlank(code) || code === GREATER || code === SLASH || code === EQUALS) {
        if (code !== EQUALS || at > from) break;
      }
    }
    this.#at = at;
    const name = value.slice(from, Math.min(at, from + LONGEST_NAME_CHARS)).toLowerCase();
    return hasNul ? name.replaceAll('\0', '') : name;
  }

  /** Attributes up to and with the `>`. `tag`: '' when the value broke out of an attribute. */
  #attributes(tag: string): boolean {
    const value = this.#value;
    while (this.#at < value.length) {
      const code = value.charCodeAt(this.#at);
      if (code === GREATER) {
        this.#at++;
        return false;
      }
      if (isBlank(code) || code === SLASH || isQuote(code)) {
        this.#at++;
        continue;
      }
      const name = this.#name();
      this.#passBlanks();
      if (value.charCodeAt(this.#at) !== EQUALS) continue;
      this.#at++;
      this.#passBlanks();
      const from = this.#at;
      const to = this.#attributeValue();
      if (tag !== '' && isDangerousWithAttributes(tag)) return true;
      if (this.#isDangerous(name, from, to, tag !== '')) return true;
    }
    return false;
  }

  #passBlanks(): void {
    while (this.#at < this.#value.length && isBlank(this.#value.charCodeAt(this.#at))) this.#at++;
  }
  #passUnquoted(): void {
    const value = this.#value;
    while (this.#at < value.length) {
      const code = value.charCodeAt(this.#at);
      if (isBlank(code) || code === GREATER) break;
      this.#at++;
    }
  }

  /** Passes a value; its end, without the quote. */
  #attributeValue(): number {
    const quote = this.#value.charAt(this.#at);
    if (quote === '' || !isQuote(quote.charCodeAt(0))) {
      this.#passUnquoted();
      return this.#at;
    }
    const end = this.#value.indexOf(quote, this.#at + 1);
    this.#at = end < 0 ? this.#value.length : end + 1;
    return end < 0 ? this.#value.length : end;
  }

  #isDangerous(name: string, from: number, to: number, inTag: boolean): boolean {
    if (isEvent(name, inTag)) return true;
    const kind = attributeKind(name);
    switch (kind) {
      case 'harmless':
        return false;
      case 'always':
        return true;
      case 'url':
        return isScriptUrl(decodedUrl(this.#value, from, to));
      case 'style':
        return STYLE_DANGERS.test(plainStyle(this.#value.slice(from, to)));
      case 'namespace':
        return this.#value.slice(from, to).includes('/1999/xhtml');
      case 'animated':
        return /^['"`]?\s*(?:xlink:)?(?:href|on)/i.test(this.#value.slice(from, to));
      default:
        return kind satisfies never;
    }
  }

  /** `<!…`, `<?…`, `<%…`: comments, declarations, instructions. */
  #markup(): boolean {
    const value = this.#value;
    const from = this.#at;
    if (value.startsWith('!--', from)) return this.#comment(from + 3);
    const end = value.indexOf('>', from);
    this.#at = end < 0 ? value.length : end + 1;
    const head = value.slice(from, from + 16).toLowerCase();
    return /^!(?:doctype|entity|\[if)|^\?(?:import|xml-)|^[?%!]\s*script/.test(head);
  }

  /** Ends at `-->` or `--!>`; `<!-->` and `<!--->` are whole comments. */
  #comment(from: number): boolean {
    const value = this.#value;
    let end = from;
    if (value.charCodeAt(from) === GREATER) this.#at = from + 1;
    else if (value.startsWith('->', from)) this.#at = from + 2;
    else {
      for (end = value.indexOf('--', from); end >= 0; end = value.indexOf('--', end + 1)) {
        const close = value.charCodeAt(end + 2) === 33 ? end + 3 : end + 2;
        if (value.charCodeAt(close) === GREATER) {
          this.#at = close + 1;
          break;
        }
      }
      if (end < 0) this.#at = end = value.length;
    }
    return COMMENT_DANGERS.test(value.slice(from, end).trimStart());
  }
}

/** The beginning of a URL in lower case: entities decoded, quotes and what browsers skip left out. */
function decodedUrl(value: string, from: number, to: number): string {
  let url = '';
  for (let at = from; at < to && url.length < SCHEME_CHARS; at++) {
    let code = value.charCodeAt(at);
    if (code === 38) {
      const entity = /^&(?:#x0*([0-9a-f]{1,6})|#0*([0-9]{1,7})|(colon|tab|newline));?/i.exec(
        value.slice(at, at + SCHEME_CHARS),
      );
      if (entity !== null) {
        at += entity[0].length - 1;
        if (entity[1] !== undefined) code = Number.parseInt(entity[1], 16);
        else if (entity[2] !== undefined) code = Number.parseInt(entity[2], 10);
        else code = entity[3]!.toLowerCase() === 'colon' ? 58 : 9;
      }
    }
    if (code > 32 && code < 127 && !isQuote(code)) url += String.fromCharCode(code);
  }
  return url.toLowerCase();
}

/** A style in lower case, without the comments, backslashes and NUL bytes that hide words. */
function plainStyle(style: string): string {
  let text = '';
  let from = 0;
  for (;;) {
    const open = style.indexOf('/*', from);
    const close = open < 0 ? -1 : style.indexOf('*/', open + 2);
    text += style.slice(from, open < 0 ? style.length : open);
    if (close < 0) break;
    from = close + 2;
  }
  return text.replaceAll('\\', '').replaceAll('\0', '').toLowerCase();
}
