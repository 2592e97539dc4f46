import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateSchema, type PathPolicy } from '../../src/gate/gate-schema.ts';
import { Report } from '../../src/model/issue.ts';
import { compileRoutes, isWrite } from '../../src/route/compile.ts';
import { findRoute } from '../../src/route/index.ts';
import { normalisePath } from '../../src/route/normalise.ts';
import { routesSchema } from '../../src/route/routes-schema.ts';

const table = (routes: readonly [string, string][]) =>
  compileRoutes(
    routesSchema.parse({
      apiVersion: 'zonegate/v1',
      kind: 'Routes',
      routes: routes.map(([host, path]) => ({ host, path, zone: 'gzone', app: 'a' })),
    }),
    new Report(),
  );

describe('which route a request is on', () => {
  const routes = table([
    ['shop.example', '/'],
    ['shop.example', '/api'],
    ['shop.example', '/api/v2/'],
    ['*.example', '/x'],
    ['*.shop.example', '/'],
    ['*', '/any'],
  ]);
  it.each([
    ['shop.example', '/', 'shop.example/'],
    ['shop.example', '/apix', 'shop.example/'],
    ['shop.example', '/api', 'shop.example/api'],
    ['shop.example', '/api/', 'shop.example/api'],
    ['shop.example', '/api/v1/a', 'shop.example/api'],
    ['shop.example', '/api/v2', 'shop.example/api/v2'],
    ['shop.example', '/api/v2/deep/er', 'shop.example/api/v2'],
    ['shop.example', '/%61pi/v2', 'shop.example/api/v2'],
    ['shop.example', '/x/../api', 'shop.example/api'],
    ['shop.example', '/x/%2e%2e/api', 'shop.example/api'],
    ['shop.example', '//api', 'shop.example/api'],
    ['shop.example', '/api%2fv2', 'shop.example/'],
    ['www.example', '/x/y', '*.example/x'],
    ['www.example', '/', 'path-unknown'],
    ['a.shop.example', '/', '*.shop.example/'],
    ['example', '/x', 'path-unknown'],
    ['other.test', '/any/thing', '*/any'],
    ['other.test', '/', 'path-unknown'],
  ])('%s%s → %s', (host, path, name) => {
    const found = findRoute(routes, host, normalisePath(path, POLICY)!);
    expect(typeof found === 'string' ? found : found.name).toBe(name);
  });

  it('has a closed default: a host nobody named is unknown', () => {
    expect(findRoute(table([['a.example', '/']]), 'b.example', '/')).toBe('host-unknown');
  });

  it('agrees with a plain search for the longest prefix', () => {
    const segment = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(segment, { maxLength: 4 }).map((s) => `/${s.join('/')}`);
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { minLength: 1, maxLength: 12 }),
        path,
        (prefixes, asked) => {
          const found = findRoute(table(prefixes.map((p) => ['h', p])), 'h', asked);
          const covers = (p: string): boolean =>
            p === '/' || asked === p || asked.startsWith(`${p}/`);
          const longest = prefixes.filter(covers).sort((x, y) => y.length - x.length)[0];
          const expected = longest === undefined ? 'path-unknown' : `h${longest}`;
          expect(typeof found === 'string' ? found : found.name).toBe(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const POLICY: PathPolicy = gateSchema.shape.paths.parse({});

describe('the path that rules see', () => {
  it.each([
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a/'],
    ['*', '*'],
    ['//a///b', '/a/b'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/../../a', '/a'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/%7euser', '/~user'],
    ['/a%2fb', '/a%2Fb'],
    ['/%2e%2e/a', '/a'],
    ['/a.b/..c', '/a.b/..c'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%2f..b', '/a%2F..b'],
  ])('%s → %s', (from, to) => expect(normalisePath(from, POLICY)).toBe(to));

  it.each([
    ['a NUL', '/a%00b'],
    ['an escape cut short', '/a%2'],
    ['an escape that is none', '/%zz'],
    ['an escaped backslash', '/a%5cb'],
    ['an escaped slash that leads out', '/a/..%2fadmin'],
    ['the same, fully escaped', '/a/%2e%2e%2fadmin'],
    ['an escaped slash before dots', '/a%2f../admin/x%2f..'],
    ['an escaped slash beside one dot', '/a/.%2fb'],
  ])('refuses %s', (_, path) => expect(normalisePath(path, POLICY)).toBe(null));

  it.each<[Partial<PathPolicy>, string, string | null]>([
    [{ dotSegments: 'refuse' }, '/a/../b', null],
    [{ dotSegments: 'refuse' }, '/a/%2e/b', null],
    [{ dotSegments: 'refuse' }, '/a/.b', '/a/.b'],
    [{ doubleSlash: 'refuse' }, '/a//b', null],
    [{ doubleSlash: 'refuse' }, '//a', null],
    [{ doubleSlash: 'refuse' }, '/%61/', '/a/'],
    [{ doubleSlash: 'keep' }, '/a//b', '/a//b'],
    [{ encodedSlash: 'decode' }, '/a/..%2fb', '/b'],
    [{ encodedSlash: 'decode' }, '/a%2Fb', '/a/b'],
    [{ encodedSlash: 'refuse' }, '/a%2Fb', null],
    [{ backslash: 'keep' }, '/a%5cb', '/a%5Cb'],
    [{ backslash: 'keep' }, '/a/..%5cb', null],
    [{ backslash: 'decode' }, '/a/..%5cb', '/b'],
    [{ badPercent: 'keep' }, '/%zz%4', '/%zz%4'],
    [{ badPercent: 'keep' }, '/a%00', null],
  ])('%j: %s → %s', (policy, from, to) =>
    expect(normalisePath(from, { ...POLICY, ...policy })).toBe(to),
  );

  it('is normal after one pass, whatever the policy', () => {
    const policy = fc.record({
      dotSegments: fc.constantFrom('resolve' as const, 'refuse' as const),
      doubleSlash: fc.constantFrom('merge' as const, 'refuse' as const),
      encodedSlash: fc.constantFrom('keep' as const, 'decode' as const, 'refuse' as const),
      backslash: fc.constantFrom('keep' as const, 'decode' as const, 'refuse' as const),
      badPercent: fc.constantFrom('keep' as const, 'refuse' as const),
    });
    fc.assert(
      fc.property(fc.stringMatching(/^\/[a-c./%25eEfFcC]{0,16}$/), policy, (path, rules) => {
        const once = normalisePath(path, rules);
        if (once === null) return;
        expect(once).not.toMatch(/\/\.{1,2}(\/|$)|\/\//);
        if (!/%/.test(once)) expect(normalisePath(once, rules)).toBe(once);
      }),
      { numRuns: 4000 },
    );
  });
});

describe('what writes', () => {
  const route = (write: 'auto' | 'always' | 'never') =>
    ({ name: '', zoneType: 'rzone', app: 'a', identity: null, write }) as never;
  it.each([
    ['auto', 'GET', false],
    ['auto', 'HEAD', false],
    ['auto', 'OPTIONS', false],
    ['auto', 'POST', true],
    ['auto', 'PATCH', true],
    ['auto', 'PROPPATCH', true],
    ['never', 'POST', false],
    ['always', 'GET', true],
  ] as const)('%s route, %s: %s', (write, method, expected) =>
    expect(isWrite(route(write), method)).toBe(expected),
  );
});
