/** The short drill; `node test/switches/run.ts` is the long one, and prints times too. */
import { expect, it, onTestFinished } from 'vitest';
import { Drill } from '../switches/drill.ts';
import { lostGate, lostStore, lostStoreInMidRun, lostZone, planned } from '../switches/phases.ts';

/** Of a command that brings lost users back: two seconds are the aim, the rest is the machine's. */
const BACK_WITHIN_MS = 20_000;
const LOSSES = ['zone lost', 'gate lost'];

it('under load, switches fail no request, and no shard is ever written in two zones', async () => {
  const drill = await Drill.start({ thousands: 28, perS: 300, soakS: 1, print: () => undefined });
  onTestFinished(() => drill.stop());
  await planned(drill);
  const losses = [await lostZone(drill), await lostGate(drill)];
  expect(await lostStore(drill)).toEqual([]);
  await lostStoreInMidRun(drill);
  drill.load.stop();
  await drill.settled();

  const failed = drill.rows().flatMap((r) => (LOSSES.includes(r.phase) ? [] : r.failed));
  expect(failed.slice(0, 5)).toEqual([]);
  for (const loss of losses) {
    expect(loss.others, loss.what).toEqual([]);
    expect(loss.hit, loss.what).toBeGreaterThan(0);
    expect(loss.backMs, loss.what).toBeLessThan(BACK_WITHIN_MS);
  }
  const verdict = await drill.verdict();
  expect(verdict.faults).toEqual([]);
  expect(verdict.flips).toBeGreaterThan(200);
  expect(verdict.writes).toBeGreaterThan(500);
}, 300_000);
