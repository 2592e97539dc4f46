/**
 * DESIGN. Which group of a placed zone serves a user. The point of a user is a pure function of
 * what every gate and every request of his knows (his shard, or for pinned users without one his
 * uid), so it is never re-rolled: not per request, gate or restart. In front of the weights stand
 * releases, which move whole shards from one group to another (`shift.ts`, `gates.ts`), and gray rules
 * (`choose.ts`); both are switches on the board. Missing on purpose: any draw per request.
 */
import { stableHash } from '../model/hash.ts';
import type { ShardId } from '../model/ids.ts';

/** 2^32 divided by the golden ratio, odd. */
const GOLDEN = 0x9e3779b1;

/**
 * A point in [0, 1) for a shard. Multiples of the golden ratio fall evenly over the interval for
 * any run of neighbouring shards (Knuth 6.4), so a weight of 50 splits 25 shards 12 to 13 where a
 * hash might give 8 to 17; and a shard's point never changes.
 */
export const pointOfShard = (shard: ShardId): number => (Math.imul(shard, GOLDEN) >>> 0) / 2 ** 32;

/** A point in [0, 1) for a uid without shard. */
export const pointOfUid = (uid: string): number => stableHash(uid) / 2 ** 32;
