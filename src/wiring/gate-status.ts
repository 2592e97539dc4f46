/** For `/status`: one gate, where it stands, in words. */
import type { IdcId } from '../model/ids.ts';
import type { Issue } from '../model/issue.ts';
import type { RateStatus } from '../rate/status.ts';
import type { Fleet } from '../shell/fleet/fleet.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { fleetStatus } from './fleet-gauges.ts';

export interface LastReload {
  readonly ok: boolean;
  readonly atMs: number;
  readonly successAtMs: number;
  readonly issues: readonly Issue[];
}

interface GateFacts {
  readonly idc: IdcId;
  readonly version: string;
  readonly directory: string;
  readonly startedAtMs: number;
  readonly draining: boolean;
  readonly snapshot: Snapshot;
  readonly fleet: Fleet | null;
  readonly lastReload: LastReload;
  /** null: none are declared. */
  readonly rates: RateStatus | null;
  /** Connections open now. */
  readonly clients: number;
  readonly gateway: Gateway;
}

export function gateStatus(gate: GateFacts): unknown {
  const { idc, version, directory, snapshot, fleet, lastReload, gateway } = gate;
  return {
    idc,
    city: snapshot.topology.idcs.get(idc)?.city,
    version,
    node: process.version,
    pid: process.pid,
    startedAt: new Date(gate.startedAtMs).toISOString(),
    draining: gate.draining,
    fleet: fleet === null ? null : fleetStatus(fleet, snapshot),
    epoch: snapshot.epoch,
    rates: gate.rates,
    config: {
      directory,
      digest: snapshot.digest,
      lastReload: {
        ok: lastReload.ok,
        at: new Date(lastReload.atMs).toISOString(),
        issues: lastReload.issues,
      },
    },
    connections: {
      clients: gate.clients,
      upstreams: [...gateway.upstreams.endpoints()].reduce((sum, e) => sum + e.open, 0),
    },
  };
}
