/** Whatever is asked: no load test at the endpoints of users, and no user at those of load tests. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { factsFrom } from '../../src/model/facts.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { signStressPass } from '../../src/stress-tag/token.ts';
import { reference } from '../support/config.ts';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const base = reference();
const eleven = base.stress!.scenes.get('double-11')!;
const shared = { ...eleven, name: 'shared', owners: null, shadow: false, onlyReserved: false };
const users = { ...eleven, name: 'users', owners: null, onlyReserved: false };
const scenes = new Map([eleven, shared, users].map((s) => [s.name, s]));
const names = [...scenes.keys(), 'none'];
const zones = [...base.topology.zones.values()];

const signed = { fromIdc: 'hz2', board: 0, how: 'table' as const, pinTag: null, requestId: 'r' };

/** What a request says of itself, true or not. */
const marks = fc.oneof(
  fc.constant(null),
  fc
    .record({ scene: fc.constantFrom(...names), good: fc.boolean() })
    .map(({ scene, good }) =>
      signStressPass(
        { scene, qps: 5, id: 'a'.repeat(16), expiresAtMs: NOW + 1000, network: null },
        good ? base.gate.keys.stress[0]! : { id: 's1', secret: 'x'.repeat(32) },
      ),
    ),
  fc.constantFrom(...names, '', 'a.b'),
);

const uids = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 999 }).map((n) => `2088000000000${String(n).padStart(3, '0')}`),
  fc.integer({ min: 0, max: 999 }).map((n) => `2099000000000${String(n).padStart(3, '0')}`),
);

const requests = fc.record({
  at: fc.constantFrom(...base.topology.idcs.keys()),
  from: fc.constantFrom('external' as const, 'app' as const),
  remote: fc.constantFrom('127.0.0.1', '10.9.0.1', '192.0.2.1'),
  method: fc.constantFrom('GET', 'POST'),
  path: fc.constantFrom('/', '/search', '/config', '/catalog'),
  mark: marks,
  hint: uids,
  trusted: uids,
  cookie: fc.option(fc.integer({ min: 0, max: 99 }), { nil: null }),
  force: fc.option(fc.constantFrom(...zones.map((z) => z.id)), { nil: null }),
  handOver: fc.option(
    fc.record({
      zone: fc.constantFrom(...zones.map((z) => z.id)),
      group: fc.constantFrom('A', 'B', 'A~shadow', 'B~shadow'),
      shard: fc.integer({ min: 0, max: 99 }),
      scene: fc.constantFrom(null, ...names),
    }),
    { nil: null },
  ),
  forged: fc.constantFrom('refuse' as const, 'normal' as const),
  stopped: fc.constantFrom([], ['double-11'], ['*']),
  frozen: fc.boolean(),
  dice: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
});
type Request = typeof requests extends fc.Arbitrary<infer T> ? T : never;

const said = { by: 'ann', reason: 'x', atMs: 0, untilMs: null, overrode: [] };

function snapshotOf({ forged, stopped, frozen }: Request) {
  const stops = stopped.map(
    (scene, i): Switch => ({
      ...said,
      ...{ id: `s${i}`, action: 'stress-stop', scene },
    }),
  );
  const freezes = zones.map(
    (z): Switch => ({
      ...said,
      ...{ id: `f${z.id}`, action: 'freeze', scope: { kind: 'zone', zone: z.id } },
    }),
  );
  const room = base.stress!;
  const stress = { ...room, forged, scenes, uids: room.uids.map((u) => ({ ...u, scene: eleven })) };
  const board = { ...EMPTY_BOARD, switches: [...stops, ...(frozen ? freezes : [])] };
  return withBoard({ ...base, stress }, board, false);
}

function factsOf(r: Request) {
  const query = r.hint === null ? '' : `uid=${r.hint}`;
  const bound = { method: r.method, host: 'shop.example', path: r.path, query };
  const headers: [string, string][] = [];
  if (r.mark !== null) headers.push(['x-ldc-stress', r.mark]);
  if (r.trusted !== null) headers.push(['x-user-id', r.trusted]);
  if (r.cookie !== null)
    headers.push(['cookie', `${base.gate.cookie.name}=${base.cookieOfShard[r.cookie]}`]);
  if (r.force !== null) {
    const token = signOperatorToken('ann', NOW + 1000, base.gate.keys.operator[0]!);
    headers.push(['x-ldc-operator', token], ['x-ldc-zone', r.force]);
  }
  if (r.handOver !== null) {
    const { zone, group, shard, scene } = r.handOver;
    const lane = scene === null ? null : { kind: 'stress' as const, name: scene };
    const handOver = { ...signed, zone, group, shard, lane, epoch: base.epoch };
    headers.push(['x-ldc-decision', signHandOver(handOver, bound, NOW, base.peer.peerKeys)]);
  }
  return factsFrom({
    ...bound,
    headers,
    listener: r.from,
    remote: r.remote,
    entryIdc: r.at,
    receivedAtMs: NOW,
    dice: r.dice,
  });
}

describe('whatever a request says of itself', () => {
  it('a load test is never sent where users are, nor a user where load tests are', () => {
    const seen = { shadow: 0, shared: 0, users: 0, refused: 0 };
    fc.assert(
      fc.property(requests, (r) => {
        const d = decide(factsOf(r), snapshotOf(r));
        const scene = d.lane === null ? null : (scenes.get(d.lane.name) ?? null);
        if (d.kind === 'respond') {
          seen.refused++;
          return;
        }
        const [{ zone, group }] = d.targets;
        expect(group.isShadow).toBe(scene?.shadow ?? false);
        expect(d.targets.every((t) => t.group.isShadow === group.isShadow)).toBe(true);
        if (group.isShadow) {
          seen.shadow++;
          // A shadow is one of a group of the zone, and stands in no list that users are drawn from.
          expect(zone.groups.some((g) => g.shadow === group)).toBe(true);
          expect(zone.groups).not.toContain(group);
        } else if (scene === null) seen.users++;
        else seen.shared++;
        if (scene !== null) {
          expect([d.cookieToSet, d.clearsCookie]).toEqual([null, false]);
          expect(r.stopped).not.toContain(scene.name);
          expect(r.stopped).not.toContain('*');
        }
        // A frozen zone takes no write but where no user's data is.
        if (r.frozen && d.isWrite) expect(group.isShadow).toBe(true);
        const own = scene?.owners ?? null;
        const tabled = own !== null && d.route.zoneType === 'rzone' && d.from !== 'peer';
        if (tabled && d.shard !== null && r.force === null) expect(zone.id).toBe(own[d.shard]);
        // On nobody's word but a stranger's nothing becomes a load test.
        if (r.mark === null && r.trusted === null && r.handOver === null) expect(scene).toBeNull();
      }),
      { numRuns: 4000 },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(50);
  });
});
