/** Which group a user meets where releases and gray rules stand: what counts before what. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { factsFrom, type RecordedFacts } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import {
  as,
  ask,
  base,
  gray,
  group,
  NOW,
  off,
  operator,
  release,
  standing,
  UID,
  why,
} from './lane-fixture.ts';

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
