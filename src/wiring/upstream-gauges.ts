import type { UpstreamGauges } from '../shell/observe/upstream-metrics.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';
import type { UpstreamSide } from './upstream-side.ts';

/** What the metrics ask of the upstream side at a scrape. */
export const upstreamGauges = (gateway: Gateway, side: UpstreamSide): UpstreamGauges => ({
  endpoints: () =>
    [...gateway.upstreams.endpoints()].map((e) => ({
      app: e.scope,
      address: e.address.text,
      open: e.open,
      idle: e.idle,
      usable: e.usable,
      ejections: e.health.ejections,
    })),
  loads: () =>
    [...gateway.upstreams.loads()].map((l) => ({
      zone: l.zone,
      app: l.app,
      active: l.active,
      waiting: l.waiting,
      waited: l.waited,
      refused: l.refused,
      adaptiveLimit: l.adaptive?.limit ?? null,
    })),
  probes: () => ({ ...side.prober.counts }),
  pressure: () => gateway.pressure.value,
  shed: () => gateway.pressure.shed,
});
