/**
 * What may happen by itself when a zone is lost. Nothing, unless a policy names the zone; then a
 * proposal that a person starts, or a failover. Slow to begin (`forS`), at most once in `dwellS`, never
 * more shards than declared, and never back: who was failed over is restored by a person. From an
 * elastic zone the way is home: what is on loan there goes back to where it was taken from.
 */
import type { ZoneId } from '../model/ids.ts';
import type { Board, GateInFleet, Signature } from './board.ts';
import { changed, numbered, withRun } from './change.ts';
import type { FleetSettings } from './compile-fleet.ts';
import { forecast } from './forecast.ts';
import { busyShard, planLegs } from './legs.ts';
import type { Sight } from './move.ts';
import { holdingsOf } from './owners.ts';
import { FRESH } from './reverse.ts';
import { isOver, type Leg, type MoveStep, type Run } from './run.ts';
import type { World } from './safety.ts';

/** In the place of a person. */
const AUTOMATIC = 'zonegate';

type Policy = FleetSettings['automatic'][number];

export interface Acted {
  readonly board: Board;
  readonly what: string;
}

/**
 * @param unwellSinceMs by zone: since when it has been unwell, as `watch` keeps it
 * @returns a board with one more run; null when there is nothing to do
 */
export function actByItself(
  board: Board,
  policies: readonly Policy[],
  unwellSinceMs: ReadonlyMap<string, number>,
  world: World,
  sight: Sight,
): Acted | null {
  for (const policy of policies) {
    for (const zone of policy.zones) {
      const since = unwellSinceMs.get(zone);
      if (since === undefined || sight.nowMs - since < policy.forS * 1000) continue;
      const acted = act(board, policy, zone, world, sight);
      if (acted !== null) return acted;
    }
  }
  return null;
}

function act(board: Board, policy: Policy, zone: string, world: World, sight: Sight): Acted | null {
  const shards = holdingsOf(board, world.rules, zone).flatMap((h) => h.shards);
  if (shards.length === 0 || isDwelling(board, policy, zone, sight.nowMs)) return null;
  const isElastic = world.topology.zones.get(zone as ZoneId)?.type === 'elastic';
  const step = isElastic ? returnOf(zone) : failoverOf(zone);
  const legs = planLegs(step, board, world, []);
  if (!legs.ok || (isElastic && legs.value.length === 0)) return null;
  const starts = policy.act !== 'propose' && shards.length + underWay(board) <= policy.maxShards;
  const freed = starts && policy.act === 'return' ? letGo(board, zone, legs.value, sight) : null;
  // A way back is given up for one that can go, not for nothing.
  const free = freed === null ? board : withoutVain(board, zone);
  if (busyShard(legs.value, free, '') !== null) return null;
  const { id, nextId } = numbered(board, 'r');
  const reason = `zone ${zone}: fewer than ${policy.usableBelowPercent} % of its endpoints usable for ${policy.forS} s`;
  const signature: Signature = { by: AUTOMATIC, reason, atMs: sight.nowMs };
  const run: Run = {
    ...{
      id,
      name: `${step.do} zone ${zone} by itself`,
      level: 'zone',
      steps: [step],
      onTrouble: 'hold',
    },
    ...signature,
    ...FRESH,
    ...{ approvals: [AUTOMATIC], fenced: [], steward: sight.me },
    ...{ overrode: [], overrodeUntilMs: 0 },
    ...{ returnAfterS: null, untilMs: null },
    state: starts ? 'running' : 'waiting',
    note: starts ? '' : `proposed: approve ${id} starts it, abort ${id} dismisses it`,
  };
  const next = changed(free, { runs: [...free.runs, run], nextId }, signature);
  // What would be refused is not even proposed: it would be proposed for ever.
  if (forecast(next, id, world).stopped !== null) return null;
  if (freed !== null) return freed;
  return { board: next, what: `${starts ? 'started' : 'proposed'} ${run.name}` };
}

/**
 * A way back that waits for data which a dead zone will never send gives its shards up, so that they
 * can go home the other way: reads at once, writes when the data is known to be level.
 */
function letGo(board: Board, zone: string, legs: readonly Leg[], sight: Sight): Acted | null {
  const mine = new Set(legs.flatMap((l) => l.shards));
  for (const run of board.runs) {
    const waiting = inVain(board, run, zone);
    if (!waiting.some((l) => l.shards.some((s) => mine.has(s)))) continue;
    const note = `zone ${zone} is lost: its shards go home without it`;
    const signature: Signature = { by: AUTOMATIC, reason: note, atMs: sight.nowMs };
    const over: Run = { ...run, state: 'aborting', onTrouble: 'hold', note };
    const next = changed(board, { runs: withRun(board, over) }, signature);
    return { board: next, what: `run ${run.id}: aborted: ${note}` };
  }
  return null;
}

/** As if all of them had let go. */
function withoutVain(board: Board, zone: string): Board {
  const runs = board.runs.filter((r) => inVain(board, r, zone).length === 0);
  const ids = new Set(runs.map((r) => r.id));
  return { ...board, runs, moves: board.moves.filter((m) => ids.has(m.run)) };
}

/**
 * What a way back still has to bring from there: it verifies, or its freeze has come to nothing and it
 * holds. One that asks nothing of the zone, or that this room has begun, is no such.
 */
function inVain(board: Board, run: Run, zone: string): readonly Leg[] {
  const step = run.steps[run.at];
  if (isOver(run) || run.state === 'aborting' || run.by === AUTOMATIC) return [];
  if (step?.do !== 'pop-back' || step.mode !== 'freeze') return [];
  const moves = board.moves.filter((m) => m.run === run.id);
  if (moves.some((m) => m.state !== 'verifying')) return [];
  const held = run.state === 'holding' ? (run.queue ?? []) : [];
  return (moves.length > 0 ? moves : held).filter((l) => l.from === zone);
}

const returnOf = (zone: string): MoveStep => ({
  ...failoverOf(zone),
  do: 'pop-back',
  mode: 'reads-only',
});

const failoverOf = (zone: string): MoveStep => ({
  do: 'failover',
  scope: { kind: 'zone', zone },
  app: null,
  ...{ to: 'partner', percent: 100, pace: [], soakS: 0, mode: 'freeze' },
  stopWhen: { errorPercent: null },
  exact: false,
});

/**
 * Something was done, or proposed, for the zone a short while ago, or still is. That somebody has
 * popped back what was out says nothing of what is out now.
 */
function isDwelling(board: Board, policy: Policy, zone: string, nowMs: number): boolean {
  return board.runs.some((r) => {
    const spoken = r.steps.filter(
      (s) => 'scope' in s && s.scope.kind === 'zone' && s.scope.zone === zone,
    );
    if (spoken.length === 0) return false;
    if (!isOver(r)) return policy.act !== 'return' || inVain(board, r, zone).length === 0;
    if (r.by !== AUTOMATIC && spoken.every((s) => s.do === 'pop-back')) return false;
    return nowMs - (r.endedAtMs ?? r.atMs) < policy.dwellS * 1000;
  });
}

/** Shards that move by themselves at this moment. */
const underWay = (board: Board): number =>
  board.runs
    .filter((r) => r.by === AUTOMATIC && r.state === 'running')
    .flatMap((r) => [...(r.queue ?? []), ...board.moves.filter((m) => m.run === r.id)])
    .reduce((sum, leg) => sum + leg.shards.length, 0);

/** Keeps since when each zone of a policy has been unwell; well again for a moment begins anew. */
export function watch(
  unwellSinceMs: Map<string, number>,
  policies: readonly Policy[],
  world: World,
  gates: readonly GateInFleet[],
  nowMs: number,
): void {
  for (const { zones, usableBelowPercent } of policies) {
    for (const zone of zones) {
      const idc = world.topology.zones.get(zone as ZoneId)?.idc;
      const near = gates.filter((g) => g.idc === idc && g.leaseLeftMs > 0);
      const usable = near.map((g) => g.zones[zone]?.usable ?? null).filter((u) => u !== null);
      // Nobody there to ask: the IDC is cut off, or gone. One gate that has not measured yet is no sign.
      const unwell =
        near.length === 0
          ? gates.some((g) => g.idc === idc)
          : usable.length > 0 && Math.max(...usable) * 100 < usableBelowPercent;
      if (!unwell) unwellSinceMs.delete(zone);
      else if (!unwellSinceMs.has(zone)) unwellSinceMs.set(zone, nowMs);
    }
  }
}
