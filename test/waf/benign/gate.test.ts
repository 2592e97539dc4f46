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
const EVENT = z.object({ rule: z.int(), action: z.string() });

/** Rules that add up, and are why a request is refused; the others are why they add up. */
const addsUp = (rule: number): boolean => rule >= 949_000;

/** What the gate has answered by itself, to be seen where something is odd. */
const gateAnswers = (metrics: string): string =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith('zonegate_gate_answers_total'))
    .join('\n');

describe('benign requests at paranoia level 1', () => {
  it.skipIf(absent !== null)(
    'are refused only where it is known and explained, without exclusions',
    { timeout: 300_000 },
    async () => {
      const albedo = await startAlbedo();
      onTestFinished(() => albedo.stop());
      const gate = await crsGate(albedo.port, SHOP_POLICY);
      const { address, audit } = gate;
      const found = await falseAlarms(address, benignRequests(COUNT, SEED));
      expect(found.odd, gateAnswers(await gate.metrics())).toEqual([]);
      const known = KNOWN.parse(
        parse(readFileSync(new URL('./known-alarms.yaml', import.meta.url), 'utf8')),
      );
      const refused = new Map<string, number>();
      for (const name of found.refused) {
        const category = categoryOf({ name, raw: Buffer.alloc(0) });
        refused.set(category, (refused.get(category) ?? 0) + 1);
      }
      expect(Object.fromEntries(refused)).toEqual(
        Object.fromEntries(known.map((k) => [k.category, k.refused])),
      );
      const lines = readFileSync(audit, 'latin1').split('\n').slice(0, -1);
      const rules = new Set(lines.map((l) => EVENT.parse(JSON.parse(l)).rule));
      for (const rule of rules)
        if (!addsUp(rule)) expect(known.flatMap((k) => k.rules)).toContain(rule);
    },
  );

  it.skipIf(absent !== null)(
    'all pass with the exclusions of configs/crs',
    { timeout: 300_000 },
    async () => {
      const albedo = await startAlbedo();
      onTestFinished(() => albedo.stop());
      const shipped = z
        .object({ policies: z.object({ shop: z.object({ exclusions: z.array(z.unknown()) }) }) })
        .parse(
          parse(
            readFileSync(new URL('../../../configs/crs/firewall.yaml', import.meta.url), 'utf8'),
          ),
        );
      const exclusions = JSON.stringify(shipped.policies.shop.exclusions);
      const gate = await crsGate(albedo.port, `${SHOP_POLICY}\n    exclusions: ${exclusions}`);
      const found = await falseAlarms(gate.address, benignRequests(COUNT, SEED));
      expect(found.refused).toEqual([]);
      expect(found.odd, gateAnswers(await gate.metrics())).toEqual([]);
    },
  );
});
