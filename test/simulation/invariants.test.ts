/** Many seeds, over the reference configuration and over topologies made up by chance. */
import { expect, it, vi } from 'vitest';
import { Dice } from '../../src/simulation/dice.ts';
import { simulateFleet } from '../../src/simulation/index.ts';
import { reportText } from '../../src/simulation/report.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { load, reference, referenceWith } from '../support/config.ts';
import { madeUp } from './topologies.ts';

const SEEDS = 50;
// Much is computed: a busy machine may take its time.
vi.setConfig({ testTimeout: 120_000 });

/** @returns what happened in all of them. */
function hold(of: (seed: string) => { snapshot: Snapshot; gates: number }): Map<string, number> {
  const sums = new Map<string, number>();
  for (let i = 1; i <= SEEDS; i++) {
    const seed = `s${i}`;
    const outcome = simulateFleet({ ...of(seed), seed, steps: 1200, plan: null });
    expect(outcome.broken, reportText(outcome)).toBeNull();
    for (const [what, n] of Object.entries(outcome.counts))
      sums.set(what, (sums.get(what) ?? 0) + n);
  }
  return sums;
}

function expectMuch(sums: Map<string, number>): void {
  for (const what of ['moves done', 'moves dropped', 'gates fenced', 'requests handed over'])
    expect.soft(sums.get(what), what).toBeGreaterThan(0);
  for (const what of ['restart', 'kill', 'cut-from-store', 'cut-from-gate', 'lose-nudges', 'slow'])
    expect.soft(sums.get(`faults: ${what}`), what).toBeGreaterThan(10);
  for (const what of ['ways back verified', 'windows that ended', 'moves of one app done'])
    expect.soft(sums.get(what), what).toBeGreaterThan(5);
  for (const what of ['faults: store-down', 'faults: promote-stale', 'boards re-asserted'])
    expect.soft(sums.get(what), what).toBeGreaterThan(0);
  expect.soft(sums.get('writes accepted')).toBeGreaterThan(1000);
  expect.soft(sums.get('writes refused: write-frozen-moving')).toBeGreaterThan(100);
}

it('every invariant holds in the reference configuration, whatever goes wrong', () => {
  const snapshot = reference();
  expectMuch(hold(() => ({ snapshot, gates: 6 })));
});

it('every invariant holds in topologies made up by chance', () => {
  const sums = hold((seed) => {
    const dice = new Dice(seed);
    return { snapshot: madeUp(dice), gates: 2 + dice.below(8) };
  });
  expectMuch(sums);
  expect(sums.get('returns by themselves')).toBeGreaterThan(0);
});

it('where leases are declared to be proof enough, the gap shows in numbers', () => {
  const snapshot = load(
    referenceWith({
      'fleet.yaml': [['fencing: strict', 'fencing: lease']],
    }),
  );
  const sums = hold(() => ({ snapshot, gates: 6 }));
  expect(sums.get('writes through the gap that fencing: lease leaves')).toBeGreaterThan(0);
});
