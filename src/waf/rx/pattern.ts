/**
 * A pattern of `@rx`: which engine takes which value. V8 takes values up to a length at which its
 * worst case, estimated from the pattern, is still short; re2js takes longer ones.
 */
import { fail, ok, type Result } from '../../model/result.ts';
import { compilePhrases, type Matcher } from '../operators/index.ts';
import type { Need } from '../signature.ts';
import { type Growth, workOf } from './growth.ts';
import { Linear } from './linear.ts';
import { literalsOf } from './literals.ts';
import { needOf } from './need.ts';
import { parse } from './parse.ts';
import { isLinear, javascript, print, RE2 } from './print.ts';
import type { RxFault } from './reader.ts';
import { type Node, some } from './tree.ts';

/** How a pattern is run. */
interface Tier {
  /** Of V8's work, estimated. */
  readonly growth: Growth;
  /** Longest value that V8 gets, 0–8192 bytes. Longer ones are for the linear engine. */
  readonly backtrackMaxBytes: number;
  /**
   * False where the pattern has lookaround, back references, atomic or possessive parts, `\Z` or
   * (?m)`^`, which no linear engine has: beyond `backtrackMaxBytes` the answer is then that of the
   * nearest wider pattern, "matches" on doubt. Where not matching is the alarm (`!@rx`) that is
   * the wrong side: refuse such patterns there.
   */
  readonly exact: boolean;
}

export interface Pattern {
  readonly source: string;
  readonly need: Need;
  readonly tier: Tier;
  test(value: string): boolean;
  /**
   * Groups 0–9 of the first match, '' for those without part; null without a match. Groups inside
   * of a repeated group keep their last round's part only.
   */
  exec(value: string): readonly string[] | null;
}

/** V8 gets no longer value, whatever the pattern. */
export const BACKTRACK_MAX_BYTES = 8192;
/** About half a millisecond. */
const MAX_STEPS = 300_000;
/** A limit below it is not worth an engine. */
const MIN_LIMIT_BYTES = 12;
/** TX.0–TX.9. */
const MAX_GROUP = 9;

/**
 * @param source PCRE, as `parse` says; a byte string
 * @param options caseInsensitive: as if `(?i)` stood in front
 */
export function compilePattern(
  source: string,
  options: { readonly caseInsensitive?: boolean } = {},
): Result<Pattern, RxFault> {
  const steps = compilePatternSteps(source, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same with pauses: the largest patterns take a tenth of a second. */
export function* compilePatternSteps(
  source: string,
  options: { readonly caseInsensitive?: boolean } = {},
): Generator<undefined, Result<Pattern, RxFault>> {
  const parsed = parse(source, options.caseInsensitive ?? false);
  if (!parsed.ok) return parsed;
  const { tree, groups } = parsed.value;
  yield;
  const { growth, steps } = workOf(tree);
  const exact = isLinear(tree);
  if (!exact && growth !== 'linear' && growth !== 'quadratic')
    return fail(
      whole(source, `what a linear engine can run, or less than ${growth} work for another`),
    );
  yield;
  const tier = { growth, backtrackMaxBytes: limitOf(steps), exact };
  const need = needOf(tree);
  yield;
  try {
    const engines = yield* enginesOf(tree, Math.min(groups, MAX_GROUP));
    return ok(new TieredPattern(source, need, tier, engines));
  } catch (error) {
    // Both engines say by exceptions that a pattern is too large for them.
    const reason = error instanceof Error ? error.message : String(error);
    return fail(whole(source, `a pattern that both engines can hold (${reason.slice(0, 100)})`));
  }
}

interface Engines {
  readonly groups: number;
  readonly linear: Linear;
  readonly backtracking: RegExp;
  /** The same one where the pattern captures nothing. */
  readonly capturing: RegExp;
  /** Searched for in long values first; null: nothing is known. */
  readonly literals: Matcher | null;
}

function* enginesOf(tree: Node, groups: number): Generator<undefined, Engines> {
  const linear = new Linear(print(tree, RE2));
  yield;
  const texts = literalsOf(tree);
  const literals = texts === null ? null : compilePhrases(texts);
  yield;
  const referred = (index: number): boolean =>
    some(tree, (node) => node.kind === 'backreference' && node.index === index);
  const backtracking = regexpOf(tree, referred);
  yield;
  const capturing =
    groups === 0 ? backtracking : regexpOf(tree, (index) => index <= MAX_GROUP || referred(index));
  yield;
  return { groups, linear, backtracking, capturing, literals };
}

const whole = (source: string, expected: string): RxFault => ({
  at: 0,
  found: source.slice(0, 40),
  expected,
});

function limitOf(steps: (bytes: number) => number): number {
  let limit = BACKTRACK_MAX_BYTES;
  while (limit >= MIN_LIMIT_BYTES && steps(limit) > MAX_STEPS) limit = Math.floor(limit * 0.75);
  return limit >= MIN_LIMIT_BYTES ? limit : 0;
}

/** By what answered, of this thread, for metrics. */
export const patternTests = { backtracking: 0, literals: 0, linear: 0 };

class TieredPattern implements Pattern {
  readonly source: string;
  readonly need: Need;
  readonly tier: Tier;
  private readonly limit: number;
  private readonly groups: number;
  private readonly backtracking: RegExp;
  private readonly capturing: RegExp;
  private readonly linear: Linear;
  private readonly literals: Matcher | null;

  constructor(source: string, need: Need, tier: Tier, engines: Engines) {
    this.source = source;
    this.need = need;
    this.tier = tier;
    this.limit = tier.backtrackMaxBytes;
    this.groups = engines.groups;
    this.backtracking = engines.backtracking;
    this.capturing = engines.capturing;
    this.linear = engines.linear;
    this.literals = engines.literals;
  }

  test(value: string): boolean {
    if (value.length <= this.limit) {
      patternTests.backtracking++;
      return this.backtracking.test(value);
    }
    if (this.literals !== null && !this.literals.test(value)) {
      patternTests.literals++;
      return false;
    }
    patternTests.linear++;
    return this.linear.test(value);
  }

  exec(value: string): readonly string[] | null {
    if (value.length > this.limit) return this.linear.exec(value, this.groups);
    const found = this.capturing.exec(value);
    if (found === null) return null;
    const parts = [found[0]];
    for (let i = 1; i <= this.groups; i++) parts.push(found.groups?.[`g${i}`] ?? '');
    return parts;
  }

  warm(): void {
    // V8 interprets a regexp at first, and compiles it when it is run again.
    for (let round = 0; round < 3; round++) {
      for (const value of WARMING) {
        this.backtracking.test(value);
        if (this.capturing !== this.backtracking) this.capturing.test(value);
        this.linear.test(value);
      }
    }
  }
}

/** Short enough for any pattern's limit; with some of most kinds of bytes. */
const WARMING = ['', 'a1 =%', '/Ab.c-d_', '<x y="z'];

function regexpOf(tree: Node, captures: (index: number) => boolean): RegExp {
  const regexp = new RegExp(print(tree, javascript(captures)));
  // V8 reads it only when it is first run, and says only then that it is too large.
  regexp.test('');
  return regexp;
}

/** Has both engines compile the pattern now: the first request doesn't wait for it. A few ms at most. */
export function warm(pattern: Pattern): void {
  if (pattern instanceof TieredPattern) pattern.warm();
}
