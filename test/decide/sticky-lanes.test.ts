/** Nobody wavers: a user meets one group, whatever of him is seen, and by whichever gate. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forward } from '../../src/decide/decision.ts';
import { hasMoved } from '../../src/decide/has-moved.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { HAND_OVER_HEADER, signHandOver } from '../../src/peer/hand-over.ts';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import {
  as,
  ask,
  base,
  gray,
  group,
  NOW,
  release,
  standing,
  UID,
  uidOf,
  why,
} from './lane-fixture.ts';

describe('percent of users', () => {
  it('raising it keeps everybody who was in, and the share is as asked', () => {
    const uids = Array.from({ length: 20_000 }, (_, i) => uidOf(i % 20, i));
    let before = new Set<string>();
    for (const percent of [0, 1, 5, 10, 50, 100]) {
      const snapshot = percent === 0 ? standing() : standing(gray({ percent }));
      const inside = new Set(
        uids.filter((u) => group(ask(snapshot, { path: `/u/${u}/x` })) === 'RZ01/B'),
      );
      for (const u of before) expect(inside.has(u)).toBe(true);
      expect(Math.abs((inside.size * 100) / uids.length - percent)).toBeLessThan(0.9);
      before = inside;
    }
  });

  it('a user is in or out alike at every gate, by uid, by hint and by cookie, whatever the dice', () => {
    const snapshot = standing(gray({ percent: 30 }));
    fc.assert(
      fc.property(
        fc.nat(19),
        fc.nat(1e6),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (shard, i, dice) => {
          const uid = uidOf(shard, i);
          const byUid = ask(snapshot, as(uid, { dice }));
          const cookies = `${base.gate.cookie.name}=${snapshot.cookieOfShard[shard]}; ${base.gate.cookie.laneName}=${byUid.laneCookieToSet}`;
          const byHint = ask(snapshot, { path: `/u/${uid}/x`, dice });
          const byCookie = ask(snapshot, { path: '/x', dice, headers: [['cookie', cookies]] });
          const far = ask(snapshot, as(uid, { dice, entryIdc: 'sh1' as IdcId }));
          const all = [byUid, byHint, byCookie, far].map(group);
          expect(new Set(all).size).toBe(1);
          expect(byCookie.laneCookieToSet).toBeNull();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('who shows nothing is in no draw: he is given a cookie, and counts from then on', () => {
    const snapshot = standing(gray({ percent: 100 }));
    const shard = `${base.gate.cookie.name}=${snapshot.cookieOfShard[3]}`;
    const first = ask(snapshot, { path: '/x', headers: [['cookie', shard]] });
    expect(group(first)).toBe('RZ01/A');
    const lane = `${shard}; ${base.gate.cookie.laneName}=${first.laneCookieToSet}`;
    const next = ask(snapshot, { path: '/x', headers: [['cookie', lane]] });
    expect([group(next), next.laneCookieToSet]).toEqual(['RZ01/B', null]);
  });

  it('a forged lane cookie is as good as none, and said to be', () => {
    const snapshot = standing(gray({ percent: 100 }));
    const forged = `${base.gate.cookie.laneName}=v1.1z.k1.AAAAAAAAAAAAAAAAAAAAAA; ${base.gate.cookie.name}=${snapshot.cookieOfShard[3]}`;
    const decision = ask(snapshot, { path: '/x', headers: [['cookie', forged]] });
    expect(group(decision)).toBe('RZ01/A');
    expect(decision.why.map((r) => r.code)).toContain('lane-cookie-bad');
  });

  it('a proven uid outranks the lane cookie of somebody else, and corrects it', () => {
    const snapshot = standing(gray({ percent: 50 }));
    const own = (uid: string): Forward => ask(snapshot, as(uid));
    const uids = Array.from({ length: 40 }, (_, i) => uidOf(3, i));
    const inside = uids.find((u) => group(own(u)) === 'RZ01/B')!;
    const outside = uids.find((u) => group(own(u)) === 'RZ01/A')!;
    const cookie = `${base.gate.cookie.laneName}=${own(outside).laneCookieToSet}`;
    const mixed = ask(
      snapshot,
      as(inside, {
        headers: [
          ['x-user-id', inside],
          ['cookie', cookie],
        ],
      }),
    );
    expect(group(mixed)).toBe('RZ01/B');
    expect(mixed.laneCookieToSet).toBe(own(inside).laneCookieToSet);
  });

  const routeCookie = (snapshot: Snapshot, shard: number): string =>
    `${base.gate.cookie.name}=${snapshot.cookieOfShard[shard]}`;

  it('a uid in the path counts where the signed cookie names its shard, as after a login before the rule', () => {
    const half = standing(gray({ percent: 50 }));
    const listed = standing(gray({ allow: [UID] }));
    const headers = (s: Snapshot) => [['cookie', routeCookie(s, 3)] as const];
    for (let i = 0; i < 50; i++) {
      const uid = uidOf(3, i);
      const seen = ask(half, { path: `/u/${uid}/x`, headers: headers(half), dice: i / 50 });
      expect(group(seen)).toBe(group(ask(half, as(uid))));
      expect(seen.laneCookieToSet).toBe(ask(half, as(uid)).laneCookieToSet);
    }
    expect(group(ask(listed, { headers: headers(listed) }))).toBe('RZ01/B');
    // Somebody else's page: his own cookie names another shard.
    const other = ask(half, { path: `/u/${uidOf(4)}/x`, headers: headers(half) });
    expect(group(other)).toBe('RZ01/A');
  });

  it('who was drawn without a uid goes over to his own side once, when it is seen', () => {
    const snapshot = standing(gray({ percent: 50 }));
    const drawn = ask(snapshot, {
      path: '/x',
      headers: [['cookie', routeCookie(snapshot, 3)]],
      dice: 0.3,
    });
    const lane = `${base.gate.cookie.laneName}=${drawn.laneCookieToSet}`;
    for (let i = 0; i < 20; i++) {
      const uid = uidOf(3, i);
      const cookie = `${routeCookie(snapshot, 3)}; ${lane}`;
      const seen = ask(snapshot, { path: `/u/${uid}/x`, headers: [['cookie', cookie]] });
      expect(group(seen)).toBe(group(ask(snapshot, as(uid))));
    }
  });

  it('a listed user is known again by his lane cookie, where no uid is shown', () => {
    const snapshot = standing(gray({ allow: [UID] }));
    const login = ask(snapshot, as(UID));
    const cookies = `${base.gate.cookie.name}=${snapshot.cookieOfShard[3]}; ${base.gate.cookie.laneName}=${login.laneCookieToSet}`;
    const next = ask(snapshot, { path: '/x', headers: [['cookie', cookies]] });
    expect([group(next), why(next)]).toEqual(['RZ01/B', 'group-gray-allowed']);
  });

  it('no lane cookie is written where nothing stands, nor to users of other zones', () => {
    expect(ask(base, as(UID)).laneCookieToSet).toBeNull();
    expect(ask(standing(gray({ percent: 50 })), as(uidOf(45))).laneCookieToSet).toBeNull();
  });
});

describe('behind a hand-over', () => {
  /** Entered at sh1, served at hz1 by a gate that has newer rules. */
  function handed(first: Snapshot, second: Snapshot, headers: [string, string][] = []): Forward {
    const path = `/u/${UID}/x`;
    const sent = ask(first, { entryIdc: 'sh1' as IdcId, path, headers });
    const [{ zone, group: to }] = sent.targets;
    const text = signHandOver(
      {
        ...{ fromIdc: 'sh1', zone: zone.id, shard: sent.shard, group: to.id, epoch: sent.epoch },
        ...{
          board: first.board.epoch,
          how: sent.how,
          pinTag: null,
          requestId: 'r1',
          lane: sent.lane,
        },
      },
      { method: 'GET', host: 'shop.example', path, query: '' },
      NOW,
      base.peer.peerKeys,
    );
    return ask(second, {
      path,
      headers: [
        [HAND_OVER_HEADER, text],
        ['cdn-loop', 'zonegate-sh1'],
      ],
    });
  }
  const newer = (snapshot: Snapshot): Snapshot =>
    withBoard(snapshot, { ...snapshot.board, epoch: 6 }, false);

  it('a gray rule’s choice is kept by a gate that can’t see why, for as long as the rule stands', () => {
    const client = { header: 'user-agent', is: 'x' };
    const stands = standing(gray({ clients: [client] }));
    expect(group(handed(stands, newer(stands), [['user-agent', 'x']]))).toBe('RZ01/B');
    expect(group(handed(stands, newer(standing()), [['user-agent', 'x']]))).toBe('RZ01/A');
    const turned = standing(gray({ clients: [client], to: 'A' }));
    expect(group(handed(stands, newer(turned), [['user-agent', 'x']]))).toBe('RZ01/A');
  });

  it('what an operator has forced stays where he wants it, tunnels too', () => {
    const forced: [string, string][] = [
      ['x-ldc-operator', signOperatorToken('ann', NOW + 60_000, base.gate.keys.operator[0]!)],
      ['x-ldc-group', 'B'],
    ];
    const served = handed(standing(), newer(standing()), forced);
    expect([group(served), served.how]).toEqual(['RZ01/B', 'forced']);
    expect(hasMoved(served, newer(standing()))).toBe(false);
    expect(hasMoved({ ...served, how: 'table' }, newer(standing()))).toBe(true);
  });

  it('a release of a newer board counts', () => {
    expect(group(handed(standing(), newer(standing(release(5, [3])))))).toBe('RZ01/B');
    expect(group(handed(standing(release(5, [3])), newer(standing())))).toBe('RZ01/A');
  });
});
