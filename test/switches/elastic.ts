/** Five shards out at the elastic zone and home again, under load. */
import type { Board } from '../../src/failover/board.ts';
import { until } from '../support/until.ts';
import type { Drill } from './drill.ts';
import { isFrozenWrite } from './load.ts';
import { type Loss, measured } from './phases.ts';
import type { Recorded } from './recorder.ts';

export const SHARDS: readonly number[] = [90, 91, 92, 93, 94];
const OUT = { do: 'pop-out', shards: SHARDS, to: 'EZ01' } as const;
const BACK = { do: 'pop-back', scope: { kind: 'zone', zone: 'EZ01' } } as const;
const NEVER_MS = 60_000;

const areAt = ({ owners }: Board, zone: string): boolean =>
  SHARDS.every((s) => owners?.[s] === zone);
const areHome = (board: Board): boolean =>
  areAt(board, 'RZ05') && board.switches.length === 0 && board.moves.length === 0;

/** Out, and home by command; the way back opens no sooner than the data follows. @returns faults */
export async function outAndBack(drill: Drill, stayMs: number): Promise<string[]> {
  await drill.order('out', OUT);
  await drill.pass(stayMs);
  drill.recorder.followsHome = false;
  drill.load.phase = 'way back not safe';
  const { run } = await drill.fleet.order('hz2', BACK);
  const faults = await verifies(drill, run, stayMs);
  drill.load.phase = 'back';
  drill.recorder.followsHome = true;
  await until(
    'the shards to be home',
    async () => areHome(await drill.fleet.board('hz1')),
    NEVER_MS,
  );
  await drill.pass(300);
  return faults;
}

/** For so long it waits, says why, and freezes nothing. */
async function verifies(drill: Drill, run: string, forMs: number): Promise<string[]> {
  await until(
    'the way back to be asked for',
    async () => (await drill.fleet.board('hz2')).moves.length > 0,
  );
  await drill.pass(forMs);
  const { waitsFor } = await drill.fleet.ask<{ waitsFor: string | null }>('hz1', `/v1/runs/${run}`);
  const board = await drill.fleet.board('sh1');
  const faults: string[] = [];
  if (waitsFor?.startsWith('the way back is not safe yet') !== true)
    faults.push(`the way back waits for ${String(waitsFor)}`);
  if (!areAt(board, 'EZ01') || board.moves.some((m) => m.state !== 'verifying'))
    faults.push(`a way back that is not safe has begun: ${JSON.stringify(board.moves)}`);
  const frozen = drill.load.sent.filter((s) => s.phase === 'way back not safe' && isFrozenWrite(s));
  if (frozen.length > 0) faults.push(`frozen before it is safe: ${JSON.stringify(frozen[0])}`);
  return faults;
}

/** The one app that the load speaks to, out and home; its shards stay. @returns faults */
export async function appOutAndBack(drill: Drill, stayMs: number): Promise<string[]> {
  await drill.order('app out', { ...OUT, app: 'shop' });
  const { owners, appOwners } = await drill.fleet.board('hz1');
  const stays = SHARDS.every((s) => owners?.[s] === 'RZ05');
  const isOut = appOwners.length === SHARDS.length && appOwners.every((o) => o.zone === 'EZ01');
  await drill.pass(stayMs);
  await drill.order('app back', BACK);
  return stays && isOut ? [] : [`one app is not out alone: ${JSON.stringify(appOwners)}`];
}

/** What a data layer would refuse that keeps the highest epoch it has seen of an owner. */
export function fallingEpochs(records: readonly Recorded[]): string[] {
  const highest = new Map<number, number>();
  const writes = records.filter((r) => r.isWrite).toSorted((a, b) => a.startMs - b.startMs);
  return writes.flatMap((r) => {
    const known = highest.get(r.shard) ?? -1;
    highest.set(r.shard, Math.max(known, r.ownerEpoch));
    return r.ownerEpoch < known ? [`shard ${r.shard}: ${r.ownerEpoch} after ${known}`] : [];
  });
}

/** Out by stages, for so long, and nobody says another word. */
export async function window(drill: Drill, forS: number): Promise<void> {
  await drill.order('out for a window', { ...OUT, pace: [2], soakS: 1, until: `${forS}s` });
  drill.load.phase = 'window ends';
  await until('the window to end', async () => areHome(await drill.fleet.board('sh1')), NEVER_MS);
  await drill.pass(300);
}

/** The zone dies with its users, and the declared policy brings them home. */
export async function lostElastic(drill: Drill): Promise<Loss> {
  await drill.order('out', OUT);
  await drill.settled();
  drill.load.phase = 'elastic zone lost';
  const lostMs = Date.now();
  drill.recorder.killZone('EZ01');
  await until('the policy to act', async () => areHome(await drill.fleet.board('hz2')), NEVER_MS);
  await drill.pass(300);
  const loss = await measured(drill, 'elastic zone lost', lostMs, (s) => SHARDS.includes(s.shard));
  drill.load.phase = 'elastic zone back';
  await drill.recorder.reviveZone('EZ01');
  await drill.pass(300);
  return loss;
}
