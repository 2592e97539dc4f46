/**
 * DESIGN. Which group of a placed zone serves a user. The point of a user is a pure function of
 * what every gate and every request of his knows (his shard, or for pinned users without one his
 * uid), so it is never re-rolled: not per request, gate or restart. Allow-lists and gray releases
 * will come in front of the weights.
 */
import { stableHash } from '../model/hash.ts';
import type { ShardId } from '../model/ids.ts';
import { reasonsOf } from '../model/reason.ts';

export const GROUP = reasonsOf('release', {
  only: ['group-only', 'The zone has one group with weight.'],
  byShard: ['group-by-shard', 'The group is fixed by the user’s shard and the weights.'],
  byUid: ['group-by-uid', 'The group is fixed by a hash of the pinned uid and the weights.'],
  byDice: ['group-by-dice', 'The user is not known: drawn by weight for this request.'],
  handedOver: ['group-handed-over', 'The group that the handing gate chose.'],
});

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
