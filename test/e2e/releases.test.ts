/** The short drill; `node test/lanes/run.ts` is the long one. */
import { expect, it } from 'vitest';
import { releaseDrill } from '../lanes/release-drill.ts';

it('a release under load rolls back by itself when the new group goes bad, and nobody wavers', async () => {
  const perStep = 60;
  const report = await releaseDrill(9, perStep);
  expect(report.run).toMatchObject({ state: 'aborted' });
  expect(report.run.note).toMatch(/^release-health: /);
  expect(report.failedByGates.slice(0, 5)).toEqual([]);
  expect(report.astray.slice(0, 5)).toEqual([]);
  expect(report.shardsMoved).toBe(5);
  expect(report.failedByB).toBeGreaterThan(0);
  // A tunnel whose user has moved ends; those of the other fifteen shards stay.
  expect(report.tunnelsEnded).toBeGreaterThanOrEqual(1);
  expect(report.tunnelsEnded).toBeLessThanOrEqual(5);
}, 240_000);
