import {
  type Epoch,
  parseEpoch,
  parseGroupId,
  parseShardId,
  parseZoneId,
  type ZoneId,
} from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import { compileFaults, type FaultRule } from './compile-faults.ts';
import type { RulesDoc } from './rules-schema.ts';
import { ownsShards, type Topology, type Zone } from './topology.ts';

export interface Pin {
  readonly uid: string;
  readonly zone: ZoneId;
  /** Wall clock, milliseconds since 1970; Infinity when it does not expire. */
  readonly untilMs: number;
}

/** The pin while it counts; null without one, or after its time. @param nowMs wall clock */
export const livePin = (pin: Pin | undefined, nowMs: number): Pin | null =>
  pin !== undefined && nowMs < pin.untilMs ? pin : null;

export interface Rules {
  readonly epoch: Epoch;
  /** Owner of each shard, by shard number. Empty when the topology shards no users. */
  readonly owners: readonly ZoneId[];
  readonly pins: ReadonlyMap<string, Pin>;
  /** Percent of each group, in the order of `zone.groups`; every zone has an entry. */
  readonly weights: ReadonlyMap<ZoneId, readonly number[]>;
  /** Drills, in declared order. */
  readonly faults: readonly FaultRule[];
}

/** Text → Rules, against the topology they speak of. */
export function compileRules(doc: RulesDoc, topology: Topology, report: Report): Rules {
  return {
    epoch: parseEpoch(doc.epoch)!,
    owners: compileShards(doc, topology, report),
    pins: compilePins(doc, topology, report),
    weights: compileWeights(doc, topology, report),
    faults: compileFaults(doc.faults, topology, report),
  };
}

function compileShards(doc: RulesDoc, topology: Topology, report: Report): ZoneId[] {
  const owners = compileTable(doc.shards, topology, report, ['shards']);
  // After a mistake in the table it would only repeat it.
  if (!report.failed) warnIdle(owners, topology, report);
  return owners;
}

/** @param at where the table stands in its document */
export function compileTable(
  shards: RulesDoc['shards'],
  topology: Topology,
  report: Report,
  at: DocPath,
): ZoneId[] {
  const { count } = topology.sharding;
  const owners: (ZoneId | undefined)[] = new Array<ZoneId | undefined>(count);
  const claimedBy: (string | undefined)[] = new Array<string | undefined>(count);
  for (const [range, name] of Object.entries(shards)) {
    const path = [...at, range];
    const zone = topology.zones.get(name as ZoneId);
    if (zone === undefined) report.unknownName(path, 'zone', name, topology.zones.keys());
    else if (!ownsShards(zone)) {
      report.error(path, 'owner-type', `${zone.type} ${name} can't own shards`, {
        found: `${name} (${zone.type})`,
        expected: 'an rzone or an elastic zone',
      });
    }
    const [first = '', last = first] = range.split('-');
    const from = parseShardId(Number(first), count);
    const to = parseShardId(Number(last), count);
    if (from === null || to === null || from > to) {
      report.error(path, 'shard-range', `range ${range} is not within the ${count} shards`, {
        atKey: true,
        found: range,
        expected: `0 to ${count - 1}, low end first`,
      });
      continue;
    }
    const before = claimedBy.slice(from, to + 1).find((c) => c !== undefined);
    if (before !== undefined) {
      report.error(path, 'shard-overlap', `range ${range} overlaps range ${before}`, {
        atKey: true,
        found: `${overlap(claimedBy, from, to)} claimed twice`,
        expected: 'each shard exactly once',
      });
    }
    for (let shard = from as number; shard <= to; shard++) {
      claimedBy[shard] ??= range;
      owners[shard] ??= parseZoneId(name)!;
    }
  }
  checkGaps(claimedBy, topology, report, at);
  return owners.filter((o) => o !== undefined);
}

function overlap(claimedBy: readonly (string | undefined)[], from: number, to: number): string {
  const twice: number[] = [];
  for (let s = from; s <= to; s++) if (claimedBy[s] !== undefined) twice.push(s);
  return rangesText(twice);
}

function checkGaps(
  claimedBy: readonly (string | undefined)[],
  topology: Topology,
  report: Report,
  at: DocPath,
): void {
  const missing: number[] = [];
  for (let s = 0; s < claimedBy.length; s++) if (claimedBy[s] === undefined) missing.push(s);
  if (missing.length === 0) return;
  const sharded = [...topology.zones.values()].some((z) => z.type === 'rzone');
  if (!sharded && missing.length === claimedBy.length) return;
  report.error(at, 'shard-gap', `no zone owns shard ${rangesText(missing)}`, {
    found: `${missing.length} of ${claimedBy.length} shards without an owner`,
    expected: 'each shard exactly once',
  });
}

function warnIdle(
  owners: readonly (ZoneId | undefined)[],
  topology: Topology,
  report: Report,
): void {
  for (const zone of topology.zones.values()) {
    if (zone.type === 'rzone' && !owners.includes(zone.id)) {
      report.warn(
        ['shards'],
        'idle-rzone',
        `rzone ${zone.id} owns no shard: no user belongs to it`,
      );
    }
  }
}

/** 3, 4, 5, 9 → "3-5, 9". */
export function rangesText(sorted: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const start = sorted[i]!;
    while (i + 1 < sorted.length && sorted[i + 1] === sorted[i]! + 1) i++;
    const end = sorted[i]!;
    parts.push(start === end ? String(start) : `${start}-${end}`);
  }
  return parts.join(', ');
}

function compilePins(doc: RulesDoc, topology: Topology, report: Report): Map<string, Pin> {
  const pins = new Map<string, Pin>();
  doc.pins.forEach((pin, i) => {
    const zone = topology.zones.get(pin.zone as ZoneId);
    if (zone === undefined) {
      report.unknownName(['pins', i, 'zone'], 'zone', pin.zone, topology.zones.keys());
      return;
    }
    if (!ownsShards(zone)) {
      report.error(['pins', i, 'zone'], 'owner-type', `${zone.type} ${zone.id} can't own a user`, {
        found: `${zone.id} (${zone.type})`,
        expected: 'an rzone or an elastic zone',
      });
    }
    if (pins.has(pin.uid)) {
      report.error(['pins', i, 'uid'], 'duplicate-pin', 'this uid is pinned twice', {
        expected: 'one pin for each uid',
      });
    }
    const untilMs = pin.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(pin.until);
    pins.set(pin.uid, { uid: pin.uid, zone: zone.id, untilMs });
  });
  return pins;
}

function compileWeights(doc: RulesDoc, topology: Topology, report: Report): Map<ZoneId, number[]> {
  const weights = new Map<ZoneId, number[]>();
  for (const zone of topology.zones.values()) {
    const given = doc.weights[zone.id];
    weights.set(
      zone.id,
      given === undefined
        ? evenWeights(zone.groups.length)
        : zone.groups.map((g) => given[g.id] ?? 0),
    );
  }
  for (const [name, groups] of Object.entries(doc.weights)) {
    const zone = topology.zones.get(name as ZoneId);
    if (zone === undefined) {
      report.unknownName(['weights', name], 'zone', name, topology.zones.keys());
      continue;
    }
    checkWeights(zone, groups, ['weights', name], report);
  }
  return weights;
}

function checkWeights(
  zone: Zone,
  groups: Readonly<Record<string, number>>,
  path: DocPath,
  report: Report,
): void {
  for (const name of Object.keys(groups)) {
    if (!zone.groups.some((g) => g.id === parseGroupId(name))) {
      report.unknownName(
        [...path, name],
        'group',
        name,
        zone.groups.map((g) => g.id),
      );
    }
  }
  const sum = Object.values(groups).reduce((a, b) => a + b, 0);
  if (sum !== 100) {
    report.error(path, 'weight-sum', `weights of ${zone.id} sum to ${sum}`, {
      found: Object.entries(groups)
        .map(([g, w]) => `${g}: ${w}`)
        .join(', '),
      expected: 'whole numbers that sum to 100',
    });
  }
}

/** 3 → 34, 33, 33: whole numbers, sum 100, the first groups take what is left over. */
function evenWeights(groups: number): number[] {
  return Array.from(
    { length: groups },
    (_, i) => Math.floor(100 / groups) + (i < 100 % groups ? 1 : 0),
  );
}
