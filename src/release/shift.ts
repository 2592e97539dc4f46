/** Which shards a release moves at which percent: whole shards, the same ones whoever computes it. */
import type { ShardId } from '../model/ids.ts';
import { pointOfShard } from './index.ts';

/**
 * @param own shards of one zone that the weights place in the group that is left
 * @param percent 0 … 100 of them
 * @param before moved at an earlier stage: they stay moved for as long as the percent allows
 */
export function shardsAt(
  own: readonly number[],
  percent: number,
  before: ReadonlySet<number>,
): number[] {
  const wanted = Math.ceil((own.length * percent) / 100);
  const byPoint = (a: number, b: number): number =>
    pointOfShard(a as ShardId) - pointOfShard(b as ShardId);
  const stay = own.filter((s) => before.has(s)).toSorted(byPoint);
  const come = own.filter((s) => !before.has(s)).toSorted(byPoint);
  return [...stay, ...come].slice(0, wanted).toSorted((a, b) => a - b);
}
