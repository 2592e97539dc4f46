/** The Core Rule Set's own regression tests, over real sockets, at paranoia level 4. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { crsAbsent } from '../../../bench/candidates/crs.ts';
import { startAlbedo } from './albedo.ts';
import { crsGate, SUITE_POLICY } from './crs-gate.ts';
import { runCrsSuite } from './crs-suite.ts';

const absent = crsAbsent();
if (absent !== null) console.warn(`skipped: ${absent}`);
const SHARE = 0.995;

describe('the Core Rule Set behind a running gate', () => {
  it.skipIf(absent !== null)(
    'passes its own tests, but for those that are known, each with its reason',
    { timeout: 600_000 },
    async () => {
      const albedo = await startAlbedo();
      onTestFinished(() => albedo.stop());
      const { address, hitsOf } = await crsGate(albedo.port, SUITE_POLICY);
      const result = await runCrsSuite({ gate: address, hitsOf, atOnce: 8 });
      expect(result.newMisses).toEqual([]);
      expect(result.nowPass).toEqual([]);
      expect(result.passed / result.outcomes.length).toBeGreaterThanOrEqual(SHARE);
      expect(result.outcomes.length).toBeGreaterThan(3000);
    },
  );
});
