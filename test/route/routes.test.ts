import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
    const found = findRoute(routes, host, path);
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

describe('the path that rules see', () => {
  it.each([
    ['/', '/'],
    ['/a', '/a'],
    ['/a/', '/a/'],
    ['//a///b', '/a/b'],
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/../../a', '/a'],
    ['/a/..', '/'],
    ['/a/b/..', '/a/'],
    ['/%7euser', '/~user'],
    ['/a%2fb', '/a%2Fb'],
    ['/%2e%2e/a', '/a'],
    ['/%zz', '/%zz'],
    ['/a.b/..c', '/a.b/..c'],
  ])('%s → %s', (from, to) => expect(normalisePath(from)).toBe(to));

  it('is normal after one pass', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\/[a-c./%2eEfF]{0,16}$/), (path) => {
        const once = normalisePath(path);
        if (!/%/.test(once)) expect(normalisePath(once)).toBe(once);
        expect(once).not.toMatch(/\/\.{1,2}(\/|$)|\/\//);
      }),
      { numRuns: 2000 },
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
