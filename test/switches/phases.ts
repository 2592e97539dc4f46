/** What is done to the fleet under load: switches as planned, and losses. */
import { until } from '../support/until.ts';
import type { Drill } from './drill.ts';
import { IDCS } from './gates.ts';
import { isFrozenWrite, type Sent } from './load.ts';

const zone = { kind: 'zone', zone: 'RZ01' } as const;
const idc = { kind: 'idc', idc: 'hz1' } as const;
const city = { kind: 'city', city: 'hangzhou' } as const;
/** Users live without service for so long before somebody gives the order. */
const UNNOTICED_MS = 500;

export async function planned(drill: Drill): Promise<void> {
  const { soakS } = drill.options;
  await drill.order('drain zone', { do: 'drain', scope: zone, pace: [1, 5, 25], soakS });
  await drill.order('restore zone', { do: 'restore', scope: zone });
  await drill.order('failover zone', { do: 'failover', scope: zone });
  await drill.order('restore zone', { do: 'restore', scope: zone });
  await drill.order('failover idc', { do: 'failover', scope: idc });
  await drill.order('restore idc', { do: 'restore', scope: idc });
  await drill.order('failover city', { do: 'failover', scope: city });
  await drill.order('restore city', { do: 'restore', scope: city });
}

export interface Loss {
  readonly what: string;
  /** Failed requests of users who lived where the loss was, or that entered there. */
  readonly hit: number;
  /** Failed requests of everybody else. */
  readonly others: readonly Sent[];
  /** From the command to the end of the last failure of a user who was hit. */
  readonly backMs: number;
}

export async function lostZone(drill: Drill): Promise<Loss> {
  await drill.settled();
  drill.load.phase = 'zone lost';
  drill.recorder.killZone('RZ01');
  await drill.pass(UNNOTICED_MS);
  const commandMs = await drill.order('zone lost', { do: 'failover', scope: zone });
  const loss = await measured(drill, 'zone lost', commandMs, (s) => s.shard < 20);
  await drill.recorder.reviveZone('RZ01');
  await drill.order('zone back', { do: 'restore', scope: zone });
  return loss;
}

/** With the gate goes the way into its IDC, so users of both zones there are hit. */
export async function lostGate(drill: Drill): Promise<Loss> {
  await drill.settled();
  drill.load.phase = 'gate lost';
  const killed = drill.fleet.killGate('hz1');
  drill.load.enterAt(drill.entrances(['hz2', 'sh1']));
  await killed;
  const { epoch } = await drill.fleet.board('hz2');
  drill.recorder.fence(['RZ01', 'RZ02'], epoch);
  await drill.pass(UNNOTICED_MS);
  const fenced = [drill.fleet.nameOf('hz1')];
  const failover = { do: 'failover', scope: idc, fenced };
  const commandMs = await drill.order('gate lost', failover, 'hz1');
  const hit = (s: Sent): boolean => s.shard < 40 || s.gate === 'hz1';
  const loss = await measured(drill, 'gate lost', commandMs, hit);
  await drill.fleet.startGate('hz1');
  drill.load.enterAt(drill.entrances(IDCS));
  await drill.order('gate back', { do: 'restore', scope: idc });
  return loss;
}

export async function measured(
  drill: Drill,
  phase: string,
  commandMs: number,
  isHit: (s: Sent) => boolean,
): Promise<Loss> {
  await drill.settled();
  const failed = drill.load.sent.filter(
    (s) => s.phase === phase && s.status !== 200 && !isFrozenWrite(s),
  );
  const hit = failed.filter(isHit);
  const last = Math.max(commandMs, ...hit.map((s) => s.endMs));
  const others = failed.filter((s) => !isHit(s));
  return { what: phase, hit: hit.length, others, backMs: last - commandMs };
}

/** Gates stand still at random, some beyond their lease: then they may refuse, but nothing more. */
export async function stallingGates(drill: Drill, rounds: number): Promise<void> {
  const end = new AbortController();
  const stalls = (async () => {
    while (!end.signal.aborted) {
      const gate = drill.fleet.processes.get(drill.nextGate())!;
      gate.kill('SIGSTOP');
      await drill.pass(200 + Math.random() * 3500);
      gate.kill('SIGCONT');
      await drill.pass(300 + Math.random() * 900);
    }
  })();
  for (let i = 0; i < rounds; i++) {
    await drill.order('gates stall', { do: 'failover', scope: idc });
    await drill.order('gates stall', { do: 'restore', scope: idc });
  }
  end.abort();
  await stalls;
  await drill.settled();
}

/** The store is emptied while shards are under way, and somebody reasserts as early as can be. */
export async function lostStoreInMidRun(drill: Drill): Promise<void> {
  const { fleet } = drill;
  const done = drill.order('store lost in mid-run', { do: 'failover', scope: idc });
  await until('shards to be under way', async () => (await fleet.board('sh1')).moves.length > 0);
  // So that the trail is whole to the last change.
  await fleet.redis.command('CLIENT', 'PAUSE', '60000', 'WRITE');
  await drill.keepTrail();
  await fleet.redis.kill();
  await fleet.redis.start();
  const epochs = await Promise.all(
    IDCS.map(async (at) => ({ at, epoch: (await fleet.standing(at)).epoch })),
  );
  const [newest] = epochs.toSorted((a, b) => b.epoch - a.epoch);
  await until('the board to be asserted', async () => {
    const [status] = await fleet.post(newest!.at, '/v1/reassert', {});
    return status === 200;
  });
  await done;
  await drill.order('store lost in mid-run', { do: 'restore', scope: idc });
}

/** @returns what the gates should have said of it, and did not */
export async function lostStore(drill: Drill): Promise<string[]> {
  const missing: string[] = [];
  await drill.keepTrail();
  const { fleet, load } = drill;
  load.phase = 'store lost';
  await fleet.redis.kill();
  for (const at of IDCS) {
    await until(`gate ${at} to say that it is stale`, async () => {
      const { fleet: said } = await fleet.ask<{ fleet: { stale: boolean } }>(at, '/status');
      return said.stale;
    });
    const ready = await fetch(`${fleet.admin(at)}/readyz`);
    const text = await ready.text();
    if (ready.status !== 200 || !text.includes('stale'))
      missing.push(`/readyz of ${at} says ${ready.status} ${text}`);
  }
  await drill.pass(1000);
  load.phase = 'store back, empty';
  await fleet.redis.start();
  await until('the alarm', async () => {
    const { standing } = await fleet.ask<{ standing: { alarms: string[] } }>('hz2', '/v1/board');
    return standing.alarms.some((a) => a.includes('behind epoch'));
  });
  const [status, said] = await fleet.post('hz2', '/v1/reassert', {});
  if (status !== 200) missing.push(`reassert: ${status} ${String(said.detail)}`);
  await until('all gates to be content', async () => {
    const boards = await Promise.all(IDCS.map((at) => fleet.standing(at)));
    return boards.every((b) => b.alarms.length === 0 && b.epoch === boards[0]!.epoch && !b.stale);
  });
  await drill.order('failover zone', { do: 'failover', scope: zone });
  await drill.order('restore zone', { do: 'restore', scope: zone });
  return missing;
}
