/** What would change for users if one configuration took the place of another. */

import {
  type Change,
  diffShards,
  diffSpreads,
  diffUids,
  type Home,
  homeOfUid,
  shardAlike,
} from '../snapshot/diff.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { ownsShards } from '../zone/topology.ts';
import { mustLoad } from './config.ts';
import { EXIT, usageError } from './exit.ts';
import { simulatePlan } from './simulate-plan.ts';

export interface SimulateArguments {
  readonly config: string;
  readonly against?: string | undefined;
  readonly plan?: string | undefined;
  readonly uid: readonly string[];
  readonly json?: boolean | undefined;
}

/** Where shards can't be compared one by one, so many random uids speak for all. */
const SAMPLE = 20_000;

interface Move {
  readonly before: Home | null;
  readonly after: Home | null;
  /** Shards in ranges; of a sample, how many uids. */
  readonly who: string;
}

export function simulate(args: SimulateArguments): number {
  const { against, plan } = args;
  if (plan !== undefined && against === undefined)
    return simulatePlan({ config: args.config, plan, uid: args.uid, json: args.json });
  if (against === undefined || plan !== undefined)
    throw usageError('say --against DIR, --plan NAME or --fleet GATES');
  return compare(mustLoad(args.config).snapshot, mustLoad(against).snapshot, args);
}

function compare(before: Snapshot, after: Snapshot, args: SimulateArguments): number {
  const nowMs = Date.now();
  const alike = shardAlike(before, after);
  const changes = alike ? diffShards(before, after) : diffUids(before, after, sampleUids(), nowMs);
  const counted = alike ? before.topology.sharding.count : SAMPLE;
  const pinned = new Set([...before.placement.pins.keys(), ...after.placement.pins.keys()]);
  const report = {
    epochs: { before: before.epoch, after: after.epoch },
    basis: alike ? 'shards' : 'sample of uids',
    counted,
    changed: changes.length,
    percentOfUsers: percentages(changes, counted),
    moves: groupMoves(changes),
    pins: diffUids(before, after, pinned, nowMs),
    spreads: diffSpreads(before, after),
    zonesAfter: shareOfZones(after),
    uids: args.uid.map((uid) => ({
      uid,
      before: homeOfUid(before, uid, nowMs),
      after: homeOfUid(after, uid, nowMs),
    })),
  };
  process.stdout.write(args.json === true ? `${JSON.stringify(report, null, 2)}\n` : text(report));
  return EXIT.ok;
}

/** Always the same ones: a small linear congruential generator (Numerical Recipes). */
function* sampleUids(): Generator<string> {
  let seed = 1;
  for (let i = 0; i < SAMPLE; i++) {
    let digits = '';
    while (digits.length < 16) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      digits += String(seed >>> 8)
        .slice(-4)
        .padStart(4, '0');
    }
    yield digits;
  }
}

function percentages(changes: readonly Change<unknown>[], counted: number) {
  const share = (differs: (c: Change<unknown>) => boolean): number =>
    Math.round((changes.filter(differs).length * 1000) / counted) / 10;
  return {
    zone: share((c) => c.before?.zone !== c.after?.zone),
    idc: share((c) => c.before?.idc !== c.after?.idc),
    city: share((c) => c.before?.city !== c.after?.city),
    group: share(() => true),
  };
}

function groupMoves(changes: readonly Change<number | string>[]): Move[] {
  const moves = new Map<string, Change<number | string>[]>();
  for (const change of changes) {
    const key = `${homeText(change.before)} ${homeText(change.after)}`;
    const move = moves.get(key);
    if (move === undefined) moves.set(key, [change]);
    else move.push(change);
  }
  return [...moves.values()].map((all) => {
    const shards = all.map((c) => c.of).filter((of) => typeof of === 'number');
    const who = shards.length > 0 ? `shards ${rangesText(shards)}` : `${all.length} sampled uids`;
    return { before: all[0]!.before, after: all[0]!.after, who };
  });
}

/** Share of users and of capacity of each zone with users, so that an overload shows. */
function shareOfZones(snapshot: Snapshot) {
  const { zones, sharding } = snapshot.topology;
  const sharded = [...zones.values()].filter(ownsShards);
  const total = sharded.reduce((sum, z) => sum + (z.capacityRps ?? 0), 0);
  return sharded.map((z) => {
    const owned = snapshot.placement.zoneOfShard.filter((o) => o.id === z.id).length;
    const known = total > 0 && z.capacityRps !== null;
    return {
      zone: z.id,
      percentOfUsers: Math.round((owned * 1000) / sharding.count) / 10,
      percentOfCapacity: known ? Math.round((z.capacityRps * 1000) / total) / 10 : null,
    };
  });
}

const homeText = (home: Home | null): string =>
  home === null ? 'any zone, at random' : `${home.zone}/${home.group} (${home.idc}, ${home.city})`;

interface Report {
  readonly epochs: { readonly before: number; readonly after: number };
  readonly basis: string;
  readonly counted: number;
  readonly changed: number;
  readonly percentOfUsers: ReturnType<typeof percentages>;
  readonly moves: readonly Move[];
  readonly pins: readonly Change<string>[];
  readonly spreads: readonly string[];
  readonly zonesAfter: ReturnType<typeof shareOfZones>;
  readonly uids: readonly {
    readonly uid: string;
    readonly before: Home | null;
    readonly after: Home | null;
  }[];
}

function text(r: Report): string {
  const p = r.percentOfUsers;
  const arrow = (c: { before: Home | null; after: Home | null }): string =>
    `${homeText(c.before)} → ${homeText(c.after)}`;
  const basis =
    r.basis === 'shards'
      ? `${r.changed} of ${r.counted} shards change their home`
      : `the shard rules differ, so every route cookie dies; ${r.changed} of ${r.counted} sampled uids change their home`;
  const lines = [
    `epoch ${r.epochs.before} → ${r.epochs.after}: ${basis}`,
    `users who change zone: ${p.zone} %, IDC: ${p.idc} %, city: ${p.city} %, group or more: ${p.group} % (users taken as even over shards)`,
    ...r.moves.map((m) => `  ${m.who}: ${arrow(m)}`),
    ...r.pins.map((c) => `  pinned uid ${c.of}: ${arrow(c)}`),
    ...r.spreads.map((line) => `  ${line}`),
    'after the change:',
    ...r.zonesAfter.map(
      (z) =>
        `  ${z.zone}: ${z.percentOfUsers} % of users${z.percentOfCapacity === null ? '' : ` on ${z.percentOfCapacity} % of all capacity`}`,
    ),
    ...r.uids.map((u) => `uid ${u.uid}: ${arrow(u)}`),
  ];
  return `${lines.join('\n')}\n`;
}
