import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../../src/shell/fleet/open-store.ts';
import type { StoredBoard } from '../../../src/shell/fleet/store.ts';
import { Sync } from '../../../src/shell/fleet/sync.ts';
import { scratch } from '../../support/config.ts';
import { ackOf, boardOf } from '../../support/plain-boards.ts';
import { until } from '../../support/until.ts';

/** Readings of a store end when the test says so. */
function held() {
  const store = openStore({ kind: 'file', directory: scratch() }, () => undefined);
  const readings: ((stored: StoredBoard) => void)[] = [];
  store.read = () => new Promise((resolve) => readings.push(resolve));
  const seen: number[] = [];
  const sync = new Sync(store, () => ({ leaseMs: 60_000, beatMs: 60_000, pollMs: 60_000 }), {
    ...{ ack: () => ackOf('g1'), unreadable: () => undefined, leaseTurned: () => undefined },
    ...{
      reached: () => undefined,
      failed: () => undefined,
      read: (stored) => void seen.push(stored?.epoch ?? 0),
    },
  });
  onTestFinished(() => sync.stop());
  return { sync, readings, seen };
}

it('whoever asks during a reading gets one that began after he asked', async () => {
  const { sync, readings, seen } = held();
  const first = sync.read('a nudge');
  let answered = 0;
  const asked = ['a command', 'another'].map((c) => sync.read(c).then(() => answered++));
  readings[0]!(boardOf(1));
  await first;
  await until('the second reading', () => readings.length === 2);
  expect(answered).toBe(0);
  readings[1]!(boardOf(2));
  await Promise.all(asked);
  expect(seen).toEqual([1, 2]);
});
