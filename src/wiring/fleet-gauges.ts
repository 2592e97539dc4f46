import type { Fleet } from '../shell/fleet/fleet.ts';
import type { FleetGauges } from '../shell/observe/fleet-metrics.ts';
import type { Snapshot } from '../snapshot/index.ts';

export function fleetGauges(fleet: Fleet, { placement, board }: Snapshot): FleetGauges {
  const standing = fleet.standing();
  const living = fleet.knownGates.filter((g) => g.leaseLeftMs > 0);
  return {
    epoch: board.epoch,
    settled: fleet.keeper.acknowledged.settled,
    stale: standing.stale,
    neverSynced: standing.neverSynced,
    lost: fleet.lost,
    storeUp: fleet.storeUp,
    frozenShards: placement.freezes.ofShard.filter((f) => f !== undefined).length,
    moves: board.moves.length,
    alarms: fleet.keeper.alarmCounts,
    alarmsNow: standing.alarms.length,
    gates: living.length,
    stragglers: living.filter((g) => g.epoch < board.epoch).length,
  };
}

/** For `/status`: where this gate stands, in words. */
export function fleetStatus(fleet: Fleet, { board }: Snapshot): unknown {
  const { switches, moves, runs, overrides, by, reason, atMs } = board;
  return {
    ...fleet.standing(),
    lost: fleet.lost,
    lastChange: { by, reason, at: new Date(atMs).toISOString() },
    switches: switches.length,
    moves: moves.length,
    runs: runs
      .filter((r) => r.endedAtMs === null)
      .map(({ id, name, state }) => ({ id, name, state })),
    overrides: overrides.map((o) => o.rule),
  };
}
