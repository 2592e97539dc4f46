/** The symbols that SQL is read into: one letter each, and what may be joined with what. */

const codeOf = (letter: string): number => letter.charCodeAt(0);

/** What the lexer and the folding speak of. A fingerprint is a word of these letters. */
export const SYM = {
  end: 0,
  /** A number, `null`. */
  number: codeOf('1'),
  /** `true`, `false`: a condition by themselves, and common in code. */
  truth: codeOf('T'),
  /** A string with both quotes in the value. */
  string: codeOf('s'),
  /** The rest of a string that the surrounding statement opened; only ever the first symbol. */
  outside: codeOf('q'),
  /** The value of a SQL function: a whole call. */
  result: codeOf('g'),
  /** A string that the value opens and does not close. */
  open: codeOf('u'),
  variable: codeOf('v'),
  name: codeOf('n'),
  star: codeOf('*'),
  /** A comparison with a name or variable in it. */
  comparison: codeOf('b'),
  /** A comparison of constants: what a tautology is made of. */
  constant: codeOf('t'),
  /** A whole call of a function that only an attacker sends. */
  strike: codeOf('C'),
  /** A whole subquery in parentheses. */
  subquery: codeOf('S'),
  /** A SQL function, a function for attacks, any other name; each right before its parenthesis. */
  call: codeOf('f'),
  strikeCall: codeOf('F'),
  otherCall: codeOf('m'),
  select: codeOf('E'),
  /** The first word of any other statement. */
  statement: codeOf('D'),
  /** `waitfor delay`, `into outfile`, `procedure analyse`: nobody says them by chance. */
  wait: codeOf('W'),
  union: codeOf('U'),
  /** `order by`, `group by` and other two words. */
  clause: codeOf('B'),
  /** `having`, `limit`: the same in one word, so found in prose. */
  tail: codeOf('H'),
  keyword: codeOf('k'),
  alias: codeOf('a'),
  collate: codeOf('A'),
  /** `distinct`, `top`: dropped after the statement's word. */
  modifier: codeOf('d'),
  logic: codeOf('&'),
  not: codeOf('!'),
  operator: codeOf('o'),
  /** An operator that may stand before its operand. */
  sign: codeOf('-'),
  compare: codeOf('='),
  /** `isnull`, `notnull`: a whole comparison behind its operand. */
  postfix: codeOf('p'),
  /** `||`: logic or concatenation. */
  bars: codeOf('|'),
  /** `like`, `in`, `is not`: a comparison spelt as words. */
  wordCompare: codeOf('l'),
  comment: codeOf('c'),
  /** A comment inside a comment: written to fool readers, never by people. */
  nested: codeOf('X'),
  semicolon: codeOf(';'),
  comma: codeOf(','),
  left: codeOf('('),
  right: codeOf(')'),
  braceLeft: codeOf('{'),
  braceRight: codeOf('}'),
  dot: codeOf('.'),
  colon: codeOf(':'),
  unknown: codeOf('?'),
} as const;

/** Strength of a value when two are joined; 0 is no value. The stronger one names the result. */
const STRENGTH = new Uint8Array(128);
for (const [at, symbol] of [
  SYM.string,
  SYM.number,
  SYM.truth,
  SYM.variable,
  SYM.star,
  SYM.name,
  SYM.result,
  SYM.open,
  SYM.constant,
  SYM.comparison,
  SYM.subquery,
  SYM.strike,
].entries())
  STRENGTH[symbol] = at + 1;

export const isValue = (symbol: number): boolean => STRENGTH[symbol] !== 0;

/** What arithmetic, or a list, makes of two values. */
export const joined = (a: number, b: number): number => (STRENGTH[a]! >= STRENGTH[b]! ? a : b);

const isNamed = (symbol: number): boolean =>
  symbol === SYM.name ||
  symbol === SYM.result ||
  symbol === SYM.variable ||
  symbol === SYM.star ||
  symbol === SYM.comparison;

/** What a comparison makes of two values. `words`: spelt as words, so two names may be prose. */
export function compared(a: number, b: number, words: boolean): number {
  const strongest = joined(a, b);
  if (strongest === SYM.strike || strongest === SYM.subquery) return strongest;
  if (words && a === SYM.name && b === SYM.name) return SYM.name;
  return isNamed(a) || isNamed(b) ? SYM.comparison : SYM.constant;
}

const CODE_BITS = 6;
const CODES = new Uint8Array(128);
for (const [at, symbol] of Object.values(SYM)
  .filter((s) => s !== SYM.end)
  .entries())
  CODES[symbol] = at + 1;
/**
 * A print as one small integer, so that looking it up costs no string. Symbols have codes from 1
 * on, so prints of different lengths differ too. Five symbols fill 30 bits.
 */
export const appended = (print: number, symbol: number): number =>
  (print << CODE_BITS) | CODES[symbol]!;
export function printOf(text: string): number {
  let print = 0;
  for (let i = 0; i < text.length; i++) print = appended(print, text.charCodeAt(i));
  return print;
}
