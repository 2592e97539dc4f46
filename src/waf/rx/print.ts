/**
 * Tree → source of a JavaScript RegExp, or of RE2. Case is in the sets already, so neither gets an
 * `i`: theirs folds more than ASCII.
 */
import { type ByteSet, bytesOf, isAll, isEmpty, runsOf, without } from './bytes.ts';
import type { Assertion, Node, Repeat } from './tree.ts';

export interface Dialect {
  readonly byte: (byte: number) => string;
  readonly any: string;
  readonly nothing: string;
  readonly assertions: Readonly<Record<Assertion, string>>;
  readonly capture: (index: number, body: string) => string;
  readonly repeat: (body: string, node: Repeat) => string;
  /** Atomic groups, lookaround, back references. */
  readonly rest: (
    node: Extract<Node, { kind: 'atomic' | 'look' | 'backreference' }>,
    inner: (node: Node) => string,
  ) => string;
}

export function print(node: Node, dialect: Dialect): string {
  const inner = (child: Node): string => print(child, dialect);
  switch (node.kind) {
    case 'set':
      return printSet(node.set, dialect);
    case 'seq':
      return node.items
        .map((item) => (item.kind === 'alt' ? bracket(inner(item)) : inner(item)))
        .join('');
    case 'alt':
      return node.options.map(inner).join('|');
    case 'repeat': {
      const body = inner(node.body);
      return dialect.repeat(node.body.kind === 'set' ? body : bracket(body), node);
    }
    case 'group':
      return dialect.capture(node.index, inner(node.body));
    case 'assert':
      return dialect.assertions[node.what];
    case 'atomic':
    case 'look':
    case 'backreference':
      return dialect.rest(node, inner);
  }
}

const bracket = (source: string): string => `(?:${source})`;

function printSet(set: ByteSet, dialect: Dialect): string {
  if (isAll(set)) return dialect.any;
  if (isEmpty(set)) return dialect.nothing;
  const bytes = bytesOf(set);
  if (bytes.length === 1) return dialect.byte(bytes[0]!);
  const negated = runsOf(without(set)).length < runsOf(set).length;
  const parts = runsOf(negated ? without(set) : set).map(([first, last]) => {
    const ends = dialect.byte(first);
    if (last === first) return ends;
    return `${ends}${last === first + 1 ? '' : '-'}${dialect.byte(last)}`;
  });
  return `[${negated ? '^' : ''}${parts.join('')}]`;
}

function counted({ min, max, mode }: Repeat): string {
  const lazy = mode === 'lazy' ? '?' : '';
  if (max === Number.POSITIVE_INFINITY) {
    if (min < 2) return (min === 0 ? '*' : '+') + lazy;
    return `{${min},}${lazy}`;
  }
  if (min === 0 && max === 1) return `?${lazy}`;
  return min === max ? `{${min}}` : `{${min},${max}}${lazy}`;
}

const plain = (byte: number): string => {
  const char = String.fromCharCode(byte);
  if (/[0-9A-Za-z_]/.test(char)) return char;
  return `\\x${byte.toString(16).padStart(2, '0')}`;
};

/**
 * For V8, without flags. Groups are named g1, g2, …: printing atomic groups takes groups of its own.
 * @param captures the groups that are wanted, and those that back references need
 */
export function javascript(captures: (index: number) => boolean): Dialect {
  let atomics = 0;
  const atomic = (body: string): string => {
    const name = `a${atomics++}`;
    return `(?:(?=(?<${name}>${body}))\\k<${name}>)`;
  };
  return {
    byte: plain,
    any: '[^]',
    nothing: '[]',
    assertions: {
      start: '^',
      end: '$',
      'end-or-newline': '(?=\\n?$)',
      'line-start': '(?:^|(?<=\\n)(?=[^]))',
      'line-end': '(?=\\n|$)',
      word: '\\b',
      'not-word': '\\B',
    },
    capture: (index, body) => (captures(index) ? `(?<g${index}>${body})` : bracket(body)),
    repeat: (body, node) => {
      const repeated = body + counted(node);
      return node.mode === 'possessive' ? atomic(repeated) : repeated;
    },
    rest: (node, inner) => {
      if (node.kind === 'atomic') return atomic(inner(node.body));
      if (node.kind === 'backreference') return `(?:\\k<g${node.index}>)`;
      return `(?${node.ahead ? '' : '<'}${node.negated ? '!' : '='}${inner(node.body)})`;
    },
  };
}

/** RE2 counts no further. */
const RE2_MAX_REPEAT = 1000;

/**
 * For RE2. What RE2 lacks is left out or widened, so that what it takes is never less than what
 * the pattern takes: see `isLinear`.
 */
export const RE2: Dialect = {
  byte: plain,
  any: '(?s:.)',
  nothing: '[^\\x00-\\x{10ffff}]',
  assertions: {
    start: '\\A',
    end: '\\z',
    'end-or-newline': '(?:)',
    'line-start': '(?m:^)',
    'line-end': '(?m:$)',
    word: '\\b',
    'not-word': '\\B',
  },
  capture: (index, body) => `(?P<g${index}>${body})`,
  repeat: (body, node) => {
    const mode = node.mode === 'lazy' ? 'lazy' : 'greedy';
    const max = node.max > RE2_MAX_REPEAT ? Number.POSITIVE_INFINITY : node.max;
    const min = Math.min(node.min, RE2_MAX_REPEAT);
    return body + counted({ ...node, mode, min, max });
  },
  rest: (node, inner) => {
    if (node.kind === 'atomic') return bracket(inner(node.body));
    return node.kind === 'backreference' ? '(?s:.*)' : '(?:)';
  },
};

/** Whether RE2's form takes exactly what the pattern takes; else it takes more. */
export function isLinear(node: Node): boolean {
  switch (node.kind) {
    case 'atomic':
    case 'look':
    case 'backreference':
      return false;
    case 'assert':
      return node.what !== 'end-or-newline' && node.what !== 'line-start';
    case 'repeat':
      return (
        node.mode !== 'possessive' &&
        node.min <= RE2_MAX_REPEAT &&
        (node.max <= RE2_MAX_REPEAT || node.max === Number.POSITIVE_INFINITY) &&
        isLinear(node.body)
      );
    case 'seq':
      return node.items.every(isLinear);
    case 'alt':
      return node.options.every(isLinear);
    case 'group':
      return isLinear(node.body);
    case 'set':
      return true;
  }
}
