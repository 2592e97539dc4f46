import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Move } from '../../../src/failover/board.ts';
import { commandSchema } from '../../../src/failover/commands.ts';
import { ownersOf } from '../../../src/failover/owners.ts';
import { LastGood } from '../../../src/shell/fleet/last-good.ts';
import { openStore } from '../../../src/shell/fleet/open-store.ts';
import { StoreError } from '../../../src/shell/fleet/store.ts';
import { toStored } from '../../../src/shell/fleet/stored-board.ts';
import { scratch } from '../../support/config.ts';
import { obeyed, type TestGate, testGate } from '../../support/fleet.ts';
import { until } from '../../support/until.ts';

const IDCS = ['hz1', 'hz2', 'sh1'] as const;

async function three(directory = scratch()): Promise<[TestGate, TestGate, TestGate]> {
  const gates: TestGate[] = [];
  for (const idc of IDCS) {
    const store = openStore({ kind: 'file', directory: join(directory, 'board') }, () => undefined);
    gates.push(await testGate({ name: `g-${idc}`, idc, store, state: directory }));
  }
  return gates as [TestGate, TestGate, TestGate];
}

const ownerOf = (gate: TestGate, shard: number): string =>
  ownersOf(gate.fleet.keeper.board, gate.holder.current().rules)[shard]!;
const doneEverywhere = (gates: readonly TestGate[]): boolean =>
  gates.every(({ fleet }) => {
    const { runs } = fleet.keeper.board;
    return runs.length > 0 && runs.every((r) => r.state === 'done');
  });

describe('a fleet on one store', () => {
  it('carries a failover out at every gate, and the way back', async () => {
    const gates = await three();
    await obeyed(gates[0], { do: 'failover', scope: { kind: 'zone', zone: 'RZ01' } });
    await until('the failover to be done', () => doneEverywhere(gates));
    for (const gate of gates) expect(ownerOf(gate, 7)).toBe('RZ03');
    await obeyed(gates[2], { do: 'restore', scope: { kind: 'zone', zone: 'RZ01' } });
    await until('the way back', () => doneEverywhere(gates) && ownerOf(gates[1], 7) === 'RZ01');
    for (const gate of gates) {
      expect(gate.epochs).toEqual([...gate.epochs].sort((a, b) => a - b));
      expect(gate.fleet.keeper.board.moves).toEqual([]);
    }
  });

  it('does not flip before a gate’s last write of the shard is over', async () => {
    const gates = await three();
    gates[1].writes = (moves) => moves.length > 0;
    await obeyed(gates[0], { do: 'move', shards: [7], to: 'RZ02' });
    const [move] = await until('the freeze everywhere', () => {
      const { moves } = gates[1].fleet.keeper.board;
      return moves.length > 0 ? moves : null;
    });
    expect(move!.state).toBe('freeze-pushed');
    expect(gates[1].fleet.keeper.acknowledged.settled).toBeLessThan(move!.stateEpoch);
    gates[1].writes = () => false;
    gates[1].fleet.keeper.settle();
    await until('the move to be over', () => doneEverywhere(gates));
    expect(ownerOf(gates[2], 7)).toBe('RZ02');
  });

  it('goes on with a run whose steward has gone', async () => {
    const gates = await three();
    gates[1].writes = (moves) => moves.length > 0;
    await obeyed(gates[2], { do: 'move', shards: [7], to: 'RZ02' });
    await until('the freeze', () => gates[1].fleet.keeper.board.moves.length > 0);
    await gates[2].stop();
    gates[1].writes = () => false;
    gates[1].fleet.keeper.settle();
    await until('the move to be over', () => doneEverywhere(gates.slice(0, 2)), 20_000);
    expect(gates[0].fleet.keeper.board.runs[0]!.steward).toBe('g-hz1');
  });
});

describe('a gate without its store', () => {
  const GONE = { kind: 'file', directory: '/proc/none/board' } as const;
  const alone = (state: string, store = GONE as Parameters<typeof openStore>[0]) =>
    testGate({
      ...{ name: 'g-hz1', idc: 'hz1', state },
      store: openStore(store, () => undefined),
      settings: { leaseMs: 500, beatMs: 50, pollMs: 100 },
    });

  it('that has never seen a board serves as declared, and says so', async () => {
    const gate = await alone(scratch());
    expect(gate.holder.current().placement.zoneOfShard[7]!.id).toBe('RZ01');
    expect(gate.fleet.standing()).toMatchObject({ epoch: 0, neverSynced: true, stale: true });
  });

  it('starts from the last board on its disk, which is stale, and takes no orders', async () => {
    const directory = scratch();
    const store = { kind: 'file', directory: join(directory, 'board') } as const;
    const before = await alone(directory, store);
    await obeyed(before, { do: 'move', shards: [7], to: 'RZ02' });
    await until('the move to be over', () => doneEverywhere([before]));
    const { epoch } = before.fleet.keeper.board;
    await until('it to be on disk', () => before.fleet.keeper.acknowledged.epoch === epoch);
    await before.stop();
    const gate = await alone(directory);
    expect(ownerOf(gate, 7)).toBe('RZ02');
    expect(gate.fleet.standing()).toMatchObject({ epoch, neverSynced: false, stale: true });
    const submitted = await gate.fleet.submit(
      commandSchema.parse({ do: 'move', shards: [8], to: 'RZ02', by: 'ann', reason: 'because' }),
      null,
    );
    expect(submitted).toMatchObject({ kind: 'store-down', unsure: false });
  });

  it('refuses writes of shards under way by its last board, and nothing else', async () => {
    const directory = scratch();
    const [a, b] = await three(directory);
    b.writes = (moves) => moves.length > 0;
    await obeyed(a, { do: 'move', shards: [7], to: 'RZ02', mode: 'no-freeze' });
    await until('the move everywhere', () => doneEverywhere([a, b]));
    // Frozen in mid-move, as a gate that was cut off then would have it.
    const { board } = a.fleet.keeper;
    const move: Move = {
      ...{ id: 'm9', run: 'r1', app: null, shards: [7], from: 'RZ02', to: 'RZ01' },
      ...{ stateEpoch: board.epoch + 1, frozenAtMs: 0, freezeUntilMs: 1 },
      mode: 'no-freeze',
      state: 'caught-up',
    };
    const cut = scratch();
    const stored = toStored({ ...board, epoch: board.epoch + 1, moves: [move] });
    await new LastGood(join(cut, 'g-hz1')).save(stored);
    const gate = await alone(cut);
    const { ofShard } = gate.holder.current().placement.freezes;
    expect(ofShard[7]?.reason.code).toBe('write-frozen-lost');
    expect(ofShard.filter((f) => f !== undefined)).toHaveLength(1);
  });

  it('says so when its lease is over, and when it is good again', async () => {
    const directory = scratch();
    const store = openStore({ kind: 'file', directory: join(directory, 'board') }, () => undefined);
    let isDown = false;
    const beat = store.beat.bind(store);
    store.beat = (ack, leaseMs) =>
      isDown ? Promise.reject(new StoreError('out of reach')) : beat(ack, leaseMs);
    const times = { leaseMs: 300, beatMs: 50, pollMs: 100 };
    const gate = await testGate({
      ...{ name: 'g-hz1', idc: 'hz1', state: directory, store, settings: times },
    });
    await until('it to be in the fleet', () => !gate.holder.current().lost);
    isDown = true;
    await until('the lease to be over', () => gate.holder.current().lost);
    expect(gate.said.join()).toContain('lost the fleet');
    isDown = false;
    await until('the lease to be good', () => !gate.holder.current().lost);
  });
});

describe('a board that can’t be', () => {
  it('is refused whole, with an alarm, and told to the fleet', async () => {
    const directory = scratch();
    const [a, b] = await three(directory);
    const store = openStore({ kind: 'file', directory: join(directory, 'board') }, () => undefined);
    const owners = a.holder.current().rules.owners.map(() => 'GZ01');
    const signed = { by: 'eve', reason: 'x', atMs: 1 };
    const { board: before } = a.fleet.keeper;
    const bad = toStored({ ...before, ...signed, epoch: before.epoch + 1, owners });
    const line = { ...signed, gate: 'x', what: 'x', outcome: 'x', epoch: 1, overrides: [] };
    await store.commit(before.epoch, bad, line);
    await until('the alarm', () => b.fleet.keeper.alarms.has('unsafe'));
    expect(b.fleet.keeper.board.epoch).toBe(before.epoch);
    expect(b.fleet.standing().alarms.join()).toContain('which is a gzone');
    const gates = await until('the word on it', async () => {
      const all = await a.fleet.gates();
      return all.some((g) => g.gate === 'g-hz2' && g.trouble !== null) ? all : null;
    });
    expect(gates.find((g) => g.gate === 'g-hz2')?.trouble).toContain('not applied: one-owner');
  });
});
