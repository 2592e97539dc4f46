/**
 * Bytes → SQL symbols, one at a time, for two families of dialects at once: what differs is only
 * where comments begin and what a backslash or a backtick does.
 *
 * Linear: the position only grows, and what is looked at ahead of it (one blank stretch, one word)
 * is at most read twice. `steps` counts the bytes looked at; tests hold it against the length.
 * Over 300 lines, as the cases of one switch that share the position.
 */
import {
  BYTE,
  isDigit,
  isHexDigit,
  isLoneNbsp,
  isUnicodeEscape,
  isWordPart,
  kindAt,
  UNICODE_ESCAPE_CHARS,
} from './sql-bytes.ts';
import { HASH_START, hashStep, LONGEST_WORD_CHARS, WORDS, type Word } from './sql-words.ts';
import { SYM } from './symbols.ts';

export type Dialect = 'ansi' | 'mysql';

const SLASH = 47;
const STAR = 42;
const DASH = 45;
const BACKSLASH = 92;
const SINGLE = 39;
const LEFT = 40;
const AT = 64;
const DOLLAR = 36;
const BANG = 33;
const AMPERSAND = 38;
const PLUS = 43;
const COLON = 58;
const EQUALS = 61;
const BAR = 124;
const TILDE = 126;
const isCompare = (code: number): boolean => code >= 60 && code <= 62;

export class SqlLexer {
  /** Set when the other family of dialects would read the value otherwise. */
  otherReadingPossible = false;
  /** Bytes looked at since `start`, looks ahead included. */
  steps = 0;
  #value = '';
  #at = 0;
  #mysql = false;
  /** Inside a conditional comment, whose text MySQL executes. */
  #conditional = false;
  #bracketsClose = true;

  /** `quote`: byte of the quote that the surrounding statement opened before the value, or 0. */
  start(value: string, dialect: Dialect, quote: number): number {
    this.#value = value;
    this.#at = 0;
    this.#mysql = dialect === 'mysql';
    this.#conditional = false;
    this.#bracketsClose = true;
    this.otherReadingPossible = false;
    this.steps = 0;
    if (quote === 0) return SYM.end;
    return this.#stringFrom(0, quote) === SYM.string ? SYM.outside : SYM.end;
  }

  /** The next symbol, `SYM.end` behind the last one. */
  next(): number {
    const value = this.#value;
    for (;;) {
      const from = this.#at;
      if (from >= value.length) return SYM.end;
      const symbol = this.#read(from);
      this.steps += this.#at - from;
      if (symbol !== SYM.end) return symbol;
    }
  }

  /** One symbol from `from`, or `SYM.end` for a blank; moves the position in any case. */
  #read(from: number): number {
    const value = this.#value;
    this.#at = from + 1;
    switch (kindAt(value, from)) {
      case BYTE.blank:
        return SYM.end;
      case BYTE.word:
        return isLoneNbsp(value, from) ? SYM.end : this.#word(from);
      case BYTE.digit:
        return this.#number(from);
      case BYTE.quote:
        return this.#stringFrom(from + 1, value.charCodeAt(from));
      case BYTE.operator:
        return this.#operator(from);
      case BYTE.single:
        return value.charCodeAt(from);
      case BYTE.dash:
        return this.#lineComment(from) ? SYM.comment : SYM.sign;
      case BYTE.slash:
        return value.charCodeAt(from + 1) === STAR ? this.#blockComment(from) : SYM.operator;
      case BYTE.star:
        return this.#starAt(from);
      case BYTE.hash:
        this.otherReadingPossible = true;
        if (this.#lineComment(from)) return SYM.comment;
        return isWordPart(value, from + 1) ? this.#word(from + 1) : SYM.operator;
      case BYTE.at:
        return this.#variable(from);
      case BYTE.dot:
        return isDigit(value.charCodeAt(from + 1)) ? this.#number(from) : SYM.dot;
      case BYTE.backtick:
        return this.#backtick(from);
      case BYTE.bracket:
        return this.#bracket(from);
      case BYTE.dollar:
        return this.#dollar(from);
      case BYTE.backslash:
        return this.#backslash(from);
      default:
        return SYM.unknown;
    }
  }

  #stringFrom(from: number, quote: number): number {
    const value = this.#value;
    let at = from;
    for (; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code === BACKSLASH) {
        const escaped = value.charCodeAt(at + 1);
        if (escaped === quote || escaped === BACKSLASH) {
          this.otherReadingPossible = true;
          if (this.#mysql) at++;
        }
      } else if (code === quote) {
        if (value.charCodeAt(at + 1) !== quote) break;
        at++;
      }
    }
    const closed = at < value.length;
    this.#at = closed ? at + 1 : value.length;
    return closed ? SYM.string : SYM.open;
  }

  /** Moves behind a comment that ends with its line; false when none begins here. */
  #lineComment(from: number): boolean {
    const value = this.#value;
    if (value.charCodeAt(from) === DASH) {
      if (value.charCodeAt(from + 1) !== DASH) return false;
      const after = value.charCodeAt(from + 2);
      if (after > 32) {
        this.otherReadingPossible = true;
        if (this.#mysql) return false;
      }
    } else if (!this.#mysql) return false;
    const end = value.indexOf('\n', from);
    this.#at = end < 0 ? value.length : end + 1;
    return true;
  }

  #blockComment(from: number): number {
    const value = this.#value;
    let at = from + 2;
    const first = value.charCodeAt(at);
    const isConditional = first === 33 || (first === 77 && value.charCodeAt(at + 1) === 33);
    if (isConditional) {
      this.#conditional = true;
      at += first === 33 ? 1 : 2;
      while (isDigit(value.charCodeAt(at))) at++;
      this.#at = at;
      return SYM.end;
    }
    let nested = false;
    for (; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code === STAR && value.charCodeAt(at + 1) === SLASH) {
        this.#at = at + 2;
        return nested ? SYM.nested : SYM.comment;
      }
      if (code === SLASH && value.charCodeAt(at + 1) === STAR) nested = true;
    }
    this.#at = value.length;
    return SYM.comment;
  }

  #starAt(from: number): number {
    if (this.#value.charCodeAt(from + 1) !== SLASH || !this.#conditional) return SYM.star;
    this.#conditional = false;
    this.#at = from + 2;
    return SYM.end;
  }

  #operator(from: number): number {
    const value = this.#value;
    const first = value.charCodeAt(from);
    const second = value.charCodeAt(from + 1);
    if (first === second && (first === AMPERSAND || first === BAR || first === COLON)) {
      this.#at = from + 2;
      return first === AMPERSAND ? SYM.logic : first === BAR ? SYM.bars : SYM.operator;
    }
    if (first === COLON) {
      if (second !== EQUALS) return SYM.colon;
      this.#at = from + 2;
      return SYM.operator;
    }
    if (first === PLUS || first === TILDE) return SYM.sign;
    if (isCompare(first) || (first === BANG && isCompare(second))) return this.#compare(from);
    return first === BANG ? SYM.end : SYM.operator;
  }
  /** `=`, `<=>`, `!=`, `>=`, `<>`, `==`; two of a kind that are no equality shift bits. */
  #compare(from: number): number {
    const value = this.#value;
    let at = from + 1;
    while (at - from < 3 && isCompare(value.charCodeAt(at))) at++;
    this.#at = at;
    const first = value.charCodeAt(from);
    return at - from === 2 && first !== EQUALS && first === value.charCodeAt(from + 1)
      ? SYM.operator
      : SYM.compare;
  }

  #variable(from: number): number {
    const value = this.#value;
    let at = from + 1;
    if (value.charCodeAt(at) === AT) at++;
    const kind = kindAt(value, at);
    // Operators of PostgreSQL on documents: `@>`, `@?`, `@@ '…'`.
    if (kind === BYTE.operator || value.charCodeAt(at) === 63) return SYM.operator;
    if (kind === BYTE.quote || kind === BYTE.backtick) {
      this.#stringFrom(at + 1, value.charCodeAt(at));
      return SYM.variable;
    }
    while (isWordPart(value, at) || (kindAt(value, at) === BYTE.dot && isWordPart(value, at + 1)))
      at++;
    this.#at = at;
    return at === from + 1 ? SYM.unknown : SYM.variable;
  }

  #backtick(from: number): number {
    this.otherReadingPossible = true;
    if (!this.#mysql) return SYM.unknown;
    const end = this.#value.indexOf('`', from + 1);
    this.#at = end < 0 ? this.#value.length : end + 1;
    return this.#value.charCodeAt(this.#blankEnd(this.#at)) === LEFT ? SYM.otherCall : SYM.name;
  }

  #bracket(from: number): number {
    if (!this.#bracketsClose) return SYM.unknown;
    const end = this.#value.indexOf(']', from + 1);
    if (end < 0) {
      this.#bracketsClose = false;
      this.steps += this.#value.length - from;
      return SYM.unknown;
    }
    this.#at = end + 1;
    // Behind a word it is an index: `array[id]`.
    return from > 0 && isWordPart(this.#value, from - 1) ? SYM.end : SYM.name;
  }

  /** `$5`, `$name`, and for the family of PostgreSQL `$tag$ text $tag$`. */
  #dollar(from: number): number {
    const value = this.#value;
    let at = from + 1;
    while (isWordPart(value, at) && value.charCodeAt(at) !== DOLLAR) at++;
    if (value.charCodeAt(at) === DOLLAR) {
      this.otherReadingPossible = true;
      if (!this.#mysql) {
        const tag = value.slice(from, at + 1);
        const end = value.indexOf(tag, at + 1);
        this.#at = end < 0 ? value.length : end + tag.length;
        return end < 0 ? SYM.open : SYM.string;
      }
    }
    if (isDigit(value.charCodeAt(from + 1))) return this.#number(from + 1);
    this.#at = at;
    return at === from + 1 ? SYM.unknown : SYM.name;
  }

  #backslash(from: number): number {
    if (this.#value.charCodeAt(from + 1) !== 78 || isWordPart(this.#value, from + 2))
      return SYM.operator;
    this.#at = from + 2;
    return SYM.number;
  }

  #number(from: number): number {
    const value = this.#value;
    let at = from;
    const second = value.charCodeAt(from + 1) | 32;
    if (value.charCodeAt(from) === 48 && (second === 120 || second === 98 || second === 111)) {
      at = from + 2;
      while (isHexDigit(value.charCodeAt(at))) at++;
    } else {
      while (isDigit(value.charCodeAt(at)) || value.charCodeAt(at) === 46) at++;
      if ((value.charCodeAt(at) | 32) === 101) {
        const sign = value.charCodeAt(at + 1);
        const digits = sign === 43 || sign === DASH ? at + 2 : at + 1;
        if (isDigit(value.charCodeAt(digits))) {
          at = digits;
          while (isDigit(value.charCodeAt(at))) at++;
        } else if (value.charCodeAt(at - 1) === 46 && !isWordPart(value, at + 1)) {
          // MySQL reads the number out of `1.e` and drops it before a parenthesis or name.
          this.#at = at + 1;
          return SYM.end;
        }
      }
    }
    this.#at = at;
    if (kindAt(value, at) !== BYTE.word || isLoneNbsp(value, at)) return SYM.number;
    // `1or 1=1` and `1union` are a number and a word; `3f2a` and `20th` are names.
    const symbol = this.#word(at);
    if (symbol === SYM.name || symbol === SYM.alias || symbol === SYM.otherCall) return symbol;
    this.#at = at;
    return SYM.number;
  }

  #word(from: number): number {
    const value = this.#value;
    let hash = HASH_START;
    let at = from;
    let known: Word | undefined;
    for (;;) {
      for (;;) {
        const part = isUnicodeEscape(value, at) && at > from ? UNICODE_ESCAPE_CHARS : 0;
        if (part === 0 && (!isWordPart(value, at) || isLoneNbsp(value, at))) break;
        for (const end = at + Math.max(1, part); at < end; at++)
          hash = hashStep(hash, value.charCodeAt(at));
      }
      known = this.#known(from, at, hash);
      const code = value.charCodeAt(at);
      // Behind a word of SQL a dot begins a number and an @ a variable: `or.5`, `select@@version`.
      const goesOn = known === undefined || (known.symbol === SYM.name && code !== AT);
      if (!(goesOn && (code === 46 || code === AT) && isWordPart(value, at + 1))) break;
      hash = hashStep(hash, value.charCodeAt(at++));
    }
    // U&'…', a string or name in Unicode escapes.
    const isUnicode =
      value.charCodeAt(at) === 38 && at === from + 1 && (value.charCodeAt(from) | 32) === 117;
    this.#at = isUnicode && kindAt(value, at + 1) === BYTE.quote ? at + 1 : at;
    if (kindAt(value, this.#at) === BYTE.quote && this.#isStringPrefix(from, at))
      return this.#prefixed();
    const next = this.#blankEnd(at);
    if (known?.pairs !== undefined) {
      const pair = this.#pair(next, known.pairs);
      if (pair !== SYM.end) return pair;
    }
    if (value.charCodeAt(next) === LEFT) {
      if (known === undefined) return this.#callOf(from, at, next);
      if (known.before !== 0) return known.before;
      return known.symbol === SYM.name ? SYM.otherCall : known.symbol;
    }
    return known?.symbol ?? SYM.name;
  }

  #known(from: number, to: number, hash: number): Word | undefined {
    if (to - from > LONGEST_WORD_CHARS) return undefined;
    const found = WORDS.get(hash);
    if (found?.text.length !== to - from) return undefined;
    return this.#value.slice(from, to).toLowerCase() === found.text ? found : undefined;
  }

  /** Packages and procedures are known by the beginning of their name. */
  #callOf(from: number, to: number, left: number): number {
    const text = this.#value.slice(from, Math.min(to, from + LONGEST_WORD_CHARS)).toLowerCase();
    if (/^(?:(?:\w+\.{1,2})*xp_|(?:sys\.)?(?:dbms_|utl_|fn_)|ctxsys\.|ordsys\.)/.test(text))
      return SYM.strikeCall;
    // In prose a parenthesis stands apart from the word before it.
    return left === to ? SYM.otherCall : SYM.name;
  }

  #pair(from: number, pairs: Map<string, number>): number {
    let at = from;
    while (isWordPart(this.#value, at) && at - from <= LONGEST_WORD_CHARS) at++;
    this.steps += at - from;
    const symbol = pairs.get(this.#value.slice(from, at).toLowerCase());
    if (symbol === undefined) return SYM.end;
    this.#at = at;
    return symbol;
  }

  /** N'…', E'…', X'…', _utf8'…', q'[…]': what is right before a quote belongs to the string. */
  #isStringPrefix(from: number, to: number): boolean {
    const first = this.#value.charCodeAt(from);
    if (first === 95) return true;
    if (to - from > 2 || (to - from === 2 && (this.#value.charCodeAt(from + 1) | 32) !== 113))
      return false;
    return 'nebxqu'.includes(String.fromCharCode(first | 32));
  }
  #prefixed(): number {
    const value = this.#value;
    const quoteAt = this.#at;
    const isOracle = (value.charCodeAt(quoteAt - 1) | 32) === 113;
    if (!isOracle || value.charCodeAt(quoteAt) !== SINGLE)
      return this.#stringFrom(quoteAt + 1, value.charCodeAt(quoteAt));
    const opening = value.charAt(quoteAt + 1);
    const closing = ')]}>'['([{<'.indexOf(opening)] ?? opening;
    const end = value.indexOf(`${closing}'`, quoteAt + 2);
    this.#at = end < 0 ? value.length : end + 2;
    return end < 0 ? SYM.open : SYM.string;
  }

  /** Where blanks and comments from `from` on end; the position stays. */
  #blankEnd(from: number): number {
    const value = this.#value;
    const stays = this.#at;
    const conditional = this.#conditional;
    let at = from;
    for (;;) {
      const kind = kindAt(value, at);
      if (kind === BYTE.blank || (kind === BYTE.word && isLoneNbsp(value, at))) at++;
      else if (kind === BYTE.slash && value.charCodeAt(at + 1) === STAR) {
        if (this.#blockComment(at) === SYM.nested) break;
        at = this.#at;
      } else if ((kind === BYTE.dash || kind === BYTE.hash) && at > from && this.#lineComment(at)) {
        at = this.#at;
      } else break;
    }
    this.steps += at - from;
    this.#at = stays;
    this.#conditional = conditional;
    return at;
  }
}
