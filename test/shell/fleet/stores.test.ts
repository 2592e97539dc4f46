/** What every store promises, asked of each of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoreSettings } from '../../../src/failover/store-settings.ts';
import { StoreError } from '../../../src/shell/fleet/store.ts';
import { type Opened, ready, redisSettings } from '../../support/boards.ts';
import { scratch } from '../../support/config.ts';
import { ackOf, auditOf, boardOf } from '../../support/plain-boards.ts';
import { startRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

interface Place {
  readonly settings: StoreSettings;
  /** Puts a board there that is none. */
  spoil(): Promise<void>;
}

const STORES: Readonly<Record<string, () => Promise<Place>>> = {
  file: () => {
    const directory = join(scratch(), 'board');
    return Promise.resolve({
      settings: { kind: 'file', directory },
      spoil: () => {
        writeFileSync(join(directory, 'board.0000000000000001.json'), '{"epoch":1,');
        return Promise.resolve();
      },
    });
  },
  redis: async () => {
    const server = await startRedis();
    return {
      settings: redisSettings([server.address]),
      spoil: async () => {
        await server.command('SET', '{zonegate}:board', 'not a hash');
      },
    };
  },
};

describe.each(Object.entries(STORES))('%s store', (_, make) => {
  const place = async (): Promise<Opened & { readonly place: Place }> => {
    const made = await make();
    return { ...(await ready(made.settings)), place: made };
  };

  it('is empty at first, and takes a first commit', async () => {
    const { store } = await place();
    expect(await store.read()).toBeNull();
    expect(await store.audit(10)).toEqual([]);
    expect(await store.fleet()).toEqual([]);
    expect(await store.commit(0, boardOf(1), auditOf(1))).toEqual({
      kind: 'stored',
      copies: null,
      replicasWanted: 0,
    });
    expect(await store.read()).toEqual(boardOf(1));
  });

  it('answers the loser of a race with the board that is there', async () => {
    const { store } = await place();
    await store.commit(0, boardOf(1), auditOf(1));
    await store.commit(1, boardOf(2), auditOf(2));
    const late = await store.commit(1, boardOf(3), auditOf(3));
    expect(late).toEqual({ kind: 'conflict', current: boardOf(2) });
    expect(await store.commit(0, boardOf(7), auditOf(7))).toMatchObject({ kind: 'conflict' });
    expect(await store.read()).toEqual(boardOf(2));
    expect((await store.audit(10)).map((l) => l.epoch)).toEqual([2, 1]);
  });

  it('gives an epoch one successor, however far that one jumps', async () => {
    const { store, place: here } = await place();
    const other = (await ready(here.settings)).store;
    await store.commit(0, boardOf(5), auditOf(5));
    for (let epoch = 5; epoch < 65; ) {
      const made = await Promise.all(
        [1, 2, 7].map((by, i) =>
          (i === 0 ? store : other).commit(epoch, boardOf(epoch + by), auditOf(epoch + by)),
        ),
      );
      expect(made.filter((m) => m.kind === 'stored')).toHaveLength(1);
      epoch += [1, 2, 7][made.findIndex((m) => m.kind === 'stored')]!;
      expect((await store.read())?.epoch).toBe(epoch);
    }
  });

  it('loses nothing of four writers that race', { timeout: 30_000 }, async () => {
    const { settings } = await make();
    const writers = await Promise.all([1, 2, 3, 4].map(() => ready(settings)));
    const EACH = 200;
    const stored = await Promise.all(
      writers.map(async ({ store }, writer) => {
        const mine: number[] = [];
        let epoch = 0;
        while (mine.length < EACH) {
          const made = await store.commit(
            epoch,
            boardOf(epoch + 1, `by ${writer}`),
            auditOf(epoch + 1, `by ${writer}`),
          );
          if (made.kind === 'stored') mine.push(++epoch);
          else epoch = made.current!.epoch;
        }
        return mine;
      }),
    );
    const all = Array.from({ length: 4 * EACH }, (_, i) => i + 1);
    expect(stored.flat().sort((a, b) => a - b)).toEqual(all);
    const { store } = writers[0]!;
    expect((await store.read())?.epoch).toBe(4 * EACH);
    const trail = await store.audit(10_000);
    expect(trail.map((l) => l.epoch).sort((a, b) => a - b)).toEqual(all);
  });

  it('refuses a board that no reader would accept, and never goes down', async () => {
    const { store } = await place();
    await store.commit(0, boardOf(5), auditOf(5));
    const wrong = [
      [5, boardOf(5)],
      [5, boardOf(4)],
      [5, { ...boardOf(6), text: '{}' }],
      [5, boardOf(6.5)],
      [5, boardOf(2 ** 53)],
      [-1, boardOf(6)],
      [5, boardOf(6, 'x'.repeat(4 * 1024 * 1024))],
    ] as const;
    for (const [expected, next] of wrong)
      await expect(store.commit(expected, next, auditOf(6))).rejects.toThrow(StoreError);
    expect(await store.read()).toEqual(boardOf(5));
  });

  it('shows a commit to every reader at once, and nudges them', async () => {
    const { store, place: here } = await place();
    const other = await ready(here.settings);
    // Both connections of a Redis store: nudges come once the second is up too.
    let epoch = 0;
    await until('a nudge', async () => {
      await store.commit(epoch, boardOf(epoch + 1), auditOf(epoch + 1));
      epoch++;
      expect((await other.store.read())?.epoch).toBe(epoch);
      return other.count('nudged') > 0;
    });
  });

  it('keeps the trail in order, and gives out as much as was asked for', async () => {
    const { store } = await place();
    for (let i = 1; i <= 5; i++)
      await store.append({ ...auditOf(i), outcome: 'refused: last zone' });
    expect((await store.audit(3)).map((l) => l.what)).toEqual(['change 5', 'change 4', 'change 3']);
    expect(await store.audit(100)).toHaveLength(5);
    expect(await store.audit(0)).toEqual([]);
    expect((await store.audit(1))[0]).toEqual({ ...auditOf(5), outcome: 'refused: last zone' });
  });

  it('knows gates by their last word, until the lease runs out, and after', async () => {
    const { store } = await place();
    await store.beat(ackOf('g1', 3), 60_000);
    await store.beat(ackOf('g2/../x.json', 3), 30);
    await store.beat(ackOf('g1', 4), 60_000);
    const fleet = await until('the short lease to run out', async () => {
      const all = await store.fleet();
      return all.some((g) => g.leaseLeftMs <= 0) ? all : null;
    });
    const [g1, g2] = [...fleet].sort((a, b) => (a.gate < b.gate ? -1 : 1));
    expect(fleet).toHaveLength(2);
    expect(g1).toMatchObject(ackOf('g1', 4));
    expect(g1!.ageMs).toBeGreaterThanOrEqual(0);
    expect(g1!.leaseLeftMs).toBeGreaterThan(0);
    expect(g1!.leaseLeftMs + g1!.ageMs).toBeCloseTo(60_000, 0);
    expect(g2).toMatchObject(ackOf('g2/../x.json', 3));
  });

  it('forgets a gate that leaves; leaving twice is no failure', async () => {
    const { store } = await place();
    await store.beat(ackOf('g1'), 60_000);
    await store.beat(ackOf('g2'), 60_000);
    await store.leave('g1');
    await store.leave('g1');
    expect((await store.fleet()).map((g) => g.gate)).toEqual(['g2']);
  });

  it('says so when what is stored is not a board', async () => {
    const { store, place: here } = await place();
    await here.spoil();
    await expect(store.read()).rejects.toThrow(StoreError);
    await expect(store.commit(0, boardOf(1), auditOf(1))).rejects.toThrow(StoreError);
  });
});
