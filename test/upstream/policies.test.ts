/** The Upstreams document: what holds when nothing is said, what an app replaces, what is refused. */
import { describe, expect, it } from 'vitest';
import { parseEndpointsFile } from '../../src/model/endpoints.ts';
import type { AppId } from '../../src/model/ids.ts';
import { loadConfig } from '../../src/shell/config/load.ts';
import { load, type PlainOptions, plainConfig, reference } from '../support/config.ts';

const compile = (told: Partial<PlainOptions>) =>
  loadConfig(plainConfig({ listen: 1, origins: [2], ...told }), {});

/** `path code`, one a mistake. */
function mistakes(told: Partial<PlainOptions>): string[] {
  const loaded = compile(told);
  const issues = loaded.ok ? loaded.value.warnings : loaded.error;
  return issues.map((i) => `${i.path.join('.')} ${i.code}`).sort();
}

describe('a policy', () => {
  it('is built in where nothing is said', () => {
    const { upstreams } = load(plainConfig({ listen: 1, origins: [2] }));
    const policy = upstreams.of('any' as AppId);
    expect(policy).toMatchObject({
      balance: { by: 'round-robin' },
      probe: null,
      hedge: null,
      adaptive: null,
      retries: { others: 2, budgetPercent: 20 },
      outliers: { consecutive: 5, maxEjectedPercent: 50 },
    });
  });

  it('of an app replaces whole sections of the default', () => {
    const { upstreams } = load(
      plainConfig({
        listen: 1,
        origins: [2],
        upstreams:
          'default: { queueMs: 7, retries: { others: 1, floorPerS: 9 } }\napps: { any: { retries: { others: 0 } } }',
      }),
    );
    expect(upstreams.of('any' as AppId)).toMatchObject({
      queueMs: 7,
      retries: { others: 0, floorPerS: 3 },
    });
    expect(upstreams.of('other' as AppId).retries).toMatchObject({ others: 1, floorPerS: 9 });
  });

  it('the manual shows what is built in', () => {
    const shown = reference().upstreams.of('unnamed' as AppId);
    const builtIn = load(plainConfig({ listen: 1, origins: [2] })).upstreams.of('any' as AppId);
    expect(shown).toEqual(builtIn);
  });

  it('that can’t work is refused, all mistakes at once', () => {
    const upstreams = `default:
  probe: { http: { path: healthz }, tcp: true, timeoutMs: 5000, intervalMs: 1000 }
  balance: { by: random }
  outliers: { ejectMs: 9000, maxEjectMs: 1000 }
  hedge: { afterMs: 5 }
  retries: off
  adaptive: { min: 9, max: 3 }
  queue: 5
apps: { anny: {} }`;
    expect(mistakes({ upstreams })).toEqual([
      'apps.anny unknown-app',
      'default.adaptive bad-value',
      'default.balance.by bad-value',
      'default.hedge upstream-policy',
      'default.outliers.ejectMs upstream-policy',
      'default.probe bad-value',
      'default.probe.http.path bad-value',
      'default.queue unknown-key',
    ]);
  });
});

describe('endpoints', () => {
  it.each([
    ['["127.0.0.1:80", { address: "a.example:80", weight: 0 }]', []],
    ['{ dns: "shop.internal:8080" }', []],
    ['{ srv: _http._tcp.shop.internal }', []],
    ['{ file: shop.endpoints }', []],
    ['[]', ['out-of-range']],
    ['["127.0.0.1"]', ['bad-value']],
    ['[{ address: "a:80", weigth: 2 }]', ['missing', 'unknown-key']],
    ['[{ address: "a:80", weight: 1001 }]', ['out-of-range']],
    ['{ dns: "shop.internal" }', ['bad-value']],
    ['{ dns: "a:80", srv: b }', ['unknown-key']],
    ['5', ['bad-value']],
  ])('%s', (endpoints, codes) => {
    const found = mistakes({ endpoints }).map((m) => m.split(' ')[1]);
    // Without endpoints the app of the route does not exist either.
    expect(found.filter((c) => c !== 'unknown-app')).toEqual(codes);
  });

  it.each([
    ['127.0.0.1:80\n# none\n[::1]:81 5\n', ['127.0.0.1:80 1', '[::1]:81 5']],
    ['', []],
    ['a:80 1 2', 'line 1'],
    ['a:80\na:80', 'line 2: a:80 stands twice'],
    ['a:80 1001', 'line 1'],
    ['a', 'line 1'],
  ])('in a file: %j', (text, expected) => {
    const parsed = parseEndpointsFile(text);
    if (parsed.ok)
      expect(parsed.value.map((e) => `${e.address.text} ${e.weight}`)).toEqual(expected);
    else expect(parsed.error).toContain(expected);
  });
});
