/** Which group a user meets where releases and gray rules stand: precedence, and that it never wavers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forward } from '../../src/decide/decision.ts';
import { decide } from '../../src/decide/index.ts';
import { type Board, EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { factsFrom, type RecordedFacts } from '../../src/model/facts.ts';
import type { IdcId, ZoneId } from '../../src/model/ids.ts';
import { HAND_OVER_HEADER, signHandOver } from '../../src/peer/hand-over.ts';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { reference } from '../support/config.ts';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const declared = reference();
/** All of RZ01's shards, 00-19, are at A. */
const base: Snapshot = {
  ...declared,
  rules: {
    ...declared.rules,
    weights: new Map([...declared.rules.weights, ['RZ01' as ZoneId, [100, 0]]]),
  },
};
const given = { by: 'ann', reason: 'x', atMs: NOW, untilMs: null, overrode: [] };
const release = (percent: number, shards: number[], more: object = {}): Switch => ({
  ...{
    id: 's1',
    action: 'release',
    name: 'rel-77',
    zones: ['RZ01'],
    app: null,
    from: 'A',
    to: 'B',
  },
  ...{ percent, shards, ...given, ...more },
});
const gray = (more: object, name = 'spring'): Switch => ({
  ...{ id: `s-${name}`, action: 'gray', name, zones: ['RZ01'], app: null, to: 'B', allow: [] },
  ...{ tester: null, clients: [], percent: 0, ...given, ...more },
});
const off = (group: string): Switch => ({
  ...{ id: 's9', action: 'off', scope: { kind: 'group', zone: 'RZ01', group }, endByMs: null },
  ...given,
});
const boardOf = (...switches: Switch[]): Board => ({ ...EMPTY_BOARD, epoch: 5, switches });
const standing = (...switches: Switch[]): Snapshot => withBoard(base, boardOf(...switches), false);

/** Shard 03. */
const UID = '2088000000000030';
const uidOf = (shard: number, i = 0): string =>
  `2088${String(i).padStart(9, '0')}${String(shard).padStart(2, '0')}0`;

function ask(snapshot: Snapshot, more: Partial<RecordedFacts> = {}): Forward {
  const facts = { host: 'shop.example', path: `/u/${UID}/x`, receivedAtMs: NOW, dice: 0.5 };
  const decision = decide(factsFrom({ ...facts, entryIdc: 'hz1' as IdcId, ...more }), snapshot);
  if (decision.kind !== 'forward') throw new Error(decision.reason.code);
  return decision;
}
const group = (d: Forward): string => `${d.targets[0].zone.id}/${d.targets[0].group.id}`;
const why = (d: Forward): string => d.why.find((r) => r.room === 'release')!.code;
const as = (uid: string, more: Partial<RecordedFacts> = {}): Partial<RecordedFacts> => ({
  ...{ listener: 'app' as const, path: '/x', headers: [['x-user-id', uid]] },
  ...more,
});
const operator = (headers: [string, string][]): Partial<RecordedFacts> => ({
  headers: [
    ['x-ldc-operator', signOperatorToken('ann', NOW + 60_000, base.gate.keys.operator[0]!)],
    ...headers,
  ],
});

describe('the group of a user', () => {
  const tester = { header: 'x-tester', is: 'yes' };
  const phone = { header: 'user-agent', starts: 'Shop/7' };
  it.each<[string, Snapshot, Partial<RecordedFacts>, string, string]>([
    ['by weight where nothing stands', standing(), {}, 'A', 'group-only'],
    ['a release has moved his shard', standing(release(5, [3])), {}, 'B', 'group-released'],
    ['a release has not moved his shard', standing(release(5, [4])), {}, 'A', 'group-only'],
    [
      'a release is complete: all shards, those too that came later',
      standing(release(100, [4])),
      {},
      'B',
      'group-released',
    ],
    ['a release of another app', standing(release(100, [], { app: 'pay' })), {}, 'A', 'group-only'],
    [
      'the group of a release is switched off',
      standing(release(100, []), off('B')),
      {},
      'A',
      'group-only',
    ],
    ['on an allow-list', standing(gray({ allow: [UID] })), {}, 'B', 'group-gray-allowed'],
    ['not on it', standing(gray({ allow: ['1'] })), {}, 'A', 'group-only'],
    [
      'on the list of a group that is switched off',
      standing(gray({ allow: [UID] }), off('B')),
      {},
      'A',
      'group-only',
    ],
    [
      'a tester’s header from an app',
      standing(gray({ tester })),
      as(UID, {
        headers: [
          ['x-user-id', UID],
          ['x-tester', 'yes'],
        ],
      }),
      'B',
      'group-gray-tester',
    ],
    [
      'a tester’s header from anybody',
      standing(gray({ tester })),
      { headers: [['x-tester', 'yes']] },
      'A',
      'group-only',
    ],
    [
      'a tester’s header from an operator',
      standing(gray({ tester })),
      operator([['x-tester', 'yes']]),
      'B',
      'group-gray-tester',
    ],
    [
      'a client of a new version',
      standing(gray({ clients: [phone] })),
      { headers: [['user-agent', 'Shop/7.2']] },
      'B',
      'group-gray-client',
    ],
    [
      'a client of an old one',
      standing(gray({ clients: [phone] })),
      { headers: [['user-agent', 'Shop/6.9']] },
      'A',
      'group-only',
    ],
    [
      'a client by its network',
      standing(gray({ clients: [{ network: '192.0.2.0/24' }] })),
      { remote: '192.0.2.7' },
      'B',
      'group-gray-client',
    ],
    [
      'a client by a parameter',
      standing(gray({ clients: [{ query: 'beta', is: '1' }] })),
      { query: 'beta=1' },
      'B',
      'group-gray-client',
    ],
    [
      'a client by a cookie',
      standing(gray({ clients: [{ cookie: 'beta', is: '1' }] })),
      { headers: [['cookie', 'a=b; beta=1']] },
      'B',
      'group-gray-client',
    ],
    ['all of a hundred percent', standing(gray({ percent: 100 })), {}, 'B', 'group-gray'],
    [
      'a rule for another zone',
      standing(gray({ percent: 100, zones: ['RZ02'] })),
      {},
      'A',
      'group-only',
    ],
    [
      'a rule for all zones that have the group',
      standing(gray({ percent: 100, zones: [] })),
      {},
      'B',
      'group-gray',
    ],
    [
      'a list before a release',
      standing(release(100, []), gray({ allow: [UID], to: 'A' })),
      {},
      'A',
      'group-gray-allowed',
    ],
    [
      'a release before a percent',
      standing(release(5, [3]), gray({ percent: 100, to: 'A' })),
      {},
      'B',
      'group-released',
    ],
    [
      'an operator before all',
      standing(release(100, []), gray({ allow: [UID] })),
      operator([['x-ldc-group', 'A']]),
      'A',
      'group-forced',
    ],
    [
      'an operator tries a group without weight',
      standing(),
      operator([['x-ldc-group', 'B']]),
      'B',
      'group-forced',
    ],
  ])('%s', (_, snapshot, facts, to, reason) => {
    const decision = ask(snapshot, facts);
    expect([group(decision), why(decision)]).toEqual([`RZ01/${to}`, reason]);
  });

  it('an operator’s group that does not exist is answered 400', () => {
    const facts = {
      host: 'shop.example',
      path: `/u/${UID}/x`,
      receivedAtMs: NOW,
      dice: 0.5,
      entryIdc: 'hz1' as IdcId,
    };
    const decision = decide(factsFrom({ ...facts, ...operator([['x-ldc-group', 'Z']]) }), base);
    expect(decision).toMatchObject({ kind: 'respond', status: 400 });
  });
});

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
  });

  it('a release of a newer board counts', () => {
    expect(group(handed(standing(), newer(standing(release(5, [3])))))).toBe('RZ01/B');
    expect(group(handed(standing(release(5, [3])), newer(standing())))).toBe('RZ01/A');
  });
});
