/**
 * Who takes the next request: tables made when something changes, so that a pick costs the same for
 * one endpoint as for a thousand.
 */
import { stableHash } from '../../model/hash.ts';
import type { Endpoint } from './endpoint.ts';

export interface Share {
  readonly endpoint: Endpoint;
  /** Above 0. */
  readonly weight: number;
}

/** Its multiples fall evenly into the unit interval, so weighted turns come well mixed. */
const GOLDEN = 0.618_033_988_749_894_9;

export class ShareTable {
  readonly shares: readonly Share[];
  /** Upper bounds of the shares in the unit interval; null when all weigh the same. */
  readonly #bounds: Float64Array | null;

  constructor(shares: readonly Share[]) {
    this.shares = shares;
    const first = shares[0]?.weight;
    this.#bounds = shares.every((s) => s.weight === first) ? null : boundsOf(shares);
  }

  /** Place of the share that a point of [0, 1) falls into. */
  at(point: number): number {
    const bounds = this.#bounds;
    if (bounds === null) return Math.trunc(point * this.shares.length);
    let low = 0;
    let high = bounds.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (point < bounds[middle]!) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Place for the nth turn of a weighted round robin. */
  turn(n: number): number {
    if (this.#bounds === null) return n % this.shares.length;
    return this.at((n * GOLDEN) % 1);
  }

  /** Two drawn by weight; of them the one with less to do for its weight. */
  lighter(): number {
    const a = this.at(Math.random());
    const b = this.at(Math.random());
    return this.#load(b) < this.#load(a) ? b : a;
  }

  #load(place: number): number {
    const { endpoint, weight } = this.shares[place]!;
    return (endpoint.active + 1) / weight;
  }
}

function boundsOf(shares: readonly Share[]): Float64Array {
  const total = shares.reduce((sum, s) => sum + s.weight, 0);
  let sum = 0;
  const bounds = Float64Array.from(shares, (s) => {
    sum += s.weight;
    return sum / total;
  });
  bounds[bounds.length - 1] = 1;
  return bounds;
}

const POINTS_PER_WEIGHT = 100;
const MAX_POINTS = 65_536;

/**
 * Consistent hashing: each endpoint stands at many points of a ring, and a key belongs to the next
 * point. All endpoints stand on it, usable or not; who is passed over gives his keys to the next,
 * and nobody else's keys move.
 */
export class HashRing {
  readonly #points: Uint32Array;
  readonly #owners: readonly Endpoint[];

  constructor(shares: readonly Share[]) {
    const total = shares.reduce((sum, s) => sum + s.weight, 0);
    const least = Math.min(...shares.map((s) => s.weight));
    const perWeight = Math.min(POINTS_PER_WEIGHT / least, MAX_POINTS / total);
    const points = shares.flatMap(({ endpoint, weight }) =>
      Array.from({ length: Math.max(1, Math.round(weight * perWeight)) }, (_, i) => ({
        at: stableHash(`${endpoint.address.text}#${i}`),
        endpoint,
      })),
    );
    points.sort((a, b) => a.at - b.at);
    this.#points = Uint32Array.from(points, (p) => p.at);
    this.#owners = points.map((p) => p.endpoint);
  }

  /** The first from the key's place on that `fits`; null for none. */
  find(hash: number, fits: (endpoint: Endpoint) => boolean): Endpoint | null {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    for (let i = 0; i < points.length; i++) {
      const endpoint = this.#owners[(low + i) % points.length]!;
      if (fits(endpoint)) return endpoint;
    }
    return null;
  }
}
