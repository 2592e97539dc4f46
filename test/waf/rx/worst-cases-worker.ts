/** Runs a pattern over its worst cases, away from the thread that watches the clock. */
import { parentPort } from 'node:worker_threads';
import { compilePattern } from '../../../src/waf/rx/pattern.ts';
import { worstCases } from './worst-cases.ts';

/** Cases of each size; the whole lot is for adversarial.ts. */
const CASES = 8;
const SIZES = [1024, 4096, 8192];

parentPort?.on('message', (source: string) => {
  const made = compilePattern(source);
  if (!made.ok) throw new Error(`${source}: ${made.error.expected}`);
  const { value: pattern } = made;
  let ran = 0;
  // V8's longest value, and the linear engine's.
  for (const bytes of [Math.max(1, pattern.tier.backtrackMaxBytes), ...SIZES]) {
    const cases = worstCases(source, bytes);
    const step = Math.max(1, Math.floor(cases.length / CASES));
    for (let i = 0; i < cases.length; i += step) {
      pattern.test(cases[i]!);
      ran++;
    }
  }
  parentPort?.postMessage(ran);
});
