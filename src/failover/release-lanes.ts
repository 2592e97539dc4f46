/** What releases and gray rules mean for each zone: made when the board changes, looked up per request. */
import type { AppId, ZoneId } from '../model/ids.ts';
import type { GrayRule, Shift, ZoneLanes } from '../release/choose.ts';
import { compileClientRule } from '../release/client-rule.ts';
import { mixerOf } from '../release/point.ts';
import type { Rules } from '../zone/compile-rules.ts';
import { type Group, ownsShards, type Topology, type Zone } from '../zone/topology.ts';
import type { Board, Gray, Switch } from './board.ts';
import { ownersOf, shardsOf } from './owners.ts';
import { serving } from './places.ts';

export type Release = Extract<Switch, { action: 'release' }>;

export const releasesOf = (board: Board): Release[] =>
  board.switches.filter((s): s is Release => s.action === 'release');

/** The one that stands under this name. */
export const releaseNamed = (board: Board, name: string): Release | undefined =>
  releasesOf(board).find((r) => r.name === name);

const graysOf = (board: Board): (Gray & Switch)[] =>
  board.switches.filter((s): s is Gray & Switch & { action: 'gray' } => s.action === 'gray');

export interface Lanes {
  /** Zones without any are not in it. */
  readonly ofZone: ReadonlyMap<ZoneId, ZoneLanes>;
  /** Users have to be known again by their point or their tag: the lane cookie is read, and written. */
  readonly needVisitors: boolean;
  /** Uids on some allow-list. */
  readonly allowed: ReadonlySet<string>;
}

const NO_LANES: Lanes = Object.freeze({
  ofZone: new Map(),
  needVisitors: false,
  allowed: new Set<string>(),
});

/** @param tagsOf what the lane cookies of a uid may carry */
export function lanesOf(
  board: Board,
  topology: Topology,
  tagsOf: (uid: string) => readonly string[],
): Lanes {
  const releases = releasesOf(board);
  const grays = graysOf(board).map((gray) => ({ gray, who: whoOf(gray, tagsOf) }));
  if (releases.length === 0 && grays.length === 0) return NO_LANES;
  const ofZone = new Map<ZoneId, ZoneLanes>();
  for (const zone of topology.zones.values()) {
    const to = groupsIn(zone, board, topology);
    const lanes: ZoneLanes = {
      shifts: releases.flatMap((r) => shiftIn(r, zone, to)),
      grays: grays.flatMap(({ gray, who }) => grayIn(gray, who, zone, to)),
    };
    if (lanes.shifts.length > 0 || lanes.grays.length > 0) ofZone.set(zone.id, lanes);
  }
  const drawn = [...ofZone.values()].some(
    (l) => l.grays.length > 0 || l.shifts.some((s) => s.shards !== null),
  );
  const allowed = new Set(grays.flatMap(({ gray }) => gray.allow));
  return { ofZone, needVisitors: drawn, allowed };
}

type Who = Pick<GrayRule, 'allow' | 'tags' | 'tester' | 'clients' | 'mixer'>;

/** Of all zones alike, so made once. */
const whoOf = (gray: Gray, tagsOf: (uid: string) => readonly string[]): Who => ({
  allow: new Set(gray.allow),
  tags: new Set(gray.allow.flatMap(tagsOf)),
  tester: gray.tester === null ? null : compileClientRule(gray.tester),
  clients: gray.clients.map(compileClientRule),
  mixer: mixerOf(gray.name),
});

type GroupOf = (name: string, app: string | null) => Group | null;

/** A group that people have switched off, or that does not run the app, takes nobody. */
const groupsIn =
  (zone: Zone, board: Board, topology: Topology): GroupOf =>
  (name, app) => {
    const group = zone.groups.find((g) => g.id === name);
    if (group === undefined || serving(board, zone, group, topology) <= 0) return null;
    return app === null || group.endpoints.has(app as AppId) ? group : null;
  };

function shiftIn(release: Release, zone: Zone, to: GroupOf): Shift[] {
  if (!release.zones.includes(zone.id) || release.percent === 0) return [];
  const group = to(release.to, release.app);
  const from = zone.groups.find((g) => g.id === release.from);
  if (group === null || from === undefined) return [];
  return [
    {
      name: release.name,
      app: release.app as AppId | null,
      from: from.id,
      to: group,
      part: release.percent / 100,
      shards:
        release.percent === 100
          ? null
          : new Set(release.moved.find((m) => m.zone === zone.id)?.shards),
      mixer: mixerOf(release.name),
    },
  ];
}

function grayIn(gray: Gray, who: Who, zone: Zone, to: GroupOf): GrayRule[] {
  if (gray.zones.length > 0 && !gray.zones.includes(zone.id)) return [];
  const group = to(gray.to, gray.app);
  if (group === null) return [];
  const { name, percent } = gray;
  return [{ ...who, name, app: gray.app as AppId | null, to: group, part: percent / 100 }];
}

/** Shards whose users the zone serves: its own; of a zone that owns none, everybody's. */
export function usersOf(zone: Zone, board: Board, rules: Rules): number[] {
  const owners = ownersOf(board, rules);
  return ownsShards(zone) ? shardsOf(owners, zone.id) : owners.map((_, shard) => shard);
}
