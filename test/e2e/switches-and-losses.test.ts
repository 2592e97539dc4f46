/** Short forms of `node test/switches/kills.ts` and `node test/switches/convergence.ts`. */
import { expect, it, onTestFinished } from 'vitest';
import { GateProcesses } from '../switches/gates.ts';
import { Spread } from '../switches/spread.ts';
import { Torn } from '../switches/torn.ts';

async function started(thousands: number): Promise<GateProcesses> {
  const fleet = new GateProcesses({ thousands });
  onTestFinished(() => fleet.stop());
  await fleet.start();
  return fleet;
}

it('a gate that is killed while boards stream in begins again where it was, or later', async () => {
  const torn = new Torn(await started(27));
  onTestFinished(() => torn.stop());
  await torn.start();
  await torn.killEach(15);
  expect(torn.faults).toEqual([]);
  expect(torn.kills).toBe(15);
  expect(torn.files).toBeGreaterThan(0);
}, 300_000);

it('no switch is lost with the store but with an alarm, and all gates end with one board', async () => {
  const spread = new Spread(await started(27));
  for (let i = 0; i < 10; i++) await spread.one();
  await spread.killStore();
  await spread.promoteStale(null);
  for (let i = 0; i < 5; i++) await spread.one();
  await spread.promoteStale('sh1');
  await spread.one();
  await spread.check();
  expect(spread.faults).toEqual([]);
  expect(spread.losses).toBe(3);
}, 300_000);
