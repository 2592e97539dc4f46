/** The short form; `node test/switches/elastic-run.ts` is the long one, and prints times too. */
import { expect, it, onTestFinished } from 'vitest';
import { Drill } from '../switches/drill.ts';
import {
  appOutAndBack,
  fallingEpochs,
  lostElastic,
  outAndBack,
  SHARDS,
  window,
} from '../switches/elastic.ts';

it('under load, shards go out to an elastic zone and home again, and no request is lost or strays', async () => {
  const print = (): void => undefined;
  const drill = await Drill.start({
    ...{ thousands: 26, perS: 150, soakS: 1, print, probeMs: 1000 },
    favoured: SHARDS,
  });
  onTestFinished(() => drill.stop());
  expect(await outAndBack(drill, 500)).toEqual([]);
  expect(await appOutAndBack(drill, 500)).toEqual([]);
  await window(drill, 3);
  const loss = await lostElastic(drill);
  drill.load.stop();
  await drill.settled();

  const failed = drill.rows().flatMap((r) => (r.phase === 'elastic zone lost' ? [] : r.failed));
  expect(failed.slice(0, 5)).toEqual([]);
  expect(loss.others).toEqual([]);
  expect(loss.hit).toBeGreaterThan(0);
  const verdict = await drill.verdict();
  expect(verdict.faults).toEqual([]);
  expect(fallingEpochs(drill.recorder.records)).toEqual([]);
  expect(verdict.flips).toBe(8 * SHARDS.length);
  const atElastic = drill.recorder.records.filter((r) => r.zone === 'EZ01');
  expect(atElastic.length).toBeGreaterThan(100);
  expect(atElastic.every((r) => SHARDS.includes(r.shard))).toBe(true);
}, 120_000);
