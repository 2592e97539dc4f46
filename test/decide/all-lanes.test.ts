/**
 * All lanes at once, over random boards: who owns a shard serves its users, load tests meet shadows and
 * users never do, and the group is the one that docs/releases.md promises, by an oracle that reads the
 * switches and nothing that is compiled from them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/decide/decision.ts';
import { decide } from '../../src/decide/index.ts';
import { type Board, EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { IdcId, ZoneId } from '../../src/model/ids.ts';
import { drawOf, mixerOf, pointOfUser } from '../../src/release/point.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import type { Scene } from '../../src/stress-tag/index.ts';
import { signStressPass } from '../../src/stress-tag/token.ts';
import { reference } from '../support/config.ts';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const declared = reference();
const ZONES = ['RZ01', 'RZ02', 'RZ03', 'RZ04', 'RZ05', 'EZ01'] as const;
const IDCS = ['hz1', 'hz2', 'sh1'] as const;
const SCENE_TABLE = (shard: number): string => (shard < 25 ? 'RZ01' : shard < 50 ? 'RZ03' : 'RZ04');
const given = { by: 'ann', reason: 'x', atMs: NOW, untilMs: null, overrode: [] };

type Release = Extract<Switch, { action: 'release' }>;
type Gray = Extract<Switch, { action: 'gray' }>;

interface World {
  readonly owners: readonly string[];
  readonly apart: readonly number[];
  readonly weights: Readonly<Record<string, readonly [number, number]>>;
  readonly releases: readonly Release[];
  readonly grays: readonly Gray[];
  readonly offs: readonly { readonly zone: string; readonly group: string }[];
  readonly isStopped: boolean;
  /** The load test has a table of its own. */
  readonly ownTable: boolean;
}

const zone = fc.constantFrom(...ZONES);
const group = fc.constantFrom('A', 'B');
const shards = fc.uniqueArray(fc.nat(99), { maxLength: 30 });
const uidOf = (shard: number, i: number): string =>
  `2088${String(i).padStart(9, '0')}${String(shard).padStart(2, '0')}0`;
// From 1 on: one of the first is pinned.
const uid = fc
  .tuple(fc.nat(99), fc.integer({ min: 1, max: 4 }))
  .map(([shard, i]) => uidOf(shard, i));

const release = fc.tuple(zone, group, fc.constantFrom(5, 25, 100), shards).map(
  ([name, to, percent, moved]): Release => ({
    ...{ id: `s-${name}`, action: 'release', name: `rel-${name}`, zones: [name], app: null },
    ...{ from: to === 'A' ? 'B' : 'A', to, percent, run: 'r1', ...given },
    moved: [{ zone: name, shards: moved }],
  }),
);
const gray = fc
  .tuple(
    fc.nat(9),
    fc.array(zone, { maxLength: 2 }),
    group,
    fc.array(uid, { maxLength: 4 }),
    fc.constantFrom(0, 10, 60),
    fc.boolean(),
    fc.boolean(),
  )
  .map(
    ([n, zones, to, allow, percent, tests, looks]): Gray => ({
      ...{ id: `s-g${n}`, action: 'gray', name: `gray-${n}`, zones, app: null, to, allow, percent },
      tester: tests ? { header: 'x-tester', is: 'yes' } : null,
      clients: looks ? [{ header: 'user-agent', starts: 'New' }] : [],
      ...given,
    }),
  );

const world: fc.Arbitrary<World> = fc.record({
  owners: fc.array(zone, { minLength: 100, maxLength: 100 }),
  apart: fc.uniqueArray(fc.nat(99), { maxLength: 10 }),
  weights: fc.record(
    Object.fromEntries(
      ZONES.map((z) => [
        z,
        fc.constantFrom<[number, number]>([100, 0], [50, 50], [0, 100], [30, 70]),
      ]),
    ),
  ),
  releases: fc.uniqueArray(release, { maxLength: 3, selector: (r) => r.name }),
  grays: fc.uniqueArray(gray, { maxLength: 3, selector: (g) => g.name }),
  offs: fc.uniqueArray(fc.record({ zone, group }), { maxLength: 2, selector: (o) => o.zone }),
  isStopped: fc.boolean(),
  ownTable: fc.boolean(),
});

const ask = fc.record({
  uid,
  reserved: fc.boolean(),
  marked: fc.boolean(),
  isApp: fc.boolean(),
  tester: fc.boolean(),
  agent: fc.constantFrom('New/1', 'Old/1'),
  idc: fc.constantFrom(...IDCS),
  dice: fc.double({ min: 0, max: 0.999, noNaN: true }),
  method: fc.constantFrom('GET', 'POST'),
});
type Ask = typeof ask extends fc.Arbitrary<infer T> ? T : never;

/** As declared, or placed as users are. */
function stressOf({ ownTable }: World): Snapshot['stress'] {
  const room = declared.stress;
  if (ownTable || room === null) return room;
  const scene: Scene = { ...room.scenes.get('double-11')!, owners: null };
  const uids = room.uids.map((range) => ({ ...range, scene }));
  return { ...room, scenes: new Map([[scene.name, scene]]), uids };
}

function snapshotOf(w: World): Snapshot {
  const weights = new Map(declared.rules.weights);
  for (const z of ZONES)
    weights.set(z as ZoneId, groupsOf(z).length === 1 ? [100] : [...w.weights[z]!]);
  const board: Board = {
    ...{ ...EMPTY_BOARD, epoch: 5, owners: w.owners, since: w.owners.map(() => 1) },
    appOwners: w.apart.map((shard) => ({ app: 'shop', shard, zone: 'EZ01', since: 3 })),
    switches: [
      ...w.releases,
      ...w.grays,
      ...w.offs.map(
        (o, i): Switch => ({
          ...{
            id: `o${i}`,
            action: 'off',
            scope: { kind: 'group', ...o },
            endByMs: null,
            ...given,
          },
        }),
      ),
      ...(w.isStopped ? [{ id: 'st', action: 'stress-stop', scene: '*', ...given } as const] : []),
    ],
  };
  const base = { ...declared, rules: { ...declared.rules, weights }, stress: stressOf(w) };
  return withBoard(base, board, false);
}

function decided(a: Ask, snapshot: Snapshot, idc: string = a.idc): Decision {
  const shown = a.reserved ? `2099${a.uid.slice(4)}` : a.uid;
  const pass = {
    ...{ scene: 'double-11', qps: 100, id: 'abcdefgh', expiresAtMs: NOW + 60_000, network: null },
  };
  const headers: [string, string][] = [['user-agent', a.agent]];
  if (a.tester) headers.push(['x-tester', 'yes']);
  if (a.marked) headers.push(['x-ldc-stress', signStressPass(pass, declared.gate.keys.stress[0]!)]);
  if (a.isApp) headers.push(['x-user-id', shown]);
  return decide(
    factsFrom({
      ...{ host: 'shop.example', path: a.isApp ? '/x' : `/u/${shown}/x`, method: a.method },
      ...{ headers, listener: a.isApp ? 'app' : 'external', entryIdc: idc as IdcId },
      ...{ receivedAtMs: NOW, dice: a.dice },
    }),
    snapshot,
  );
}

/** 2^32 over the golden ratio, as decision record 0008 says. */
const pointOf = (shard: number): number => (Math.imul(shard, 0x9e3779b1) >>> 0) / 2 ** 32;

const ownerOf = (shard: number, w: World): string =>
  w.apart.includes(shard) ? 'EZ01' : w.owners[shard]!;
const groupsOf = (name: string): string[] =>
  declared.topology.zones.get(name as ZoneId)!.groups.map((g) => g.id);
const isOff = (name: string, g: string, w: World): boolean =>
  w.offs.some((o) => o.zone === name && o.group === g);

/** By the weights alone; null: nobody serves there. */
function weighed(name: string, shard: number, w: World): string | null {
  const groups = groupsOf(name);
  const weights = groups.map((g, i) => {
    if (isOff(name, g, w)) return 0;
    return groups.length === 1 ? 100 : w.weights[name]![i]!;
  });
  const total = weights.reduce((sum, x) => sum + x, 0);
  if (total === 0) return null;
  const below = groups.map((_, i) => weights.slice(0, i + 1).reduce((sum, x) => sum + x, 0));
  return groups[below.findIndex((b) => pointOf(shard) * total < b)]!;
}

function groupByBook(name: string, a: Ask, w: World): string | null {
  const serves = (g: string): boolean => groupsOf(name).includes(g) && !isOff(name, g, w);
  const shard = Number(a.uid.slice(-3, -1));
  const drawn = weighed(name, shard, w);
  if (drawn === null) return null;
  const rules = w.grays.filter(
    (g) => (g.zones.length === 0 || g.zones.includes(name)) && serves(g.to),
  );
  const allowed = rules.find((g) => g.allow.includes(a.uid));
  const tested = a.tester && a.isApp ? rules.find((g) => g.tester !== null) : undefined;
  const looks = a.agent === 'New/1' ? rules.find((g) => g.clients.length > 0) : undefined;
  const byRequest = allowed ?? tested ?? looks;
  if (byRequest !== undefined) return byRequest.to;
  const released = w.releases.find((r) => r.zones[0] === name && r.from === drawn && serves(r.to));
  if (released && (released.percent === 100 || released.moved[0]!.shards.includes(shard)))
    return released.to;
  const point = pointOfUser(a.uid);
  const part = rules.find((g) => g.percent > 0 && drawOf(point, mixerOf(g.name)) * 100 < g.percent);
  return part?.to ?? drawn;
}

describe('all lanes together', () => {
  it('one owner for each shard, app and class; no stress in production; the group by the book', () => {
    fc.assert(
      fc.property(world, fc.array(ask, { minLength: 20, maxLength: 20 }), (w, asks) => {
        const snapshot = snapshotOf(w);
        for (const a of asks) {
          const d = decided(a, snapshot);
          const isStress = a.marked || (a.reserved && a.isApp);
          const shard = Number(a.uid.slice(-3, -1));
          if (!isStress && a.reserved) {
            // A test's uid on anybody's word is a forged mark.
            expect(d).toMatchObject({ kind: 'respond', status: 403 });
          } else if (isStress && a.marked && !a.reserved) {
            // A load test that shows a real user's uid.
            expect(d).toMatchObject({ kind: 'respond', status: w.isStopped ? 503 : 403 });
          } else if (isStress && w.isStopped) {
            expect(d).toMatchObject({ kind: 'respond', status: 503 });
          } else if (isStress) {
            if (d.kind === 'respond') {
              expect(d.status).toBe(503);
              continue;
            }
            const [t] = d.targets;
            const owner = w.ownTable ? SCENE_TABLE(shard) : ownerOf(shard, w);
            expect([t.zone.id, t.group.isShadow, d.lane?.kind]).toEqual([owner, true, 'stress']);
            expect(t.group.id).toBe(weighed(owner, shard, w));
            expect([d.cookieToSet, d.laneCookieToSet, d.targets.length]).toEqual([null, null, 1]);
          } else {
            const owner = ownerOf(shard, w);
            const expected = groupByBook(owner, a, w);
            if (d.kind === 'respond') {
              expect([d.status, expected]).toEqual([503, null]);
              continue;
            }
            const [t] = d.targets;
            expect([t.zone.id, t.group.id, t.group.isShadow, d.targets.length]).toEqual([
              owner,
              expected,
              false,
              1,
            ]);
            const places = IDCS.map((idc) => decided(a, snapshot, idc)).map((x) =>
              x.kind === 'forward' ? `${x.targets[0].zone.id}/${x.targets[0].group.id}` : x.status,
            );
            expect(new Set(places).size).toBe(1);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
