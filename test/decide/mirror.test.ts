/** Which requests are copied: shares are exact, users are whole, and nothing is copied twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Forward } from '../../src/decide/decision.ts';
import { decide } from '../../src/decide/index.ts';
import { correct } from '../../src/decide/route-cookie.ts';
import { type Board, EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { compileMirror } from '../../src/mirror/compile-mirror.ts';
import { markOf, minuteOf, readMark } from '../../src/mirror/mark.ts';
import { mirrorSchema } from '../../src/mirror/mirror-schema.ts';
import { factsFrom, type RecordedFacts } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { Report } from '../../src/model/issue.ts';
import type { Lane } from '../../src/model/lane.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { POINTS } from '../../src/release/point.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { reference } from '../support/config.ts';
import { mirrorDocument } from '../support/mirror.ts';

const NOW = 1_800_000_000_000;
/** The reference configuration with rules of its own. */
function withRules(rules: string): Snapshot {
  const doc = mirrorSchema.parse(parse(mirrorDocument(rules)));
  const mirror = compileMirror(doc, new Report());
  return withBoard({ ...reference(), mirror }, EMPTY_BOARD, false);
}

/** With the rule `shadow` as given, in YAML flow. */
const snapshotOf = (rule: string): Snapshot =>
  withRules(`  - { name: shadow, to: { addresses: ["127.0.0.1:9"] }, ${rule} }`);

function ask(snapshot: Snapshot, given: Partial<RecordedFacts> = {}): Forward {
  const decision = decide(
    factsFrom({
      ...{ host: 'shop.example', path: '/u/2088000000000050/x', entryIdc: 'hz1' as IdcId },
      ...{ receivedAtMs: NOW, dice: 0.5, ...given },
    }),
    snapshot,
  );
  if (decision.kind !== 'forward') throw new Error(decision.reason.code);
  return decision;
}
const copies = (d: Forward): string[] => (d.mirrors ?? []).map(({ rule }) => rule.name);
const uidPath = (uid: number | string): string => `/u/${uid}/x`;
/** Of shard 05, which RZ01 in hz1 owns: two digits of the shard stand third and second to last. */
const uidOf = (n: number): string => `20880000${String(n).padStart(6, '0')}050`;

const every = snapshotOf('percent: 100');

describe('a rule', () => {
  it.each<[string, Partial<RecordedFacts>, boolean]>([
    ['match: { host: shop.example }', {}, true],
    ['match: { host: "*.example" }', {}, true],
    ['match: { host: other.example }', {}, false],
    ['match: { path: /u }', {}, true],
    ['match: { path: /u/ }', {}, true],
    ['match: { path: /u/2088 }', {}, false],
    ['match: { path: /u }', { path: '/x/../%75/2088000000000050' }, true],
    ['match: { zone: RZ01 }', {}, true],
    ['match: { zone: RZ02 }', {}, false],
    ['match: { zoneType: rzone }', {}, true],
    ['match: { zoneType: gzone }', {}, false],
    ['match: { app: shop }', {}, true],
    ['match: { app: config }', {}, false],
    ['match: {}', { method: 'HEAD' }, true],
    ['match: {}', { method: 'POST' }, false],
    ['match: { methods: [POST] }', { method: 'POST' }, true],
    ['match: { header: { name: X-Beta } }', { headers: [['x-beta', '']] }, true],
    ['match: { header: { name: X-Beta } }', {}, false],
    ['match: { header: { name: X-Beta, value: "1" } }', { headers: [['X-Beta', '1']] }, true],
    ['match: { header: { name: X-Beta, value: "1" } }', { headers: [['X-Beta', '12']] }, false],
    ['match: { header: { name: X-Beta, prefix: "1" } }', { headers: [['X-Beta', '12']] }, true],
  ])('%s of %j: %s', (match, given, expected) => {
    const d = ask(snapshotOf(`percent: 100, ${match}`), given);
    expect(copies(d)).toEqual(expected ? ['shadow'] : []);
    expect(d.why.some((r) => r.code === 'mirrored')).toBe(expected);
  });

  it('copies to a group only at gates of the IDC where it stands', () => {
    const to = 'to: { zone: RZ01, group: B }';
    const snapshot = withRules(`  - { name: shadow, percent: 100, ${to} }`);
    expect(copies(ask(snapshot))).toEqual(['shadow']);
    const elsewhere = { path: uidPath('2088000000000250'), entryIdc: 'hz2' as IdcId };
    expect(copies(ask(snapshot, elsewhere))).toEqual([]);
  });

  it('with half-open shares keeps who was in when it grows, and takes the exact share', () => {
    const at = (percent: number, i: number): boolean => {
      const d = ask(snapshots.get(percent)!, { dice: i / POINTS, path: '/' });
      return d.mirrors !== null;
    };
    const snapshots = new Map(
      [0.1, 1, 5, 50].map((p) => [p, snapshotOf(`percent: ${p}, by: request`)] as const),
    );
    const counts = new Map<number, number>();
    for (let i = 0; i < POINTS; i++) {
      let before = false;
      for (const percent of snapshots.keys()) {
        const now = at(percent, i);
        expect(before && !now).toBe(false);
        if (now) counts.set(percent, (counts.get(percent) ?? 0) + 1);
        before = now;
      }
    }
    for (const [percent, count] of counts)
      expect(Math.abs(count - (percent / 100) * POINTS)).toBeLessThanOrEqual(1);
  });
});

describe('a user', () => {
  const snapshot = snapshotOf('percent: 30');

  it('is copied whole: every request, whatever its dice, at whatever path and gate', () => {
    fc.assert(
      fc.property(
        fc.nat(999_999),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('/orders', '/a/b', '/'),
        (n, dice, rest) => {
          const path = `/u/${uidOf(n)}${rest}`;
          const here = ask(snapshot, { path, dice });
          const first = ask(snapshot, { path: uidPath(uidOf(n)) });
          expect(copies(here)).toEqual(copies(first));
          expect(copies(handed(snapshot, { path, dice }))).toEqual(copies(first));
        },
      ),
    );
  });

  it('is drawn by the declared share: 30 % of 20,000 users, to half a percent', () => {
    let drawn = 0;
    for (let n = 0; n < 20_000; n++)
      if (ask(snapshot, { path: uidPath(uidOf(n)) }).mirrors !== null) drawn++;
    expect(Math.abs(drawn / 20_000 - 0.3)).toBeLessThan(0.005);
  });

  it('without a uid is whole by his cookie', () => {
    const half = snapshotOf('percent: 50');
    const shards = [...Array(20).keys()];
    const of = (shard: number, dice: number): boolean => {
      const cookie = half.cookieOfShard[shard]!;
      const headers = [['cookie', `${half.gate.cookie.name}=${cookie}`]] as const;
      return ask(half, { path: '/', dice, headers }).mirrors !== null;
    };
    for (const shard of shards) expect(of(shard, 0.1)).toBe(of(shard, 0.9));
    expect(new Set(shards.map((s) => of(s, 0.5)))).toEqual(new Set([true, false]));
  });
});

/** The same request, come by a gate of another IDC. */
function handed(
  snapshot: Snapshot,
  given: Partial<RecordedFacts> = {},
  lane: Lane | null = null,
  group = 'A',
): Forward {
  const bound = {
    method: 'GET',
    host: 'shop.example',
    path: given.path ?? uidPath('2088000000000050'),
    query: '',
  };
  const signed = signHandOver(
    {
      ...{ fromIdc: 'hz2', zone: 'RZ01', shard: 5, group, epoch: snapshot.epoch },
      ...{ board: 0, how: 'table', pinTag: null, requestId: 'a-request-id', lane },
    },
    bound,
    NOW,
    snapshot.peer.peerKeys,
  );
  const headers = [...(given.headers ?? []), ['x-ldc-decision', signed] as const];
  return ask(snapshot, { ...given, path: bound.path, headers });
}

describe('what is copied once is copied nowhere else', () => {
  it('a request for another IDC is copied by the gate there, not by this one', () => {
    const far = ask(every, { entryIdc: 'sh1' as IdcId });
    expect([far.targets[0].via, copies(far)]).toEqual(['peer', []]);
    expect(copies(handed(every))).toEqual(['shadow']);
  });

  it('a load test is not copied; users who try a release are', () => {
    const scene = { kind: 'stress', name: 'double-11' } as const;
    expect(copies(handed(every, {}, scene, 'A~shadow'))).toEqual([]);
    expect(copies(handed(every, {}, { kind: 'gray', name: 'r77' }))).toEqual(['shadow']);
  });

  const mark = markOf('shadow', minuteOf(NOW), every.peer.peerKeys);
  it.each<[string, Partial<RecordedFacts>, boolean]>([
    ['from a listed network', { remote: '127.0.0.1' }, true],
    ['from an app', { remote: '192.0.2.1', listener: 'app' }, true],
    ['from a stranger', { remote: '192.0.2.1' }, false],
  ])('a mark %s is believed: %3$s', (_, given, believed) => {
    const d = ask(every, { ...given, headers: [['X-Ldc-Mirror', mark]] });
    expect(d.copyMark).toBe(believed ? mark : null);
    expect(copies(d)).toEqual(believed ? [] : ['shadow']);
    expect(d.why.some((r) => r.code === 'mirror-copy')).toBe(believed);
  });

  it('a copy gets no cookie, though its user is proven', () => {
    const path = '/';
    const proven = [['x-user-id', '2088000000000050']] as const;
    const from = { path, listener: 'app' } as const;
    expect(ask(every, { ...from, headers: proven }).cookieToSet).not.toBeNull();
    const copy = ask(every, { ...from, headers: [...proven, ['x-ldc-mirror', mark]] });
    expect([copy.cookieToSet, copy.clearsCookie]).toEqual([null, false]);
    expect(copy.why.map((r) => r.code)).toContain('cookie-left-to-sender');
    const corrected = (d: Forward): string => correct(d, '2088000000000680', null, NOW, every).kind;
    expect([corrected(ask(every, { path })), corrected(copy)]).toEqual(['set', 'none']);
  });

  it.each([
    ['as it was made', (m: string) => m, NOW, true],
    ['a minute later', (m: string) => m, NOW + 60_000, true],
    ['an hour later', (m: string) => m, NOW + 3_600_000, false],
    ['before its time', (m: string) => m, NOW - 3_600_000, false],
    ['for another rule', (m: string) => m.replace('shadow', 'shadoW'), NOW, false],
    ['with another minute', (m: string) => m.replace(/\.\w+\.(?=\w+\.)/, '.zzz.'), NOW, false],
    ['under a strange key', (m: string) => m.replace(/\.[^.]+(\.[^.]+)$/, '.other$1'), NOW, false],
    ['cut short', (m: string) => m.slice(0, -1), NOW, false],
    ['empty', () => '', NOW, false],
    ['as dots', () => '....', NOW, false],
  ])('a mark %s is good: %4$s', (_, edit, atMs, good) => {
    expect(readMark(edit(mark), atMs, every.peer.peerKeys)).toBe(good ? 'shadow' : null);
  });
});

describe('the board', () => {
  const ordered = (percent: number): Board => {
    const said = { id: 's1', action: 'mirror', rule: 'shadow', percent, untilMs: null } as const;
    const s: Switch = { ...said, overrode: [], by: 'ann', reason: 'why', atMs: 0 };
    return { ...EMPTY_BOARD, epoch: 1, switches: [s] };
  };
  it('counts before the document, without a reload', () => {
    const off = withBoard(every, ordered(0), false);
    expect([off.mirrors, copies(ask(off))]).toEqual([null, []]);
    const none = snapshotOf('percent: 0');
    expect(copies(ask(none))).toEqual([]);
    expect(copies(ask(withBoard(none, ordered(100), false)))).toEqual(['shadow']);
    expect(withBoard(none, ordered(12.5), false).mirrors![0]!.share).toBe(0.125);
  });
});
