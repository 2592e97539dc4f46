/** Where copies of users' requests go as a load test's: shadows of this IDC by the scene's table, or nowhere. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Mirroring } from '../../src/decide/decision.ts';
import { decide } from '../../src/decide/index.ts';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import { compileMirror } from '../../src/mirror/compile-mirror.ts';
import { mirrorSchema } from '../../src/mirror/mirror-schema.ts';
import { factsFrom, type RecordedFacts } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { Report } from '../../src/model/issue.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import type { Scene, StressRoom } from '../../src/stress-tag/index.ts';
import { reference } from '../support/config.ts';
import { mirrorDocument } from '../support/mirror.ts';

const NOW = 1_800_000_000_000;
const declared = reference().stress!;
const doubleEleven = declared.scenes.get('double-11')!;

/** The reference configuration, copying everything to its scene. */
function snapshotOf(edit: Partial<Scene> = {}, room: Partial<StressRoom> = {}): Snapshot {
  const rule = '  - { name: amp, percent: 100, credentials: keep, to: { stress: double-11 } }';
  const doc = mirrorSchema.parse(parse(mirrorDocument(rule)));
  const scene: Scene = { ...doubleEleven, onlyReserved: false, ...edit };
  const stress = { ...declared, ...room, scenes: new Map([[scene.name, scene]]) };
  const mirror = compileMirror(doc, new Report());
  return withBoard({ ...reference(), mirror, stress }, EMPTY_BOARD, false);
}

function copyOf(snapshot: Snapshot, given: Partial<RecordedFacts> = {}): Mirroring | null {
  const decision = decide(
    factsFrom({
      ...{ host: 'shop.example', path: '/u/2088000000000050/x', entryIdc: 'hz1' as IdcId },
      ...{ receivedAtMs: NOW, dice: 0.5, ...given },
    }),
    snapshot,
  );
  return decision.kind === 'forward' ? (decision.mirrors?.[0] ?? null) : null;
}

function whereOf(snapshot: Snapshot, given: Partial<RecordedFacts> = {}): string {
  const scene = copyOf(snapshot, given)?.scene ?? null;
  if (scene === null) return 'not copied';
  return scene.target === null ? scene.why : `${scene.target.zone.id} ${scene.target.via}`;
}

it.each<[string, Partial<Scene>, Partial<RecordedFacts>, string]>([
  ['by the scene’s table', {}, {}, 'RZ01 local'],
  ['by the users’ table', { owners: null }, {}, 'RZ01 local'],
  ['not where the scene’s time is over', { untilMs: NOW }, {}, 'stopped'],
  ['not where the scene is for reserved uids', { onlyReserved: true }, {}, 'foreign-uid'],
  ['not to endpoints of users', { shadow: false }, {}, 'no-shadow'],
  [
    'not for a load test',
    {},
    { remote: '10.9.0.1', headers: [['x-ldc-stress', 'double-11']] },
    'not copied',
  ],
])('a copy goes %s: %4$s', (_, edit, given, expected) => {
  expect(whereOf(snapshotOf(edit), given)).toBe(expected);
});

it('a copy goes nowhere where the scene has the user in another IDC', () => {
  // Users of 05 live in RZ01 in hz1.
  const rz03 = reference().topology.zones.get('RZ03' as never)!.id;
  const owners = doubleEleven.owners!.map(() => rz03);
  expect(whereOf(snapshotOf({ owners }))).toBe('elsewhere');
});

it('a uid that is reserved for another scene is not taken along on anybody’s word', () => {
  const other: Scene = { ...doubleEleven, name: 'other' };
  const uids = [{ from: '2088000000000000', to: '2088000000009999', scene: other }];
  expect(whereOf(snapshotOf({}, { uids, forged: 'normal' }))).toBe('foreign-uid');
});

it('credentials are left out even where the rule would keep them', () => {
  const { removes } = copyOf(snapshotOf())!.rule;
  expect(['cookie', 'authorization', 'x-api-key'].filter((n) => !removes.has(n))).toEqual([]);
});

it('whoever asks what, a copy goes to a shadow of this IDC, or nowhere', () => {
  const snapshots = [snapshotOf(), snapshotOf({ owners: null })] as const;
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(...snapshots),
      fc.nat(99),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.constantFrom('hz1', 'hz2', 'sh1'),
      fc.constantFrom('/', '/u', '/catalog', '/config'),
      (snapshot, shard, dice, idc, path) => {
        const uid = `2088000000000${String(shard).padStart(2, '0')}0`;
        const at = path === '/u' ? `/u/${uid}/x` : path;
        const copy = copyOf(snapshot, { path: at, dice, entryIdc: idc as IdcId })?.scene ?? null;
        if (copy === null) return;
        seen.add(copy.why ?? 'sent');
        if (copy.target === null) return;
        expect(copy.target.group.isShadow).toBe(true);
        expect([copy.target.via, copy.target.group.idc]).toEqual(['local', idc]);
        if (path === '/u' && snapshot === snapshots[0])
          expect(copy.target.zone.id).toBe(doubleEleven.owners![shard]);
      },
    ),
    { numRuns: 500 },
  );
  expect([...seen].sort()).toEqual(['elsewhere', 'sent']);
});
