/** What is asked of a `StressHouse`: tokens good and bad, uids, and what no answer may show. */
import { expect } from 'vitest';
import { signStressPass } from '../../src/stress-tag/token.ts';
import { type Answer, type Asking, STRESS_KEY } from './stress-house.ts';

interface Passing {
  readonly scene?: string;
  readonly qps?: number;
  readonly id?: string;
  readonly forMs?: number;
  readonly network?: string;
}

let passes = 0;

/** A token as `zonegate stress token` makes them. */
export function pass({ scene, qps, id, forMs, network }: Passing = {}): string {
  return signStressPass(
    {
      scene: scene ?? 'eleven',
      qps: qps ?? 100_000,
      id: id ?? `pass${String(passes++).padStart(8, '0')}`,
      expiresAtMs: Date.now() + (forMs ?? 60_000),
      network: network ?? null,
    },
    STRESS_KEY,
  );
}

/** Shard 1: RZ01 in the scene's table and among users. */
export const HERE = '/?uid=2099000000000010';
/** Shard 99: RZ03 for both. */
export const THERE = '/?uid=2099000000000990';
export const REAL = '/?uid=2088000000000010';

/** A request marked with this. */
export const token = (text: string, path = HERE): Asking => ({
  path,
  headers: { 'X-Ldc-Stress': text },
});

/** Neither the mark nor any other word of the gate’s reaches whoever asked. */
export function leaksNothing({ headers }: Answer): void {
  expect(Object.keys(headers).filter((name) => name.startsWith('x-ldc-'))).toEqual([]);
}
