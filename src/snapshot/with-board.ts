/** What is ordered, joined to what is declared: all of a snapshot that hangs on the board, made anew. */
import { type Board, EMPTY_BOARD } from '../failover/board.ts';
import { type Placement, resolve } from '../failover/index.ts';
import type { ShardId } from '../model/ids.ts';
import { shardOf } from '../uid-router/index.ts';
import type { Pin } from '../zone/compile-rules.ts';
import type { Zone } from '../zone/topology.ts';
import { FirewallOrders } from './firewall-orders.ts';
import type { Snapshot } from './index.ts';
import { liveMirrors } from './live-mirrors.ts';

type Ordered = Pick<
  Snapshot,
  | 'board'
  | 'lost'
  | 'placement'
  | 'placesUid'
  | 'cookieOfShard'
  | 'pinOfTag'
  | 'tagOfPin'
  | 'mirrors'
  | 'firewallOrders'
>;

/** Stands where nothing has been resolved yet. */
export const NOTHING_ORDERED: Omit<Ordered, 'placement'> & { readonly placement: null } = {
  board: EMPTY_BOARD,
  lost: false,
  placement: null,
  placesUid: () => false,
  cookieOfShard: [],
  pinOfTag: new Map(),
  tagOfPin: new Map(),
  mirrors: null,
  firewallOrders: new FirewallOrders(EMPTY_BOARD, []),
};

type Unresolved = Omit<Snapshot, 'placement'> & { readonly placement: Placement | null };

/** @param lost this gate has lost the fleet for longer than its lease */
export function withBoard(snapshot: Unresolved, board: Board, lost: boolean): Snapshot {
  const { topology, rules } = snapshot;
  const tagsOf = (uid: string): readonly string[] => snapshot.laneCookie.tags(uid);
  const placement = resolve(topology, rules, board, lost, tagsOf);
  const { pins } = placement;
  return Object.freeze({
    ...snapshot,
    board,
    lost,
    placement,
    placesUid: (uid: string) => shardOf(uid, topology.sharding) !== null || pins.has(uid),
    cookieOfShard: cookies(snapshot, placement),
    ...pinTags(snapshot, placement),
    mirrors: liveMirrors(snapshot.mirror, board, topology),
    firewallOrders: new FirewallOrders(board, [...(snapshot.firewall?.policies.values() ?? [])]),
  });
}

/** A MAC each, so only those of shards that have moved are made anew. */
function cookies(before: Unresolved, placement: Placement): string[] {
  return placement.zoneOfShard.map((zone: Zone | undefined, shard) => {
    // An owner that the topology does not have: nobody is placed there.
    if (zone === undefined) return '';
    const old = before.cookieOfShard[shard];
    if (old !== undefined && before.placement?.zoneOfShard[shard] === zone) return old;
    return before.cookie.write(shard as ShardId, zone.id, before.rules.epoch, null);
  });
}

function pinTags(before: Unresolved, { pins }: Placement): Pick<Snapshot, 'pinOfTag' | 'tagOfPin'> {
  if (before.placement?.pins === pins)
    return { pinOfTag: before.pinOfTag, tagOfPin: before.tagOfPin };
  const pinOfTag = new Map<string, Pin>();
  const tagOfPin = new Map<Pin, string>();
  for (const pin of pins.values()) {
    const tags = before.cookie.pinTags(pin.uid);
    tagOfPin.set(pin, tags[0]!);
    for (const tag of tags) pinOfTag.set(tag, pin);
  }
  return { pinOfTag, tagOfPin };
}
