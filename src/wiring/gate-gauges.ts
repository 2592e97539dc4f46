/** What metrics read off a gate at the moment of a scrape. */
import type { Fleet } from '../shell/fleet/fleet.ts';
import type { Mirrors } from '../shell/mirror/index.ts';
import type { BatchWriter } from '../shell/observe/batch-writer.ts';
import type { Gauges } from '../shell/observe/exposition.ts';
import type { Observer } from '../shell/observe/index.ts';
import type { Edge } from '../shell/proxy/edge.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { type FirewallParts, firewallGauges } from './firewall/index.ts';
import { fleetGauges } from './fleet-gauges.ts';
import type { LaneLog } from './lane-log.ts';
import { mirrorGauges } from './mirror-side.ts';
import { rateGauges } from './rate/gauges.ts';
import type { RateSide } from './rate/index.ts';
import { stressGauges } from './stress-side.ts';
import { upstreamGauges } from './upstream-gauges.ts';
import type { UpstreamSide } from './upstream-side.ts';

export interface GateParts {
  readonly gateway: Gateway;
  readonly upstreamSide: UpstreamSide;
  readonly observer: Observer;
  readonly accessLog: BatchWriter | null;
  readonly laneLog: LaneLog;
  readonly mirrors: Mirrors;
  readonly firewall: FirewallParts;
  readonly rates: RateSide;
  readonly fleet: Fleet | null;
  readonly current: () => Snapshot;
  /** null until it listens. */
  readonly edge: () => Edge | null;
  lastReload(): { readonly ok: boolean; readonly successAtMs: number };
}

export function gateGauges(gate: GateParts): Gauges {
  const { gateway, upstreamSide, observer, accessLog, laneLog, fleet, current, edge } = gate;
  return {
    clientConnections: () => edge()?.connections ?? 0,
    refusedConnections: () => edge()?.admission.refused ?? {},
    tunnels: () => edge()?.tunnels ?? 0,
    stragglers: () => ({ ...edge()?.stragglers.ended }),
    releases: () => observer.releases.read(performance.now()),
    upstreams: upstreamGauges(gateway, upstreamSide),
    repeatedRouting: () => gateway.repeatedRouting,
    stress: stressGauges(gateway),
    mirrors: mirrorGauges(gate.mirrors, current),
    firewall: firewallGauges(gate.firewall),
    rates: rateGauges(gate.rates, current),
    logLinesDropped: () => (accessLog?.dropped ?? 0) + laneLog.dropped,
    epoch: () => current().epoch,
    fleet: () => (fleet === null ? null : fleetGauges(fleet, current())),
    digest: () => current().digest,
    lastReload: () => gate.lastReload(),
  };
}
