/**
 * PCRE as the Core Rule Set writes it → tree. Read as ModSecurity v2, the rule set's reference
 * engine, has it compiled: DOTALL (`.` is any byte) and DOLLAR_ENDONLY (`$` is the very end); on
 * bytes, with PCRE's default tables: case and classes are those of ASCII. What is not known here is
 * refused with its place; nothing is taken for a literal because it is not understood.
 * Source: pcrepattern(3) and pcre2pattern(3).
 */
import { fail, ok, type Result } from '../../model/result.ts';
import { all, foldCase, NEWLINE, ofRanges, without } from './bytes.ts';
import { parseClass } from './class.ts';
import { parseEscape } from './escape.ts';
import { Reader, type RxFault, Unknown } from './reader.ts';
import { checkReferences } from './references.ts';
import { alt, NOTHING, type Node, seq } from './tree.ts';

/** Deeper nesting of groups is refused. */
const MAX_DEPTH = 200;
const MAX_SOURCE_BYTES = 65_536;
/** PCRE's own. */
const MAX_REPEAT = 65_535;

export interface Parsed {
  readonly tree: Node;
  /** Of capturing groups. */
  readonly groups: number;
}

/** @param source a byte string */
export function parse(source: string, caseInsensitive: boolean): Result<Parsed, RxFault> {
  const reader = new Reader(source);
  try {
    const long = source.length > MAX_SOURCE_BYTES;
    if (long) reader.refuse(MAX_SOURCE_BYTES, `at most ${MAX_SOURCE_BYTES} bytes of pattern`);
    for (let i = 0; i < source.length; i++)
      if (source.charCodeAt(i) > 0xff) reader.refuse(i, 'a byte (UTF-8 is written as its bytes)');
    reader.flags = { i: caseInsensitive, m: false, s: true, x: false };
    const tree = parseOptions(reader, 0);
    if (reader.more()) reader.refuse(reader.at, 'no ) without its (');
    checkReferences(tree, reader);
    return ok({ tree, groups: reader.groups });
  } catch (error) {
    if (error instanceof Unknown) return fail(error.fault);
    throw error;
  }
}

/** Options up to `)` or the end. `(?i)` inside holds up to there, across `|`. */
function parseOptions(reader: Reader, depth: number): Node {
  if (depth > MAX_DEPTH) reader.refuse(reader.at, `at most ${MAX_DEPTH} groups in each other`);
  const before = reader.flags;
  const options = [parseSequence(reader, depth)];
  while (reader.eat('|')) options.push(parseSequence(reader, depth));
  reader.flags = before;
  return alt(options);
}

function parseSequence(reader: Reader, depth: number): Node {
  const items: Node[] = [];
  for (;;) {
    if (reader.flags.x) skipLayout(reader);
    if (!reader.more() || reader.sees('|') || reader.sees(')')) return seq(items);
    const at = reader.at;
    const atom = parseAtom(reader, depth);
    if (atom === null) {
      if (quantifierAhead(reader)) reader.refuse(reader.at, 'something to repeat before it');
      continue;
    }
    if (reader.flags.x) skipLayout(reader);
    const repeated = parseQuantifier(reader, atom);
    if (repeated !== atom && quantifierAhead(reader))
      reader.refuse(reader.at, `one quantifier for what begins at ${at}`);
    items.push(repeated);
  }
}

function skipLayout(reader: Reader): void {
  for (;;) {
    if (/^[\t-\r ]/.test(reader.rest(1))) reader.at++;
    else if (reader.eat('#')) {
      while (reader.more() && reader.take() !== '\n');
    } else return;
  }
}

/** Null: an option, a comment, `\E`, which are nothing to match. */
function parseAtom(reader: Reader, depth: number): Node | null {
  const { flags } = reader;
  const at = reader.at;
  const char = reader.take();
  switch (char) {
    case '(':
      return parseGroup(reader, depth, at);
    case '[':
      return parseClass(reader, at);
    case '.':
      return { kind: 'set', set: flags.s ? all() : without(NEWLINE) };
    case '^':
      return { kind: 'assert', what: flags.m ? 'line-start' : 'start' };
    case '$':
      return { kind: 'assert', what: flags.m ? 'line-end' : 'end' };
    case '\\':
      return parseEscape(reader, at);
    case '*':
    case '+':
    case '?':
      return reader.refuse(at, 'something to repeat before it');
    default:
      if (char === '{' && countAhead(reader, at) !== null)
        reader.refuse(at, 'something to repeat before it');
      return literal(reader, char);
  }
}

function literal(reader: Reader, char: string): Node {
  const byte = char.charCodeAt(0);
  const set = ofRanges(byte, byte);
  return { kind: 'set', set: reader.flags.i ? foldCase(set) : set };
}

const PREFIXES: Readonly<Record<string, (body: Node) => Node>> = {
  '?:': (body) => body,
  '?>': (body) => ({ kind: 'atomic', body }),
  '?=': (body) => ({ kind: 'look', ahead: true, negated: false, body }),
  '?!': (body) => ({ kind: 'look', ahead: true, negated: true, body }),
  '?<=': (body) => ({ kind: 'look', ahead: false, negated: false, body }),
  '?<!': (body) => ({ kind: 'look', ahead: false, negated: true, body }),
};

function parseGroup(reader: Reader, depth: number, at: number): Node | null {
  if (reader.sees('*')) reader.refuse(at, 'no (*VERB)');
  if (!reader.sees('?')) return capture(reader, depth, at, null);
  for (const [prefix, wrap] of Object.entries(PREFIXES))
    if (reader.eat(prefix)) return wrap(body(reader, depth, at));
  if (reader.eat('?#')) {
    while (reader.more()) if (reader.take() === ')') return null;
    reader.refuse(at, 'a ) that ends this comment');
  }
  const name = reader.match(/\?(?:P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')/y);
  if (name !== null) return capture(reader, depth, at, name[1] ?? name[2] ?? null);
  const named = reader.match(/\?P=([A-Za-z_]\w{0,31})\)/y);
  if (named !== null) return reader.reference(at, reader.names.get(named[1]!));
  const option = reader.match(/\?([imsx]*)(?:-([imsx]*))?([:)])/y);
  if (option === null) return reader.refuse(at, 'a group PCRE and zonegate both know');
  const before = reader.flags;
  reader.flags = { ...before };
  for (const flag of option[1]!) reader.set(flag, true);
  for (const flag of option[2] ?? '') reader.set(flag, false);
  if (option[3] === ')') return null;
  const inner = body(reader, depth, at);
  reader.flags = before;
  return inner;
}

function capture(reader: Reader, depth: number, at: number, name: string | null): Node {
  const index = ++reader.groups;
  if (name !== null) {
    if (reader.names.has(name)) reader.refuse(at, `one group named ${name}`);
    reader.names.set(name, index);
  }
  return { kind: 'group', index, body: body(reader, depth, at) };
}

function body(reader: Reader, depth: number, at: number): Node {
  const inner = parseOptions(reader, depth + 1);
  if (!reader.eat(')')) reader.refuse(at, 'a ) that ends this group');
  return inner;
}

const COUNT = /\{(\d{1,6})(?:(,)(\d{1,6})?)?\}/y;
/** What newer PCRE takes for a count and older for text. */
const DOUBTFUL_COUNT = /\{ *(?:\d+ *)?,? *(?:\d+ *)?\}/y;

function countAhead(reader: Reader, at: number): RegExpExecArray | null {
  const found = reader.peek(COUNT, at);
  if (found !== null) return found;
  const doubtful = reader.peek(DOUBTFUL_COUNT, at);
  if (doubtful !== null && /\d/.test(doubtful[0]))
    reader.refuse(at, '{n}, {n,} or {n,m}, or \\{ for a brace');
  return null;
}

const quantifierAhead = (reader: Reader): boolean =>
  reader.more() && ('*+?'.includes(reader.rest(1)) || reader.peek(COUNT, reader.at) !== null);

function parseQuantifier(reader: Reader, atom: Node): Node {
  let min = 0;
  let max = Number.POSITIVE_INFINITY;
  const at = reader.at;
  if (reader.eat('*')) min = 0;
  else if (reader.eat('+')) min = 1;
  else if (reader.eat('?')) max = 1;
  else {
    const count = reader.sees('{') ? countAhead(reader, at) : null;
    if (count === null) return atom;
    reader.at += count[0].length;
    min = Number(count[1]);
    if (count[2] === undefined) max = min;
    else if (count[3] !== undefined) max = Number(count[3]);
    if (min > max || min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
      reader.refuse(at, `counts of 0–${MAX_REPEAT}, the smaller first`);
  }
  const mode = reader.eat('?') ? 'lazy' : reader.eat('+') ? 'possessive' : 'greedy';
  if (max === 0) return NOTHING;
  return { kind: 'repeat', body: atom, min, max, mode };
}
