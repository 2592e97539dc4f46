/** The target of a request: as handed over, as an operator forces it, or as it is placed. */
import { PLACE } from '../failover/reasons.ts';
import type { ZoneId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import { FORCED_GROUP_HEADER, FORCED_ZONE_HEADER } from '../peer/index.ts';
import { HOP } from '../peer/reasons.ts';
import { GROUP } from '../release/reasons.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { receive } from './hand-over.ts';
import { type Asking, inZone, type Placed, place } from './place.ts';
import { byTable, type Caller, inScene } from './stress.ts';

export interface Found {
  readonly placed: Placed;
  readonly hopReason: Reason;
}
export type Settled =
  | Found
  | { readonly placed: null; readonly status: 400 | 403 | 421 | 503; readonly reason: Reason };

const REFUSED: Settled = { placed: null, status: 421, reason: HOP.refused };
const NOWHERE: Settled = { placed: null, status: 503, reason: PLACE.nowhere };
const UNKNOWN: Settled = { placed: null, status: 400, reason: PLACE.forcedUnknown };
const GROUP_UNKNOWN: Settled = { placed: null, status: 400, reason: GROUP.forcedUnknown };

/** The target: as handed over, as forced, or as placed. */
export function settle(asking: Asking, snapshot: Snapshot, speaker: Caller): Settled {
  if (speaker.handOver !== null) return receive(asking, speaker.handOver, snapshot) ?? REFUSED;
  const { facts, scene } = asking;
  const isOperator = speaker.from === 'operator';
  const forced = isOperator ? facts.header(FORCED_ZONE_HEADER) : undefined;
  const found = forced === undefined ? placeAny(asking, snapshot) : force(forced, asking, snapshot);
  if (found === null) return forced === undefined ? NOWHERE : UNKNOWN;
  const group = isOperator ? facts.header(FORCED_GROUP_HEADER) : undefined;
  const wanted = group === undefined ? found : forceGroup(group, found, asking, snapshot);
  if (wanted === null) return GROUP_UNKNOWN;
  const placed = scene === null ? wanted : inScene(wanted, asking, scene, snapshot);
  if ('status' in placed) return { placed: null, ...placed };
  return { placed, hopReason: placed.target.via === 'local' ? HOP.local : HOP.peer };
}

/** A scene with a table of its own keeps to it. */
function placeAny(asking: Asking, snapshot: Snapshot): Placed | null {
  const owners = asking.route.zoneType === 'rzone' ? (asking.scene?.owners ?? null) : null;
  return owners === null ? place(asking, snapshot) : byTable(asking, owners, snapshot);
}

/** Even one that takes nobody by weight: that is how it is tried. */
function forceGroup(
  name: string,
  { target, placeReason, provisional }: Placed,
  { facts, route }: Asking,
  snapshot: Snapshot,
): Placed | null {
  const group = target.zone.groups.find((g) => g.id === name && g.endpoints.has(route.app));
  const forced = group && snapshot.targets.get(facts.entryIdc)?.get(group);
  if (forced === undefined) return null;
  return { target: forced, placeReason, groupReason: GROUP.forced, provisional, gray: null };
}

/** An operator's word beats the table, but can't invent a zone or send a user to an app that is not there. */
function force(name: string, asking: Asking, snapshot: Snapshot): Placed | null {
  const { route } = asking;
  const zone = snapshot.topology.zones.get(name as ZoneId);
  if (zone?.groups.every((g) => g.endpoints.has(route.app)) !== true) return null;
  return inZone(zone, PLACE.forced, asking, snapshot);
}
