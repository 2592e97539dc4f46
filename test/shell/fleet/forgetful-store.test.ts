/** A store that loses what it was told must not lead to a second writer. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EMPTY_BOARD, type GateInFleet, type Move } from '../../../src/failover/board.ts';
import { BoardKeeper } from '../../../src/shell/fleet/keeper.ts';
import { LastGood } from '../../../src/shell/fleet/last-good.ts';
import { openStore } from '../../../src/shell/fleet/open-store.ts';
import type { BoardStore, StoreEvents } from '../../../src/shell/fleet/store.ts';
import { toStored } from '../../../src/shell/fleet/stored-board.ts';
import { world } from '../../failover/fixture.ts';
import { scratch } from '../../support/config.ts';
import { obeyed, type TestGate, testGate } from '../../support/fleet.ts';
import { until } from '../../support/until.ts';

interface Tricked {
  readonly store: BoardStore;
  readonly events: () => StoreEvents;
  seen: (gates: readonly GateInFleet[]) => readonly GateInFleet[];
}

/** A file store whose list of gates is shown to one gate as the test wants it. */
function tricked(directory: string): Tricked {
  const store = openStore({ kind: 'file', directory: join(directory, 'board') }, () => undefined);
  let events: StoreEvents | null = null;
  const fleet = store.fleet.bind(store);
  const start = store.start.bind(store);
  const trick: Tricked = { store, events: () => events!, seen: (gates) => gates };
  store.fleet = async () => trick.seen(await fleet());
  store.start = (given) => {
    events = given;
    return start(given);
  };
  return trick;
}

/** The gate of hz2 holds a write of shard 47, whose zone stands there; that of hz1 is the steward. */
async function moving(): Promise<{ steward: TestGate; other: TestGate; trick: Tricked }> {
  const directory = scratch();
  const trick = tricked(directory);
  const plain = tricked(directory).store;
  const steward = await testGate({
    name: 'g-hz1',
    idc: 'hz1',
    store: trick.store,
    state: directory,
  });
  const other = await testGate({ name: 'g-hz2', idc: 'hz2', store: plain, state: directory });
  other.writes = (moves) => moves.length > 0;
  await until('both gates to be known', async () => (await steward.fleet.gates()).length === 2);
  await obeyed(steward, { do: 'move', shards: [47], to: 'RZ02' });
  await until('the wait', () => steward.said.some((s) => s.includes('waiting for g-hz2')));
  return { steward, other, trick };
}

const stateAt = (gate: TestGate): string | undefined => gate.fleet.keeper.board.moves[0]?.state;

it('waits for a gate that the store has forgotten, until somebody says that it is fenced', async () => {
  const { steward, trick } = await moving();
  trick.seen = (gates) => gates.filter((g) => g.gate !== 'g-hz2');
  trick.events().lost('gone for a moment');
  await until('the silent gate to be named', () =>
    steward.said.some((s) => s.includes('g-hz2 of the source’s IDC has lost the fleet')),
  );
  expect(stateAt(steward)).toBe('freeze-pushed');
});

it('lets a gate that has left be gone', async () => {
  const { steward, other } = await moving();
  await other.stop();
  await until('the move to be over', () =>
    steward.fleet.keeper.board.runs.every((r) => r.state === 'done'),
  );
});

it('does not take the word of a gate whose board of that epoch is another', async () => {
  const { steward, other, trick } = await moving();
  trick.seen = (gates) =>
    gates.map((g) => (g.gate === 'g-hz2' ? { ...g, digest: 'another', settled: g.epoch } : g));
  other.writes = () => false;
  other.fleet.keeper.settle();
  await until('the doubt', () =>
    steward.said.some((s) => /waiting for g-hz2 \(its board of epoch \d+ was never/.test(s)),
  );
  expect(stateAt(steward)).toBe('freeze-pushed');
});

it('acknowledges no freeze that it has first met later, while a write is under way', async () => {
  const disk = new LastGood(scratch());
  let busy = false;
  const keeper = new BoardKeeper(disk, {
    ...{ world, publish: () => undefined, alarm: () => undefined, changed: () => undefined },
    writesUnderWay: () => busy,
  });
  keeper.take(toStored({ ...EMPTY_BOARD, epoch: 12 }), 'its own history');
  busy = true;
  const move: Move = {
    ...{ id: 'm1', run: 'r1', app: null, shards: [7], from: 'RZ01', to: 'RZ02', mode: 'freeze' },
    ...{ state: 'freeze-pushed', stateEpoch: 10, frozenAtMs: 1, freezeUntilMs: 2 },
  };
  keeper.take(toStored({ ...EMPTY_BOARD, epoch: 13, moves: [move] }), 'another history');
  await until('the board on disk', () => keeper.acknowledged.epoch === 13);
  expect(keeper.acknowledged.settled).toBeLessThan(10);
  busy = false;
  keeper.settle();
  expect(keeper.acknowledged.settled).toBe(13);
});
