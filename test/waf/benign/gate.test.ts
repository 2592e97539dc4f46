/** Requests that mean no harm, against the Core Rule Set at paranoia level 1. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { crsAbsent } from '../../../bench/candidates/crs.ts';
import { startAlbedo } from '../crs/albedo.ts';
import { crsGate, SHOP_POLICY } from '../crs/crs-gate.ts';
import { falseAlarms } from './false-alarms.ts';
import { benignRequests, categoryOf } from './index.ts';

const absent = crsAbsent();
if (absent !== null) console.warn(`skipped: ${absent}`);
const COUNT = 10_000;
const SEED = 1;
const KNOWN = z.array(
  z.strictObject({
    category: z.string(),
    refused: z.int(),
    rules: z.array(z.int()).min(1),
    reason: z.string().min(20),
  }),
);

describe('benign requests at paranoia level 1', () => {
  it.skipIf(absent !== null)(
    'are refused only where it is known and explained',
    { timeout: 300_000 },
    async () => {
      const albedo = await startAlbedo();
      onTestFinished(() => albedo.stop());
      const { address, audit } = await crsGate(albedo.port, SHOP_POLICY);
      const found = await falseAlarms(address, benignRequests(COUNT, SEED));
      expect(found.odd).toEqual([]);
      const known = KNOWN.parse(
        parse(readFileSync(new URL('./known-alarms.yaml', import.meta.url), 'utf8')),
      );
      const refused = new Map<string, number>();
      for (const name of found.refused) {
        const category = categoryOf({ name, raw: Buffer.alloc(0) });
        refused.set(category, (refused.get(category) ?? 0) + 1);
      }
      expect(Object.fromEntries(refused), audit).toEqual(
        Object.fromEntries(known.map((k) => [k.category, k.refused])),
      );
    },
  );
});
