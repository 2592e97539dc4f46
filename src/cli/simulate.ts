/** What would change for users if one configuration took the place of another. */

import { place } from '../decide/place.ts';
import { findUser } from '../decide/user.ts';
import { factsFrom } from '../model/facts.ts';
import type { AppId, IdcId } from '../model/ids.ts';
import type { Route } from '../route/index.ts';
import { diffShards, type Home, type ShardChange, shardAlike } from '../snapshot/diff.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { compileSource } from '../uid-router/compile.ts';
import { rangesText } from '../zone/compile-rules.ts';
import { mustLoad } from './config.ts';
import { EXIT, usageError } from './exit.ts';

export interface SimulateArguments {
  readonly config: string;
  readonly against: string;
  readonly uid: readonly string[];
  readonly json?: boolean | undefined;
}

interface Move {
  readonly before: Home | null;
  readonly after: Home | null;
  readonly shards: readonly number[];
}

export function simulate(args: SimulateArguments): number {
  const before = mustLoad(args.config).snapshot;
  const after = mustLoad(args.against).snapshot;
  if (!shardAlike(before, after)) {
    throw usageError(
      'the two configurations shard by different rules: every user may move, and every route cookie dies',
    );
  }
  const changes = diffShards(before, after);
  const { count } = before.topology.sharding;
  const share = (differs: (c: ShardChange) => boolean): number =>
    (changes.filter(differs).length * 100) / count;
  const report = {
    epochs: { before: before.epoch, after: after.epoch },
    shards: count,
    changed: changes.length,
    percentOfUsers: {
      zone: share((c) => c.before?.zone !== c.after?.zone),
      idc: share((c) => c.before?.idc !== c.after?.idc),
      city: share((c) => c.before?.city !== c.after?.city),
      group: share(() => true),
    },
    moves: groupMoves(changes),
    capacity: capacityOf(after),
    uids: args.uid.map((uid) => ({
      uid,
      before: homeOfUid(uid, before),
      after: homeOfUid(uid, after),
    })),
  };
  process.stdout.write(args.json === true ? `${JSON.stringify(report, null, 2)}\n` : text(report));
  return EXIT.ok;
}

function groupMoves(changes: readonly ShardChange[]): Move[] {
  const moves = new Map<string, { before: Home | null; after: Home | null; shards: number[] }>();
  for (const { shard, before, after } of changes) {
    const key = `${homeText(before)} ${homeText(after)}`;
    const move = moves.get(key) ?? { before, after, shards: [] };
    move.shards.push(shard);
    moves.set(key, move);
  }
  return [...moves.values()];
}

/** Share of users and of capacity of each sharded zone, so that an overload shows. */
function capacityOf(snapshot: Snapshot) {
  const { zones, sharding } = snapshot.topology;
  const total = [...zones.values()].reduce(
    (sum, z) => sum + (z.type === 'rzone' || z.type === 'elastic' ? (z.capacityRps ?? 0) : 0),
    0,
  );
  return [...zones.values()]
    .filter((z) => z.type === 'rzone' || z.type === 'elastic')
    .map((z) => ({
      zone: z.id,
      percentOfUsers:
        (snapshot.placement.zoneOfShard.filter((o) => o.id === z.id).length * 100) / sharding.count,
      percentOfCapacity:
        total === 0 || z.capacityRps === null
          ? null
          : Math.round((z.capacityRps * 1000) / total) / 10,
    }));
}

/** By the steps of `decide` for a trusted uid. */
function homeOfUid(uid: string, snapshot: Snapshot): Home | null {
  const source = compileSource({ header: 'x-user-id', trust: ['app'] });
  const asking: Snapshot = { ...snapshot, identities: new Map([['simulated', [source]]]) };
  const entryIdc = [...snapshot.topology.idcs.keys()][0] as IdcId;
  const facts = factsFrom({
    host: '',
    path: '/',
    entryIdc,
    receivedAtMs: Date.now(),
    dice: 0,
    headers: [['x-user-id', uid]],
  });
  const route: Route = {
    name: 'simulated',
    zoneType: 'rzone',
    app: 'simulated' as AppId,
    identity: 'simulated',
    write: 'auto',
  };
  const user = findUser(
    facts,
    'app',
    route,
    { cookie: null, reason: { room: '', code: '', means: '', ordinal: 0 } },
    asking,
  );
  if (user.shard === null && user.pin === null) return null;
  const placed = place(facts, route, user, asking);
  if (placed === null) return null;
  const { zone, group } = placed.target;
  return { zone: zone.id, group: group.id, idc: group.idc, city: zone.city };
}

const homeText = (home: Home | null): string =>
  home === null ? 'nowhere' : `${home.zone}/${home.group} (${home.idc}, ${home.city})`;

function text(r: {
  epochs: { before: number; after: number };
  shards: number;
  changed: number;
  percentOfUsers: { zone: number; idc: number; city: number; group: number };
  moves: Move[];
  capacity: ReturnType<typeof capacityOf>;
  uids: { uid: string; before: Home | null; after: Home | null }[];
}): string {
  const p = r.percentOfUsers;
  const lines = [
    `epoch ${r.epochs.before} → ${r.epochs.after}: ${r.changed} of ${r.shards} shards change their home`,
    `users who change zone: ${p.zone} %, IDC: ${p.idc} %, city: ${p.city} %, group or more: ${p.group} % (users taken as even over shards)`,
    ...r.moves.map(
      (m) => `  shards ${rangesText(m.shards)}: ${homeText(m.before)} → ${homeText(m.after)}`,
    ),
    'after the change:',
    ...r.capacity.map(
      (c) =>
        `  ${c.zone}: ${c.percentOfUsers} % of users${c.percentOfCapacity === null ? '' : `, ${c.percentOfCapacity} % of capacity`}`,
    ),
    ...r.uids.map((u) => `uid ${u.uid}: ${homeText(u.before)} → ${homeText(u.after)}`),
  ];
  return `${lines.join('\n')}\n`;
}
