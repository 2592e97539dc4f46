/**
 * Symbols → fingerprint. A small shift-reduce reader: whole expressions become one value, so that
 * `1 + 2 * (3 - 4)` and `1` leave the same print, and an attack can't be pushed out of the window
 * by arithmetic, parentheses, lists or comments.
 *
 * The window holds twelve symbols; the first five are the print. Once it is full, nothing that
 * follows can change it, so reading stops there.
 */
import { type Dialect, SqlLexer } from './sql-lexer.ts';
import { compared, isValue, joined, SYM } from './symbols.ts';

const PRINT_SYMBOLS = 5;
const WINDOW_SYMBOLS = 12;

const isOperand = (symbol: number): boolean =>
  isValue(symbol) || symbol === SYM.outside || symbol === SYM.right;
const isCall = (symbol: number): boolean =>
  symbol === SYM.call || symbol === SYM.strikeCall || symbol === SYM.otherCall;
const takesModifier = (symbol: number): boolean =>
  symbol === SYM.select || symbol === SYM.statement || symbol === SYM.union || symbol === SYM.call;
const callValue = (call: number): number =>
  call === SYM.strikeCall ? SYM.strike : call === SYM.call ? SYM.result : SYM.name;

export class SqlFolder {
  readonly #lexer = new SqlLexer();
  readonly #window = new Uint8Array(WINDOW_SYMBOLS);
  #depth = 0;

  get otherReadingPossible(): boolean {
    return this.#lexer.otherReadingPossible;
  }
  get steps(): number {
    return this.#lexer.steps;
  }

  /**
   * Reads the value in one way. False when there is no fingerprint: prose (two names at the
   * start), or a quote that the value never closes.
   */
  read(value: string, dialect: Dialect, quote: number): boolean {
    const first = this.#lexer.start(value, dialect, quote);
    this.#depth = 0;
    if (quote !== 0) {
      if (first === SYM.end) return false;
      this.#push(first);
    }
    let comment: number = SYM.end;
    while (this.#depth < WINDOW_SYMBOLS) {
      const symbol = this.#lexer.next();
      if (symbol === SYM.end) break;
      if (symbol === SYM.comment) {
        comment = symbol;
        continue;
      }
      comment = SYM.end;
      this.#shift(symbol);
      if (this.#isProse()) return false;
    }
    if (comment !== SYM.end && this.#depth < WINDOW_SYMBOLS) this.#push(comment);
    return this.#depth > 0;
  }

  /** No SQL begins with two names, and neither will ever be joined with what follows. */
  #isProse(): boolean {
    return this.#depth === 2 && this.#window[0] === SYM.name && this.#window[1] === SYM.name;
  }

  /** How many symbols the fingerprint of the last reading has, 1–5. */
  get length(): number {
    return Math.min(this.#depth, PRINT_SYMBOLS);
  }
  symbolAt(at: number): number {
    return this.#window[at]!;
  }
  /** The fingerprint in letters. */
  get text(): string {
    let text = '';
    for (let i = 0; i < this.#depth && i < PRINT_SYMBOLS; i++)
      text += String.fromCharCode(this.#window[i]!);
    return text;
  }

  #top(below: number): number {
    return this.#depth > below ? this.#window[this.#depth - 1 - below]! : SYM.end;
  }
  #push(symbol: number): void {
    this.#window[this.#depth++] = symbol;
  }

  #shift(symbol: number): void {
    const before = this.#top(0);
    switch (symbol) {
      case SYM.sign:
        if (isOperand(before)) this.#push(SYM.operator);
        return;
      case SYM.operator:
        if (isOperand(before) || this.#depth === 0) this.#push(symbol);
        return;
      case SYM.not:
        if (isValue(before)) this.#value(SYM.name);
        return;
      case SYM.star:
        if (isOperand(before) && before !== SYM.star) this.#push(SYM.operator);
        else if (before !== SYM.operator) this.#value(SYM.star);
        return;
      case SYM.compare:
        if (before !== SYM.compare && before !== SYM.operator) this.#push(symbol);
        return;
      case SYM.postfix:
        if (isValue(before)) this.#window[this.#depth - 1] = SYM.comparison;
        else if (before !== SYM.outside) this.#value(SYM.name);
        return;
      case SYM.bars:
        // Between parentheses it is a concatenation more often than an `or`.
        if (this.#leftAt() < 0) this.#push(SYM.logic);
        else if (isOperand(before)) this.#push(SYM.operator);
        return;
      case SYM.wordCompare:
        if (isOperand(before)) this.#push(symbol);
        else this.#value(SYM.name);
        return;
      case SYM.modifier:
        if (!takesModifier(before)) this.#value(SYM.name);
        return;
      case SYM.keyword:
      case SYM.alias:
        this.#push(symbol);
        return;
      case SYM.left:
        this.#push(symbol);
        return;
      case SYM.right:
        this.#close();
        return;
      case SYM.braceRight:
        this.#closeBrace();
        return;
      default:
        if (isValue(symbol)) this.#value(symbol);
        else this.#push(symbol);
    }
  }

  /**
   * Puts a value on top and joins what it completes. A string left open stays apart from
   * arithmetic: `' || x || '` is a break-out and return, `'/'` in somebody's code is not.
   */
  #value(symbol: number): void {
    let value = symbol;
    for (;;) {
      const link = this.#top(0);
      const other = this.#top(1);
      if (link === SYM.alias && isValue(other)) value = other;
      else if (link === SYM.collate && isOperand(other)) {
        this.#depth -= 1;
        return;
      } else if (!isValue(other)) break;
      else if (link === SYM.operator && value === SYM.open) break;
      else if (link === SYM.operator || link === SYM.comma) value = joined(other, value);
      else if (link === SYM.compare) value = compared(other, value, false);
      else if (link === SYM.wordCompare) value = compared(other, value, true);
      else break;
      this.#depth -= 2;
    }
    this.#push(value);
  }

  /** Place of the innermost open parenthesis, or -1. */
  #leftAt(): number {
    let at = this.#depth - 1;
    while (at >= 0 && this.#window[at] !== SYM.left) at--;
    return at;
  }

  /** A right parenthesis: the group, call or subquery behind it becomes a value. */
  #close(): void {
    const at = this.#leftAt();
    // It closes what the surrounding statement opened.
    if (at < 0) return;
    const call = at > 0 ? this.#window[at - 1]! : SYM.end;
    const inside = this.#depth - at - 1;
    const first = inside > 0 ? this.#window[at + 1]! : SYM.end;
    if (isCall(call)) {
      const value = this.#window.subarray(at, this.#depth).includes(SYM.strike)
        ? SYM.strike
        : callValue(call);
      this.#depth = at - 1;
      this.#value(value);
    } else if (first === SYM.select) {
      this.#depth = at;
      this.#value(SYM.subquery);
    } else if (inside === 1 && isValue(first)) {
      this.#depth = at;
      this.#value(first);
    } else if (inside === 0) {
      this.#depth = at;
      this.#value(SYM.name);
    } else this.#push(SYM.right);
  }

  /** `{d '2010-01-01'}` and `{x 1}` are values. */
  #closeBrace(): void {
    if (this.#top(2) === SYM.braceLeft && this.#top(1) === SYM.name && isValue(this.#top(0))) {
      const value = this.#top(0);
      this.#depth -= 3;
      this.#value(value);
    } else this.#push(SYM.braceRight);
  }
}
