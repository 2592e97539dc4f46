/** Values that are hard for the rule set's patterns, through a running gate. What they cost: adversarial.ts. */
import { describe, expect, it } from 'vitest';
import { crsAbsent } from '../../bench/candidates/crs.ts';
import { until } from '../support/until.ts';
import { Origin, respond } from '../support/wire.ts';
import { PLACES } from './adversarial/places.ts';
import { get, JSON_TYPE, post } from './bypass/shapes.ts';
import { crsGate, SHOP_POLICY } from './crs/crs-gate.ts';
import { send } from './crs/send.ts';
import { crsPatterns } from './rx/crs.ts';
import { worstCases } from './rx/worst-cases.ts';

const absent = crsAbsent();
if (absent !== null) console.warn(`skipped: ${absent}`);
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
/** Far above what any takes on a busy machine; far below what backtracking would. */
const PATIENCE_MS = 20_000;
const EVERY = 6;

describe.skipIf(absent !== null)('a running gate', () => {
  it('answers whatever is hard for a pattern, and harmless requests beside it', {
    timeout: 180_000,
  }, async () => {
    const origin = await Origin.start(respond('ok'));
    const gate = await crsGate(origin.port, SHOP_POLICY);
    const odd: string[] = [];
    const places = Object.entries(PLACES);
    for (const [i, source] of crsPatterns().patterns.entries()) {
      if (i % EVERY !== 0) continue;
      const values = worstCases(source, 4096);
      const [place, at] = places[(i / EVERY) % places.length]!;
      const hostile = send(gate.address, bytes(at(values[i % values.length] ?? 'a')), PATIENCE_MS);
      const harmless = send(gate.address, bytes(get('/product?id=7')), PATIENCE_MS);
      const reply = await hostile;
      // 400: bytes that a field must not have; 503: more time than one request may take.
      if (reply.kind === 'error' || ![200, 400, 403, 503].includes(reply.status))
        odd.push(`${place} ${source.slice(0, 60)}: ${JSON.stringify(reply).slice(0, 80)}`);
      expect(await harmless).toMatchObject({ status: 200 });
    }
    expect(odd).toEqual([]);
  });

  it('judges harmless JSON of 100 KiB within its time', { timeout: 60_000 }, async () => {
    const origin = await Origin.start(respond('ok'));
    const gate = await crsGate(origin.port, SHOP_POLICY);
    const items = Array.from({ length: 450 }, (_, id) => ({
      id,
      name: 'blue shoes, soft '.repeat(12),
    }));
    const body = JSON.stringify(items);
    await until('threads to judge', async () => {
      const reply = await send(gate.address, bytes(post(JSON_TYPE, body)), PATIENCE_MS);
      return reply.kind === 'answer' && reply.status === 200;
    });
    for (let i = 0; i < 5; i++)
      expect(await send(gate.address, bytes(post(JSON_TYPE, body)), PATIENCE_MS)).toMatchObject({
        status: 200,
      });
    expect(origin.requests.every((r) => r.endsWith(body))).toBe(true);
  });
});
