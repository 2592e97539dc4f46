/** Gates that share counts by a store in memory, which can be away; the clock stands still. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FleetCounts } from '../../src/rate/fleet-counts.ts';
import { judgeRate } from '../../src/rate/judge.ts';
import { RateMemory } from '../../src/rate/memory.ts';
import { ask, NOW, roomOf } from '../support/rates.ts';

class Store {
  readonly totals = new Map<string, number>();
  isUp = true;
}

class Gate {
  readonly memory: RateMemory;
  readonly #room;
  admitted = 0;

  constructor(limit: number, seed: number) {
    this.memory = new RateMemory({ k0: seed, k1: seed });
    this.#room = roomOf({ r: { limit, scope: 'fleet' } }, { keys: 1024 });
    this.memory.counters.adopt(this.#room.counters, 1024);
  }

  get fleet(): FleetCounts {
    return this.memory.counters.fleet!;
  }

  ask(times: number, ip = '192.0.2.1'): number {
    let passed = 0;
    for (let i = 0; i < times; i++)
      if (judgeRate(ask({ ip }), this.#room, this.memory, NOW).kind === 'pass') passed++;
    this.admitted += passed;
    return passed;
  }

  exchange(store: Store, gates: number): void {
    this.fleet.isShared = store.isUp;
    if (!store.isUp) return;
    this.fleet.gates = gates;
    for (const delta of this.memory.counters.deltas(100)) {
      const key = `${delta.hi} ${delta.lo}`;
      const total = (store.totals.get(key) ?? 0) + delta.count;
      store.totals.set(key, total);
      this.memory.counters.heard(delta, total, NOW);
    }
  }
}

const gatesOf = (n: number, limit: number): Gate[] =>
  Array.from({ length: n }, (_, i) => new Gate(limit, i));

/** In each round every gate, in some order, is asked so often and then exchanges. */
const rounds = (n: number) =>
  fc.array(
    fc
      .shuffledSubarray(
        Array.from({ length: n }, (_, i) => i),
        { minLength: n },
      )
      .chain((order) =>
        fc.tuple(...order.map((gate) => fc.record({ gate: fc.constant(gate), times: fc.nat(6) }))),
      ),
    { maxLength: 25 },
  );
const fleets = fc
  .record({ n: fc.integer({ min: 2, max: 4 }), limit: fc.integer({ min: 1, max: 60 }) })
  .chain(({ n, limit }) =>
    fc.record({ n: fc.constant(n), limit: fc.constant(limit), all: rounds(n) }),
  );

describe('gates that share a limit', () => {
  it('let through all of it, and above it at most what the others are asked in two intervals', () => {
    fc.assert(
      fc.property(fleets, ({ n, limit, all }) => {
        const store = new Store();
        const gates = gatesOf(n, limit);
        for (const gate of gates) gate.exchange(store, n);
        let asked = 0;
        for (const { gate, times } of all.flat()) {
          gates[gate]!.ask(times);
          gates[gate]!.exchange(store, n);
          asked += times;
        }
        const total = gates.reduce((sum, g) => sum + g.admitted, 0);
        const mostPerInterval = Math.max(0, ...all.flat().map((s) => s.times));
        expect(total).toBeGreaterThanOrEqual(Math.min(limit, asked));
        expect(total).toBeLessThanOrEqual(limit + (n - 1) * 2 * mostPerInterval);
        expect(total).toBeLessThanOrEqual(n * limit);
      }),
      { numRuns: 300 },
    );
  });

  it('keep to their parts while the store is away, and to the whole when it is back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(20),
        (n, limit, before) => {
          const store = new Store();
          const gates = gatesOf(n, limit);
          for (const gate of gates) gate.exchange(store, n);
          gates[0]!.ask(before);
          for (const gate of gates) gate.exchange(store, n);
          store.isUp = false;
          for (const gate of gates) gate.exchange(store, n);
          const part = Math.max(1, Math.ceil(limit / n));
          for (const gate of gates) {
            gate.ask(limit + 1);
            expect(gate.admitted).toBe(
              Math.max(part, gate === gates[0] ? Math.min(before, limit) : 0),
            );
          }
          store.isUp = true;
          for (const gate of [...gates, ...gates]) {
            gate.ask(1);
            gate.exchange(store, n);
          }
          const total = gates.reduce((sum, g) => sum + g.admitted, 0);
          expect([...store.totals.values()]).toEqual([total]);
          const more = gates.map((gate) => {
            const passed = gate.ask(limit);
            gate.exchange(store, n);
            return passed;
          });
          expect(more.reduce((sum, m) => sum + m, 0) > 0).toBe(total < limit);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('hear anew of a key that they refuse, and stop when the fleet has', () => {
    const store = new Store();
    const [a, b] = gatesOf(2, 10) as [Gate, Gate];
    for (const gate of [a, b]) gate.exchange(store, 2);
    b.ask(10);
    b.exchange(store, 2);
    a.ask(1);
    a.exchange(store, 2);
    expect(a.ask(1)).toBe(0);
    for (const key of store.totals.keys()) store.totals.set(key, 3);
    a.exchange(store, 2);
    expect(a.ask(1)).toBe(1);
  });

  it('ask for an early exchange when one has used up its part of what is left', () => {
    const store = new Store();
    const [gate] = gatesOf(2, 40) as [Gate, Gate];
    gate.exchange(store, 2);
    gate.ask(19);
    expect(gate.fleet.isUrgent).toBe(false);
    gate.ask(1);
    expect(gate.fleet.isUrgent).toBe(true);
  });

  it('wait in a queue that is bounded: what finds no room is counted here alone until seen again', () => {
    const room = roomOf({ r: { limit: 9, scope: 'fleet' } }, { keys: 262_144 });
    const memory = new RateMemory({ k0: 1, k1: 2 });
    for (let i = 0; i < 20_000; i++) {
      const ip = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      judgeRate(ask({ ip }), room, memory, NOW);
    }
    const { fleet } = memory.counters;
    expect([fleet?.queued, fleet?.dropped]).toEqual([16_384, 20_000 - 16_384]);
    expect(memory.counters.deltas(20_000)).toHaveLength(16_384);
    judgeRate(ask({ ip: '10.0.78.31' }), room, memory, NOW);
    expect(memory.counters.deltas(10)).toMatchObject([{ count: 2 }]);
  });

  it('tell of what was counted before a table of another size no more', () => {
    const memory = new RateMemory({ k0: 1, k1: 2 });
    const room = roomOf({ r: { limit: 9, scope: 'fleet' } }, { keys: 1024 });
    judgeRate(ask(), room, memory, NOW);
    memory.counters.adopt(room.counters, 2048);
    expect(memory.counters.deltas(10)).toEqual([]);
  });
});
