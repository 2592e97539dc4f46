/** `/upstreams`: what is declared, what is measured, what is under way; each by its own name. */
import type { Endpoint } from '../shell/upstream/endpoint.ts';
import type { Upstreams } from '../shell/upstream/index.ts';
import type { Roster } from '../shell/upstream/roster.ts';
import type { ZoneLoad } from '../shell/upstream/zone-load.ts';

export function upstreamsView(upstreams: Upstreams, nowMs: number): unknown {
  return {
    rosters: [...upstreams.rosters()].map((r) => rosterView(r, nowMs)),
    loads: [...upstreams.loads()].map(loadView),
  };
}

const rosterView = (roster: Roster, nowMs: number): unknown => ({
  name: roster.name,
  balance: roster.policy.balance.by,
  nobodyUsableSoAllAreTried: roster.desperate,
  endpoints: roster.shares.map(({ endpoint, weight }) => ({
    address: endpoint.address.text,
    ...(endpoint.ip === endpoint.address.host ? {} : { ip: endpoint.ip }),
    /** What people have ordered. */
    orders: { weight },
    /** What was measured. */
    health: healthView(endpoint, nowMs),
    underWay: {
      requests: endpoint.active,
      repeated: endpoint.retrying,
      dialling: endpoint.dialling,
      connections: endpoint.open,
      idle: endpoint.idle,
    },
  })),
});

function healthView({ health, usable }: Endpoint, nowMs: number): unknown {
  const ejected = health.ejectedUntilMs > 0;
  return {
    usable,
    probe: health.probe,
    ...(health.probe === 'down' ? { probeFailure: health.probeFailure } : {}),
    ejections: health.ejections,
    ...(ejected ? { ejectedForMs: Math.max(0, health.ejectedUntilMs - nowMs) } : {}),
  };
}

const loadView = (load: ZoneLoad): unknown => ({
  name: load.name,
  requests: load.active,
  repeated: load.retrying,
  waiting: load.waiting,
  waited: load.waited,
  refused: load.refused,
  ...(load.adaptive === null
    ? {}
    : {
        adaptive: {
          limit: Math.round(load.adaptive.limit),
          undisturbedMs: Math.round(load.adaptive.undisturbedMs * 1000) / 1000,
        },
      }),
});
