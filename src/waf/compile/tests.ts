/** Operators → what a transaction runs. Patterns are shared by all programs of a process. */
import { fail, ok, type Result } from '../../model/result.ts';
import { detectSqli, detectXss } from '../injection/index.ts';
import type { Operator } from '../ir.ts';
import {
  compareNumbers,
  compareText,
  compileByteRange,
  compileNetworks,
  compilePhrases,
  type Matcher as PlainMatcher,
  urlEncoding,
  utf8Encoding,
} from '../operators/index.ts';
import type { Matcher, Test } from '../program.ts';
import { compilePattern, compilePatternSteps, type Pattern, warm } from '../rx/index.ts';
import type { Slots } from './slots.ts';

export interface TestFault {
  readonly message: string;
  readonly found: string;
  readonly expected: string;
}

/** Patterns and phrase lists by their source: the dearest part of compiling, and the same in every program. */
export class Shared {
  readonly patterns = new Map<string, Pattern>();
  readonly phrases = new Map<string, Matcher>();
}

export function compileTest(
  operator: Operator,
  slots: Slots,
  shared: Shared,
): Result<Test, TestFault> {
  switch (operator.name) {
    case 'always':
      return ok({ kind: 'always' });
    case 'rx':
      return compileRx(operator.pattern, shared);
    case 'pm':
      return ok({ kind: 'matcher', matcher: phrasesOf(operator.phrases, shared) });
    case 'eq':
    case 'ne':
    case 'ge':
    case 'gt':
    case 'le':
    case 'lt': {
      const { name } = operator;
      return ok({
        kind: 'compare',
        compare: (value, operand) => compareNumbers(name, value, operand),
        operand: slots.text(operator.value),
      });
    }
    case 'streq':
    case 'contains':
    case 'containsWord':
    case 'beginsWith':
    case 'endsWith':
    case 'within': {
      const { name } = operator;
      return ok({
        kind: 'compare',
        compare: (value, operand) => compareText(name, value, operand),
        operand: slots.text(operator.value),
      });
    }
    case 'validateByteRange':
      return ok({ kind: 'matcher', matcher: grouped(compileByteRange(operator.ranges)) });
    case 'validateUrlEncoding':
      return ok({ kind: 'matcher', matcher: grouped(urlEncoding) });
    case 'validateUtf8Encoding':
      return ok({ kind: 'matcher', matcher: grouped(utf8Encoding) });
    case 'ipMatch': {
      const networks = compileNetworks(operator.networks);
      return networks.ok
        ? ok({ kind: 'matcher', matcher: grouped(networks.value) })
        : fail({
            message: networks.error,
            found: operator.networks.join().slice(0, 80),
            expected: 'networks',
          });
    }
    case 'detectSQLi':
      return ok({ kind: 'matcher', matcher: SQLI });
    case 'detectXSS':
      return ok({ kind: 'matcher', matcher: XSS });
  }
}

/** Compiles the operator's pattern in steps, so that `compileTest` finds it; its faults are told there. */
export function* preparePattern(operator: Operator, shared: Shared): Generator<undefined, void> {
  if (operator.name !== 'rx' || shared.patterns.has(operator.pattern)) return;
  const compiled = yield* compilePatternSteps(operator.pattern);
  if (!compiled.ok) return;
  yield;
  warm(compiled.value);
  shared.patterns.set(operator.pattern, compiled.value);
  yield;
}

function compileRx(source: string, shared: Shared): Result<Test, TestFault> {
  const known = shared.patterns.get(source);
  const compiled = known === undefined ? compilePattern(source, {}) : ok(known);
  if (!compiled.ok) {
    const { found, expected } = compiled.error;
    return fail({ message: 'a pattern that can’t be read', found, expected });
  }
  const pattern = compiled.value;
  if (known === undefined) warm(pattern);
  shared.patterns.set(source, pattern);
  return ok({
    kind: 'matcher',
    matcher: {
      need: pattern.need,
      test: (value) => pattern.test(value),
      find: (value) => pattern.exec(value),
    },
  });
}

function phrasesOf(phrases: readonly string[], shared: Shared): Matcher {
  const key = phrases.join('\n');
  const known = shared.phrases.get(key);
  if (known !== undefined) return known;
  const matcher = grouped(compilePhrases(phrases));
  shared.phrases.set(key, matcher);
  return matcher;
}

const grouped = (plain: PlainMatcher): Matcher => ({
  need: plain.need,
  test: (value) => plain.test(value),
  find(value) {
    const found = plain.find(value);
    return found === null ? null : [found];
  },
});

const SQLI: Matcher = {
  need: [],
  test: (value) => detectSqli(value) !== null,
  find(value) {
    const fingerprint = detectSqli(value);
    return fingerprint === null ? null : [fingerprint];
  },
};

const XSS: Matcher = {
  need: [],
  test: detectXss,
  find: (value) => (detectXss(value) ? [value] : null),
};
