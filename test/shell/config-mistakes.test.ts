// Over 300 lines: tables of cases, one line each but for the formatter.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/shell/config/load.ts';
import { load, REFERENCE, ROOT, referenceWith, scratch } from '../support/config.ts';

type Edit = Readonly<Record<string, readonly (readonly [string, string])[]>>;

/** Errors as `file:line:column code`, with what they suggest. */
function errorsOf(edit: Edit, env: Record<string, string> = {}): string[] {
  const directory = referenceWith(edit);
  const loaded = loadConfig(directory, env);
  if (loaded.ok) return [];
  return loaded.error
    .filter((i) => i.severity === 'error')
    .map(
      (i) =>
        `${i.file.slice(directory.length + 1)}:${i.line}:${i.column} ${i.code}${i.suggestion === undefined ? '' : ` → ${i.suggestion}`}`,
    );
}

describe('one mistake, and where it is shown', () => {
  it.each<[string, Edit, RegExp]>([
    [
      'a misspelt key',
      { 'gate.yaml': [['  headBytes: 32768', '  headByte: 32768']] },
      /^gate\.yaml:\d+:3 unknown-key → headBytes$/,
    ],
    [
      'a misspelt kind',
      { 'rules.yaml': [['kind: Rules', 'kind: Rule']] },
      /^rules\.yaml:\d+:7 unknown-kind → Rules$/,
    ],
    [
      'a wrong type',
      { 'gate.yaml': [['connectMs: 1000', 'connectMs: fast']] },
      /^gate\.yaml:\d+:14 bad-type$/,
    ],
    [
      'a number out of range',
      { 'gate.yaml': [['fields: 100', 'fields: 100000']] },
      /^gate\.yaml:\d+:11 out-of-range$/,
    ],
    [
      'a word that is not in the list',
      { 'topology.yaml': [['type: gzone', 'type: gzon']] },
      /^topology\.yaml:\d+:19 bad-value → gzone$/,
    ],
    [
      'a gap in the shard table',
      { 'rules.yaml': [['"40-59": RZ03', '"40-58": RZ03']] },
      /^rules\.yaml:\d+:3 shard-gap$/,
    ],
    [
      'an overlap in the shard table',
      { 'rules.yaml': [['"40-59": RZ03', '"39-59": RZ03']] },
      /^rules\.yaml:\d+:3 shard-overlap$/,
    ],
    [
      'a range that is no range',
      { 'rules.yaml': [['"40-59": RZ03', '"40-5900": RZ03']] },
      /shard-range/,
    ],
    [
      'an owner that does not exist',
      { 'rules.yaml': [['"40-59": RZ03', '"40-59": RZ0E']] },
      /^rules\.yaml:\d+:12 unknown-zone → RZ0/,
    ],
    [
      'an owner that holds no users',
      { 'rules.yaml': [['"40-59": RZ03', '"40-59": CZ01']] },
      /^rules\.yaml:\d+:12 owner-type$/,
    ],
    [
      'weights that do not sum',
      { 'rules.yaml': [['RZ01: { A: 50, B: 50 }', 'RZ01: { A: 50, B: 49 }']] },
      /^rules\.yaml:\d+:9 weight-sum$/,
    ],
    [
      'weights of a group that is not there',
      { 'rules.yaml': [['RZ01: { A: 50, B: 50 }', 'RZ01: { A: 50, C: 50 }']] },
      /^rules\.yaml:\d+:\d+ unknown-group/,
    ],
    [
      'a DR partner in the same IDC',
      {
        'topology.yaml': [
          ['dr: { local: RZ03, remote: RZ04 }', 'dr: { local: RZ02, remote: RZ04 }'],
        ],
      },
      /^topology\.yaml:\d+:26 dr-blast-radius$/,
    ],
    [
      'a remote DR partner in the same city',
      {
        'topology.yaml': [
          ['dr: { local: RZ03, remote: RZ04 }', 'dr: { local: RZ03, remote: RZ02 }'],
        ],
      },
      /^topology\.yaml:\d+:40 dr-blast-radius$/,
    ],
    [
      'a zone as its own partner',
      { 'topology.yaml': [['dr: { local: RZ03, remote: RZ04 }', 'dr: { local: RZ01 }']] },
      /dr-blast-radius/,
    ],
    [
      'an elastic zone as DR partner',
      { 'topology.yaml': [['dr: { local: RZ03, remote: RZ04 }', 'dr: { remote: EZ01 }']] },
      /dr-type/,
    ],
    [
      'a return of what is no loan',
      { 'fleet.yaml': [['zones: [EZ01], act: return', 'zones: [RZ03], act: return']] },
      /return-type/,
    ],
    [
      'a failover of an elastic zone by itself',
      { 'fleet.yaml': [['zones: [EZ01], act: return', 'zones: [EZ01], act: failover']] },
      /return-type/,
    ],
    [
      'a partner for a gzone',
      { 'topology.yaml': [['type: gzone', 'type: gzone\n            dr: { remote: RZ04 }']] },
      /dr-type/,
    ],
    [
      'an IDC that others cannot reach',
      { 'topology.yaml': [['        gates: ["127.0.0.1:${ZONEGATE_PORTS:-18}083"]\n', '']] },
      /^topology\.yaml:\d+:7 unreachable-zones$/,
    ],
    [
      'a group of a gzone in an IDC that is not there',
      { 'topology.yaml': [['idc: hz2', 'idc: hz3']] },
      /^topology\.yaml:\d+:22 unknown-idc → hz/,
    ],
    [
      'an rzone spread over IDCs',
      {
        'topology.yaml': [
          [
            'A:\n                endpoints: { shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}411"] }',
            'A:\n                idc: sh1\n                endpoints: { shop: ["127.0.0.1:9"] }',
          ],
        ],
      },
      /group-idc/,
    ],
    [
      'an app nobody runs',
      { 'routes.yaml': [['app: config', 'app: confg']] },
      /^routes\.yaml:\d+:\d+ unknown-app → config$/,
    ],
    [
      'an app one group does not run',
      {
        'topology.yaml': [
          [
            'B:\n                endpoints: { shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}412"] }',
            'B:\n                endpoints: { config: ["127.0.0.1:9"] }',
          ],
        ],
      },
      /^routes\.yaml:\d+:\d+ app-not-deployed$/,
    ],
    [
      'an identity nobody declared',
      { 'routes.yaml': [['identity: user }\n  # `write', 'identity: users }\n  # `write']] },
      /^routes\.yaml:\d+:\d+ unknown-identity → user$/,
    ],
    [
      'a route twice',
      { 'routes.yaml': [['path: /search', 'path: /%2e/catalog/']] },
      /bad-value|duplicate-route/,
    ],
    [
      'an identity with two places',
      { 'routes.yaml': [['- { query: uid }', '- { query: uid, header: x }']] },
      /^routes\.yaml:\d+:7 bad-value$/,
    ],
    [
      'a listener for an IDC that is not there',
      { 'gate.yaml': [['idc: hz1, from: external', 'idc: hz9, from: external']] },
      /^gate\.yaml:\d+:\d+ unknown-idc → hz1$/,
    ],
    [
      'an admin listener for the world',
      { 'gate.yaml': [['idc: hz1, address: "127.0.0.1:', 'idc: hz1, address: "0.0.0.0:']] },
      /^gate\.yaml:\d+:\d+ admin-address$/,
    ],
    [
      'a network that is none',
      { 'gate.yaml': [['"127.0.0.0/8"', '"127.0.0.0/99"']] },
      /^gate\.yaml:\d+:\d+ network$/,
    ],
    [
      'a port that is none',
      { 'topology.yaml': [['${ZONEGATE_PORTS:-18}481', '99999']] },
      /^topology\.yaml:\d+:\d+ bad-value$/,
    ],
    [
      'shards that digits cannot make',
      { 'topology.yaml': [['count: 100', 'count: 64']] },
      /^topology\.yaml:\d+:10 shard-count$/,
    ],
    [
      'a key twice (YAML)',
      { 'rules.yaml': [['epoch: 1', 'epoch: 1\nepoch: 2']] },
      /^rules\.yaml:\d+:1 duplicate-key$/,
    ],
    [
      'a tab (YAML)',
      { 'rules.yaml': [['  "00-19"', '\t"00-19"']] },
      /^rules\.yaml:\d+:\d+ yaml-syntax$/,
    ],
    [
      'a variable that is not set',
      { 'gate.yaml': [['"${ZONEGATE_ACCESS_LOG:-stdout}"', '"${ZONEGATE_ACCESS_LOG}"']] },
      /^gate\.yaml:\d+:11 variable$/,
    ],
    [
      'a secret that is too short',
      { 'gate.yaml': [['"${ZONEGATE_PEER_KEY:-demo-only-peer-key-0123456789abcdefgh}"', 'short']] },
      /^gate\.yaml:\d+:\d+ out-of-range$/,
    ],
    [
      'a secret file that is not there',
      {
        'gate.yaml': [
          [
            'secret: "${ZONEGATE_PEER_KEY:-demo-only-peer-key-0123456789abcdefgh}"',
            'secretFile: nothing-here',
          ],
        ],
      },
      /^gate\.yaml:\d+:\d+ secret-file$/,
    ],
    [
      'a pin twice',
      { 'rules.yaml': [['weights:', '  - { uid: "2088000000000420", zone: RZ02 }\n\nweights:']] },
      /^rules\.yaml:\d+:\d+ duplicate-pin$/,
    ],
    [
      'a date without zone',
      { 'rules.yaml': [['2036-01-01T00:00:00+08:00', '2036-01-01']] },
      /^rules\.yaml:\d+:12 bad-value$/,
    ],
    [
      'a zone name twice',
      { 'topology.yaml': [['          CZ02:', '          CZ01:']] },
      /duplicate-name/,
    ],
  ])('%s', (_, edit, expected) => {
    const errors = errorsOf(edit);
    expect(
      errors.some((e) => expected.test(e)),
      errors.join('\n'),
    ).toBe(true);
    expect(errors.length, errors.join('\n')).toBeLessThanOrEqual(4);
  });
});

describe('mistakes that hide well', () => {
  it.each<[string, Edit, RegExp]>([
    [
      'a form that is no variable',
      {
        'gate.yaml': [
          [
            '${ZONEGATE_COOKIE_KEY:-demo-only-cookie-key-0123456789abcdef}',
            '${ZONEGATE_COOKIE_KEY:?must be set to something long}',
          ],
        ],
      },
      /gate\.yaml:\d+:25 variable/,
    ],
    [
      'an unknown tag',
      {
        'gate.yaml': [
          ['secret: "${ZONEGATE_COOKIE_KEY:-', 'secret: !vault "${ZONEGATE_COOKIE_KEY:-'],
        ],
      },
      /yaml-syntax/,
    ],
    [
      'a cookie domain no cookie can have',
      { 'gate.yaml': [['sameSite: lax', 'domain: a..b']] },
      /cookie-domain/,
    ],
    [
      'a name that JavaScript uses',
      { 'topology.yaml': [['          EZ01:', '          constructor:']] },
      /bad-name/,
    ],
    [
      'a name that is none at all',
      { 'rules.yaml': [['weights:', 'weights:\n  __proto__: { A: 1 }']] },
      /bad-name/,
    ],
    [
      'one shard as number and as text',
      { 'rules.yaml': [['"80-99": RZ05', '"80-98": RZ05\n  "99": RZ05\n  99: RZ04']] },
      /rules\.yaml:\d+:3 duplicate-key/,
    ],
    [
      'an identity header that frames the message',
      { 'routes.yaml': [['header: x-user-id', 'header: content-length']] },
      /routes\.yaml:\d+:17 bad-value/,
    ],
    [
      'a route with a star',
      { 'routes.yaml': [['path: /search', 'path: /search/*']] },
      /routes\.yaml:\d+:\d+ bad-value/,
    ],
    [
      'two listeners on one address',
      { 'gate.yaml': [['${ZONEGATE_PORTS:-18}181', '${ZONEGATE_PORTS:-18}081']] },
      /duplicate-address/,
    ],
    [
      'two IDCs with one gate',
      { 'topology.yaml': [['${ZONEGATE_PORTS:-18}082', '${ZONEGATE_PORTS:-18}081']] },
      /topology\.yaml:\d+:17 duplicate-address/,
    ],
    [
      'an address that is none',
      { 'topology.yaml': [['127.0.0.1:${ZONEGATE_PORTS:-18}481', '999.1.1.1:80']] },
      /bad-value/,
    ],
    [
      'a network some would read otherwise',
      { 'gate.yaml': [['"127.0.0.0/8"', '"10"']] },
      /network/,
    ],
    [
      'no peers between two IDCs',
      { 'gate.yaml': [['peers: ["127.0.0.0/8", "::1"]', 'peers: []']] },
      /no-peers/,
    ],
    [
      'a digit used twice',
      { 'topology.yaml': [['digits: [-3, -2]', 'digits: [-2, -2]']] },
      /shard-key/,
    ],
    [
      'an elastic zone that owns users but lacks their app',
      {
        'rules.yaml': [['"80-99": RZ05', '"80-99": EZ01']],
        'topology.yaml': [
          [
            'A:\n                endpoints: { shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}461"] }',
            'A:\n                endpoints: { other: ["127.0.0.1:9"] }',
          ],
        ],
      },
      /app-not-deployed/,
    ],
    [
      'a scene whose table leaves a shard out',
      { 'stress.yaml': [['"50-99": RZ04', '"50-98": RZ04']] },
      /^stress\.yaml:\d+:7 shard-gap$/,
    ],
    [
      'a scene in a zone that there is not',
      { 'stress.yaml': [['"25-49": RZ03', '"25-49": RZ3']] },
      /^stress\.yaml:\d+:\d+ unknown-zone → RZ03$/,
    ],
    [
      'a scene in a zone without shadow endpoints',
      {
        'topology.yaml': [
          ['                shadow: { shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}531"] }\n', ''],
          ['                shadow: { shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}532"] }\n', ''],
        ],
      },
      /^stress\.yaml:\d+:\d+ no-shadow$/,
    ],
    [
      'a shadow at an address of users',
      { 'topology.yaml': [['ZONEGATE_PORTS:-18}511', 'ZONEGATE_PORTS:-18}422']] },
      /^topology\.yaml:\d+:\d+ shadow-serves-users$/,
    ],
    [
      'a shadow at an address of users, spelt in another way',
      { 'topology.yaml': [['127.0.0.1:${ZONEGATE_PORTS:-18}511', '[::ffff:127.0.0.1]:18422']] },
      /^topology\.yaml:\d+:\d+ shadow-serves-users$/,
    ],
    [
      'a shadow by the DNS name of users',
      {
        'topology.yaml': [
          ['shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}422"]', 'shop: { dns: "shop.internal:80" }'],
          ['shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}511"]', 'shop: { dns: "Shop.Internal:80" }'],
        ],
      },
      /^topology\.yaml:\d+:\d+ shadow-serves-users$/,
    ],
    [
      'a shadow by the file of users',
      {
        'topology.yaml': [
          ['shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}422"]', 'shop: { file: shop.txt }'],
          ['shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}511"]', 'shop: { file: ./shop.txt }'],
        ],
      },
      /^topology\.yaml:\d+:\d+ shadow-serves-users$/,
    ],
    [
      'a shadow of an app that the group does not run',
      { 'topology.yaml': [['shadow: { shop:', 'shadow: { shup:']] },
      /^topology\.yaml:\d+:\d+ unknown-app → shop$/,
    ],
    [
      'reserved uids from high to low',
      { 'stress.yaml': [['2099000000000000-2099999999999999', '2099-2000']] },
      /^stress\.yaml:\d+:\d+ uid-range$/,
    ],
    [
      'reserved uids that no shard can be read in',
      { 'stress.yaml': [['2099000000000000-2099999999999999', '1-2']] },
      /^stress\.yaml:\d+:\d+ uid-unread$/,
    ],
    [
      'everybody as a load generator',
      { 'stress.yaml': [['10.9.0.0/16', '0.0.0.0/0']] },
      /^stress\.yaml:\d+:\d+ mark-by-anybody$/,
    ],
    [
      'a load balancer among the load generators',
      { 'gate.yaml': [['proxies: []', 'proxies: [10.9.7.0/24]']] },
      /^stress\.yaml:\d+:\d+ mark-by-anybody$/,
    ],
    [
      'load generators among the load balancers',
      { 'gate.yaml': [['proxies: []', 'proxies: [10.0.0.0/8]']] },
      /^stress\.yaml:\d+:\d+ mark-by-anybody$/,
    ],
    [
      'a load generator that is no network',
      { 'stress.yaml': [['10.9.0.0/16', '10.9.0.0/33']] },
      /^stress\.yaml:\d+:\d+ network$/,
    ],
    [
      'load tests that nobody can mark',
      {
        'gate.yaml': [
          ['  stress:\n', ''],
          [
            '    - { id: s1, secret: "${ZONEGATE_STRESS_KEY:-demo-only-stress-key-0123456789abcde}" }\n',
            '',
          ],
        ],
        'stress.yaml': [
          ['app: true', 'app: false'],
          ['[10.9.0.0/16]', '[]'],
          ['    uids: ["2099000000000000-2099999999999999"]\n    onlyReserved: true\n', ''],
        ],
      },
      /^stress\.yaml:\d+:3 no-way-in$/,
    ],
    [
      'a key with two secrets',
      { 'gate.yaml': [['{ id: c1,', '{ id: c1, secretFile: x,']] },
      /bad-value/,
    ],
  ])('%s', (_, edit, expected) => {
    const errors = errorsOf(edit);
    expect(
      errors.some((e) => expected.test(e)),
      errors.join('\n'),
    ).toBe(true);
  });

  it.each<[string, Edit, string[]]>([
    [
      'a misspelt zone type',
      {
        'topology.yaml': [['type: elastic', 'type: elastc']],
        'rules.yaml': [['"40-59": RZ03', '"40-59": RZ77']],
      },
      ['bad-value', 'unknown-zone'],
    ],
    [
      'an epoch that is none',
      {
        'rules.yaml': [
          ['epoch: 1', 'epoch: x'],
          ['"40-59"', '"41-59"'],
        ],
      },
      ['bad-type', 'shard-gap'],
    ],
    [
      'a misspelt kind',
      {
        'rules.yaml': [
          ['kind: Rules', 'kind: Rule'],
          ['"40-59"', '"41-59"'],
        ],
      },
      ['unknown-kind', 'shard-gap'],
    ],
    [
      'a key twice',
      {
        'rules.yaml': [
          ['epoch: 1', 'epoch: 1\nepoch: 2'],
          ['"40-59"', '"41-59"'],
        ],
      },
      ['duplicate-key', 'shard-gap'],
    ],
    [
      'a missing document',
      {
        'gate.yaml': [['kind: Gate', 'kind: Nothing']],
        'rules.yaml': [['"40-59"', '"40-59": ${NOWHERE}\n  "98"']],
      },
      ['missing-kind', 'unknown-kind', 'variable'],
    ],
  ])('%s hides no other mistake', (_, edit, codes) => {
    const errors = errorsOf(edit).join('\n');
    for (const code of codes) expect(errors).toContain(` ${code}`);
  });

  it('a bad element of a list does not shift the places of its neighbours', () => {
    const lines = errorsOf({
      'routes.yaml': [
        ['path: /search,', 'path: 7,'],
        ['app: catalog', 'app: catalgo'],
      ],
    });
    const at = lines.find((l) => l.includes('unknown-app'));
    const text = readFileSync(join(REFERENCE, 'routes.yaml'), 'utf8').split('\n');
    expect(text[Number(at!.split(':')[1]) - 1]).toContain('app: catalog');
  });

  it('aliases are followed, for secrets too, and circles are refused', () => {
    const directory = referenceWith({
      'gate.yaml': [
        [
          'secret: "${ZONEGATE_COOKIE_KEY:-demo-only-cookie-key-0123456789abcdef}"',
          'secretFile: &k one.key',
        ],
        ['secret: "${ZONEGATE_PEER_KEY:-demo-only-peer-key-0123456789abcdefgh}"', 'secretFile: *k'],
      ],
    });
    writeFileSync(join(directory, 'one.key'), 'k'.repeat(40));
    expect(load(directory).gate.keys.peer[0]!.secret).toBe('k'.repeat(40));
    expect(errorsOf({ 'rules.yaml': [['weights:', 'x: &a [*a]\nweights:']] }).join()).toContain(
      'yaml',
    );
  });

  it('a variable is text, whatever it holds', () => {
    const edit: Edit = { 'rules.yaml': [['epoch: 1', 'epoch: ${E}']] };
    for (const value of ['*x', '1: 2: 3', '7 # hi', '[1]', '&a 1', '!t 1'])
      expect(errorsOf(edit, { E: value }).join(), value).toContain('bad-type');
    expect(load(referenceWith(edit), { E: '7' }).epoch).toBe(7);
  });

  it('keys are never shown, however they are misplaced', () => {
    const secret = 'a-secret-that-nobody-may-see-in-a-message';
    for (const wrong of [
      `{ id: c1, secert: ${secret} }`,
      secret,
      `{ id: ${secret}, secret: c1 }`,
      `[${secret}]`,
    ]) {
      const directory = referenceWith({
        'gate.yaml': [
          [
            '{ id: c1, secret: "${ZONEGATE_COOKIE_KEY:-demo-only-cookie-key-0123456789abcdef}" }',
            wrong,
          ],
        ],
      });
      const loaded = loadConfig(directory, {});
      expect(loaded.ok).toBe(false);
      expect(JSON.stringify(loaded), wrong).not.toContain(secret);
    }
  });
});

describe('many mistakes', () => {
  it('are all shown at once, in the order of the files', () => {
    const errors = errorsOf({
      'topology.yaml': [
        ['count: 100', 'count: "many"'],
        ['remote: RZ05 }', 'remote: RZ06 }'],
      ],
      'rules.yaml': [
        ['"40-59"', '"40-58"'],
        ['A: 50, B: 50 }\n  GZ01', 'A: 50, B: 40 }\n  GZ01'],
      ],
      'routes.yaml': [['app: catalog', 'app: catalogue']],
      'gate.yaml': [
        ['sameSite: lax', 'sameSit: lax'],
        ['keepAliveMs: 60000', 'keepAliveMs: -1'],
      ],
    });
    expect(errors.map((e) => e.replace(/:\d+:\d+/, ''))).toEqual([
      'gate.yaml unknown-key → sameSite',
      'gate.yaml out-of-range',
      'routes.yaml unknown-app → catalog',
      'rules.yaml shard-gap',
      'rules.yaml weight-sum',
      'topology.yaml bad-type',
      'topology.yaml unknown-zone → RZ01',
    ]);
  });

  it('show what was found and expected, and never a secret', () => {
    const directory = referenceWith({
      'gate.yaml': [['"${ZONEGATE_PEER_KEY:-demo-only-peer-key-0123456789abcdefgh}"', 'hunter2']],
    });
    const loaded = loadConfig(directory, {});
    if (loaded.ok) throw new Error('accepted');
    expect(JSON.stringify(loaded.error)).not.toContain('hunter2');
    expect(loaded.error.find((i) => i.code === 'out-of-range')).toMatchObject({
      found: 'a string (hidden)',
      expected: 'at least 32 characters',
    });
  });
});

describe('what can be written', () => {
  it('takes variables for numbers, text and defaults', () => {
    const directory = referenceWith({
      'gate.yaml': [['connectMs: 1000', 'connectMs: ${CONNECT_MS:-750}']],
    });
    expect(load(directory).gate.timeouts.connectMs).toBe(750);
    expect(load(directory, { CONNECT_MS: '20' }).gate.timeouts.connectMs).toBe(20);
  });

  it('takes secrets from files, without the line end', () => {
    const directory = referenceWith({
      'gate.yaml': [
        [
          'secret: "${ZONEGATE_PEER_KEY:-demo-only-peer-key-0123456789abcdefgh}"',
          'secretFile: peer.key',
        ],
      ],
    });
    writeFileSync(join(directory, 'peer.key'), `${'s'.repeat(40)}\n`);
    expect(load(directory).gate.keys.peer[0]).toEqual({ id: 'p1', secret: 's'.repeat(40) });
  });

  it('warns of demo keys and of rzones that nobody belongs to', () => {
    const directory = referenceWith({ 'rules.yaml': [['"40-59": RZ03', '"40-59": RZ02']] });
    const loaded = loadConfig(directory, {});
    expect(loaded.ok && loaded.value.warnings.map((w) => w.code).sort()).toEqual([
      'demo-key',
      'demo-key',
      'demo-key',
      'demo-key',
      'idle-rzone',
      'unverified-return',
    ]);
  });

  it('shards by hash where uids are not numbers', () => {
    const directory = referenceWith({
      'topology.yaml': [
        ['count: 100', 'count: 64'],
        ['digits: [-3, -2]', 'hash: fnv1a'],
      ],
      'rules.yaml': [['"80-99": RZ05', '']],
    });
    expect(loadConfig(directory, {}).ok).toBe(false);
  });
});

describe('a directory that is no configuration', () => {
  it('is said to be empty, missing or unreadable', () => {
    const codesOf = (directory: string): string[] => {
      const loaded = loadConfig(directory, {});
      return loaded.ok ? [] : loaded.error.map((i) => i.code);
    };
    expect(codesOf(scratch())).toEqual(['empty']);
    expect(codesOf(join(scratch(), 'nowhere'))).toEqual(['unreadable']);
    const odd = scratch();
    for (const [name, text] of Object.entries({
      'empty.yaml': '',
      'list.yaml': '- 1\n- 2\n',
      'text.yaml': 'hello',
      'null.yaml': 'null',
      'bom.yaml': '\ufeffkind: Rules\r\n',
    })) {
      writeFileSync(join(odd, name), text);
    }
    expect(new Set(codesOf(odd))).toEqual(new Set(['unknown-kind', 'missing-kind', 'missing']));
    const bomb = scratch();
    writeFileSync(
      join(bomb, 'a.yaml'),
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n`,
    );
    expect(codesOf(bomb)).toContain('yaml');
  });

  it('accepts the smallest one, without peers', () => {
    expect(loadConfig(join(ROOT, 'configs', 'minimal'), {}).ok).toBe(true);
  });

  it('accepts the reference', () => expect(loadConfig(REFERENCE, {}).ok).toBe(true));
});
