/**
 * A request that another gate has decided and signed. Serve it here or refuse it; never send it on,
 * so a request crosses at most one border between IDCs.
 */
import { PLACE } from '../failover/reasons.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { ZoneId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { HandOver } from '../peer/hand-over.ts';
import { HOP } from '../peer/reasons.ts';
import { GROUP } from '../release/index.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { type Placed, place } from './place.ts';
import type { User } from './user.ts';

export interface Received {
  readonly placed: Placed;
  readonly hopReason: Reason;
}

/** null: not served here, or no longer. */
export function receive(
  facts: RequestFacts,
  handOver: HandOver,
  route: Route,
  user: User,
  snapshot: Snapshot,
): Received | null {
  const known = user.shard !== null || user.pin !== null;
  const newer = handOver.epoch < snapshot.epoch && handOver.how === 'table';
  if (newer && known && route.zoneType === 'rzone') {
    const now = place(facts, route, user, snapshot);
    if (now?.target.via !== 'local') return null;
    const same = now.target.zone.id === handOver.zone;
    return { placed: now, hopReason: same ? HOP.obeyed : HOP.redecided };
  }
  const zone = snapshot.topology.zones.get(handOver.zone as ZoneId);
  const group = zone?.groups.find((g) => g.id === handOver.group);
  const target = group && snapshot.targets.get(facts.entryIdc)?.get(group);
  if (target?.via !== 'local' || !target.group.endpoints.has(route.app)) return null;
  const placed = {
    target,
    placeReason: PLACE.handedOver,
    groupReason: GROUP.handedOver,
    provisional: handOver.how === 'random',
  };
  return { placed, hopReason: HOP.obeyed };
}
