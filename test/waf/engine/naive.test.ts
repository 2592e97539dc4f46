/**
 * The invariant of all that makes the engine fast: constants worked out beforehand, needs and signatures that
 * rule values out, lists and transformations that are remembered, states handed to threads. None of it may
 * be told from reading the rules one after the other.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asked, presets, steps } from './arbitrary-rules.ts';
import { judged, programOf } from './engine.ts';
import { naively } from './naive.ts';

const RUNS = Number(process.env.ZONEGATE_ENGINE_RUNS ?? 3000);

describe('the engine', () => {
  it('says of any request by any rules what reading them one by one says', {
    timeout: 120_000,
  }, () => {
    let hits = 0;
    let folded = 0;
    fc.assert(
      fc.property(
        steps,
        presets,
        fc.tuple(asked, asked),
        fc.boolean(),
        fc.boolean(),
        (rules, preset, [first, second], enforces, resumed) => {
          const program = programOf(rules, preset);
          folded += rules.filter((s) => s.kind === 'rule').length - program.ruleCount;
          // The first request again: nothing of the second has stayed behind.
          for (const { request, body } of [first, second, first]) {
            const expected = naively(rules, preset, request, body, enforces);
            const { tx, ...told } = judged(program, request, body, enforces, resumed);
            const { tx: expectedTx, ...expectedTold } = expected;
            expect(told).toEqual(expectedTold);
            // Where a request is over, what would have been set later has perhaps been set already.
            if (expected.outcomes.length === 2 && !endsEarly(expected.outcomes))
              expect(tx).toEqual(expectedTx);
            hits += told.hits.length;
          }
        },
      ),
      { numRuns: RUNS },
    );
    // Something was at stake.
    expect(hits).toBeGreaterThan(RUNS / 4);
    expect(folded).toBeGreaterThan(RUNS / 4);
  });
});

const endsEarly = (outcomes: readonly string[]): boolean =>
  outcomes.some((o) => o !== 'pass' && !o.startsWith('allow phase'));
