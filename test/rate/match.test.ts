/** Which requests a rate speaks of, and which of them it counts together. */
import { describe, expect, it } from 'vitest';
import { type Asked, gateOf, times } from '../support/rates.ts';

describe('what is counted together', () => {
  const cases: readonly (readonly [string, object, Asked, Asked, 'one' | 'two'])[] = [
    ['the same address', { by: ['ip'] }, {}, {}, 'one'],
    ['two addresses', { by: ['ip'] }, { ip: '10.0.0.1' }, { ip: '10.0.0.2' }, 'two'],
    [
      'two of one /24',
      { by: ['ip'], prefix: { v4: 24 } },
      { ip: '10.0.0.1' },
      { ip: '10.0.0.2' },
      'one',
    ],
    ['two of one IPv6 /64', { by: ['ip'] }, { ip: '2001:db8::1' }, { ip: '2001:db8::2' }, 'one'],
    ['two IPv6 /64', { by: ['ip'] }, { ip: '2001:db8::1' }, { ip: '2001:db8:0:1::1' }, 'two'],
    [
      'an address by either spelling',
      { by: ['ip'] },
      { ip: '10.0.0.1' },
      { ip: '::ffff:10.0.0.1' },
      'one',
    ],
    [
      'one uid from two addresses',
      { by: ['uid'] },
      { uid: 'u', ip: '10.0.0.1' },
      { uid: 'u' },
      'one',
    ],
    ['two uids', { by: ['uid'] }, { uid: 'u' }, { uid: 'v' }, 'two'],
    ['two shards', { by: ['shard'] }, { shard: 7 }, { shard: 8 }, 'two'],
    ['one template', { by: ['path'] }, { path: '/u/1' }, { path: '/u/2' }, 'one'],
    ['two templates', { by: ['path'] }, { path: '/u/1' }, { path: '/v/1' }, 'two'],
    ['two hosts', { by: ['host'] }, { host: 'a.example' }, { host: 'b.example' }, 'two'],
    ['two routes', { by: ['route'] }, { route: 'a/' }, { route: 'b/' }, 'two'],
    [
      'one session',
      { by: ['cookie:sid'] },
      { headers: [['cookie', 'a=1; sid=x']] },
      { headers: [['cookie', 'sid=x']], ip: '10.9.9.9' },
      'one',
    ],
    [
      'two keys of an API',
      { by: ['header:X-Api-Key'] },
      { headers: [['x-api-key', 'a']] },
      { headers: [['x-api-key', 'b']] },
      'two',
    ],
    ['an address and a path', { by: ['ip', 'path'] }, { path: '/a' }, { path: '/b' }, 'two'],
    [
      'by address where the uid is missing',
      { by: ['uid'], missing: 'ip' },
      { ip: '10.0.0.1' },
      { ip: '10.0.0.2' },
      'two',
    ],
    [
      'a uid that looks like an address',
      { by: ['uid'], missing: 'ip' },
      { uid: '192.0.2.1' },
      {},
      'two',
    ],
  ];

  it.each(cases)('%s', (_, rate, first, second, expected) => {
    const gate = gateOf({ r: { limit: 1, ...rate } });
    expect(gate.kinds(first, second)).toEqual(['pass', expected === 'one' ? 'reject' : 'pass']);
    expect(gate.kinds(first, second)).toEqual(['reject', 'reject']);
  });

  it.each(['uid', 'shard', 'route', 'cookie:sid', 'header:x-api-key'])(
    'nothing where %s is missing, unless said otherwise',
    (part) => {
      expect(gateOf({ r: { limit: 1, by: [part] } }).kinds(...times(3))).toEqual([
        'pass',
        'pass',
        'pass',
      ]);
      expect(gateOf({ r: { limit: 1, by: [part], missing: 'ip' } }).kinds(...times(2))).toEqual([
        'pass',
        'reject',
      ]);
    },
  );

  it('nothing of one rate in another', () => {
    const gate = gateOf({
      a: { limit: 1, match: { paths: ['/a'] } },
      b: { limit: 1, match: { paths: ['/b'] } },
    });
    expect(gate.kinds({ path: '/a' }, { path: '/b' }, { path: '/a' })).toEqual([
      'pass',
      'pass',
      'reject',
    ]);
  });
});

describe('whom a rate speaks of', () => {
  it.each<readonly [object, Asked, boolean]>([
    [{}, {}, true],
    [{ paths: ['/a'] }, { path: '/a' }, true],
    [{ paths: ['/a'] }, { path: '/a/b' }, true],
    [{ paths: ['/a/'] }, { path: '/a' }, true],
    [{ paths: ['/a'] }, { path: '/ab' }, false],
    [{ paths: ['/'] }, { path: '/ab' }, true],
    [{ methods: ['POST'] }, { method: 'POST' }, true],
    [{ methods: ['POST'] }, { method: 'GET' }, false],
    [{ hosts: ['Shop.example'] }, {}, true],
    [{ hosts: ['*.example'] }, {}, true],
    [{ hosts: ['*.example'] }, { host: 'example' }, false],
    [{ hosts: ['pay.example'] }, {}, false],
    [{ networks: ['192.0.2.0/24'] }, {}, true],
    [{ networks: ['192.0.2.0/24'] }, { ip: '192.0.3.1' }, false],
    [{ listener: 'app' }, {}, false],
    [{ listener: 'app' }, { listener: 'app' }, true],
    [{ routes: ['shop.example/pay'] }, { route: 'shop.example/pay' }, true],
    [{ routes: ['shop.example/pay'] }, {}, false],
    [{ apps: ['pay'] }, { app: 'pay' }, true],
    [{ apps: ['pay'] }, { app: 'shop' }, false],
    [{ apps: ['pay'], methods: ['POST'] }, { app: 'pay' }, false],
  ])('%j and %j: %s', (match, asked, fits) => {
    expect(gateOf({ r: { limit: 1, match } }).kinds(asked, asked)[1]).toBe(
      fits ? 'reject' : 'pass',
    );
  });
});
