/** The Rates document among the others: names it may speak of, keys it signs with, the store it needs. */
import type { FleetSettings } from '../failover/compile-fleet.ts';
import type { GateSettings } from '../gate/compile-gate.ts';
import type { Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import { compileRate } from '../rate/compile-rate.ts';
import type { ProofSettings, RateRoom } from '../rate/index.ts';
import { type RateDoc, rateSchema } from '../rate/rate-schema.ts';
import type { RouteTable } from '../route/index.ts';

interface Others {
  readonly gate: GateSettings;
  readonly routes: RouteTable;
  readonly fleet: FleetSettings | null;
}

export function compileRates(doc: RateDoc, others: Others, report: Report): RateRoom {
  const { routes } = others.routes;
  const world = {
    keys: others.gate.keys.cookie,
    routes: new Set(routes.map((r) => r.name)),
    apps: new Set<string>(routes.map((r) => r.app)),
  };
  const room = compileRate(doc, world, report);
  if (others.fleet?.store.kind !== 'redis')
    for (const [name, { scope }] of Object.entries(doc.rates))
      if (scope === 'fleet')
        report.warn(
          ['rates', name, 'scope'],
          'not-shared',
          'gates share their counts by the fleet’s Redis, and none is declared: each counts for itself',
          { expected: 'store: { redis: … } in the Fleet document' },
        );
  return room;
}

/** Where a firewall asks for a challenge, and no Rates document says how proofs are made. */
export const proofSettings = (keys: KeyRing): ProofSettings => ({
  ...rateSchema.parse({}).proof,
  keys,
});
