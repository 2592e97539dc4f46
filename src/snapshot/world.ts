/** What the safety rules look at, of a snapshot. */
import { fleetSchema } from '../failover/fleet-schema.ts';
import type { World } from '../failover/safety.ts';
import type { Snapshot } from './index.ts';

/** Where no fleet is declared, a plan is judged by what one would say that says nothing. */
const DEFAULTS: World['settings'] = {
  safety: fleetSchema.shape.safety.parse({}),
  freeze: fleetSchema.shape.freeze.parse({}),
};

/** @param measuredRps of all users together, where no peak is declared; null: nobody knows */
export function worldOf(
  snapshot: Snapshot,
  measuredRps: number | null,
  settings: World['settings'] = snapshot.fleet ?? DEFAULTS,
): World {
  const { topology, rules, userApps } = snapshot;
  const rps = settings.safety.peakRps ?? measuredRps;
  const { count } = topology.sharding;
  const shardRps = rps === null || count === 0 ? null : rps / count;
  const scenes = new Set(snapshot.stress?.scenes.keys());
  return { topology, rules, userApps, settings, shardRps, scenes };
}
