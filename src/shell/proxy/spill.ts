/** Which target takes a request when nobody in the first one is healthy: by what the route allows. */
import type { Forward } from '../../decide/decision.ts';
import { SPILL } from '../../failover/reasons.ts';
import type { Snapshot, Target } from '../../snapshot/index.ts';
import type { Upstreams, Way } from '../upstream/index.ts';

/** @returns the decision, with the target that it spills to; null: nobody is healthy, and nobody is to be asked */
export function byHealth(
  decision: Forward,
  upstreams: Upstreams,
  snapshot: Snapshot,
): Forward | null {
  const { route, targets } = decision;
  if (route.onNoHealthy === 'panic') return decision;
  const healthy = (target: Target): boolean => {
    const way = upstreams.wayOf(target, route.app, snapshot);
    return way !== undefined && isHealthy(way);
  };
  const found = targets.find(healthy);
  if (found === undefined) return null;
  if (found === targets[0]) return decision;
  const why = [...decision.why, SPILL.spilled];
  return { ...decision, targets: [found], spilledFrom: targets[0], reason: SPILL.spilled, why };
}

const isHealthy = ({ roster }: Way): boolean => !roster.desperate && roster.size > 0;
