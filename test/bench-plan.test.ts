/** What the benchmark would run: its arguments, its scenarios, and the configurations it writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planOf } from '../bench/arguments.ts';
import { SMALL_WORK } from '../bench/candidates/candidate.ts';
import { crsAbsent } from '../bench/candidates/crs.ts';
import { withFirewall } from '../bench/candidates/firewall.ts';
import { manyRoutes, routeCookies, writeGateConfig } from '../bench/candidates/zonegate.ts';
import { API_BODY, API_FIELDS, API_TARGET } from '../bench/runs/api-requests.ts';
import { SCENARIOS } from '../bench/scenarios.ts';
import { findRoute } from '../src/route/index.ts';
import { loadConfig } from '../src/shell/config/load.ts';
import { ROOT, scratch } from './support/config.ts';

describe('arguments', () => {
  it('choose scenarios, candidates, rounds and seconds', () => {
    const args = ['--only', 'plain-100,keepalive-1', '--candidates', 'zonegate,nginx'];
    const plan = planOf([...args, '--rounds', '3', '--seconds', '2']);
    expect(plan).toMatchObject({ rounds: 3, seconds: 2, quick: false });
    if (typeof plan === 'string') throw new Error(plan);
    expect(plan.scenarios.map((s) => s.name)).toEqual(['keepalive-1', 'plain-100']);
    for (const { contestants } of plan.scenarios)
      expect(contestants.map((c) => c.label)).toEqual(['nginx', 'zonegate']);
  });

  it('that are not known are named', () => {
    expect(planOf(['--only', 'keepalive-7'])).toContain('keepalive-7 is none of keepalive-1,');
    expect(planOf(['--candidates', 'apache'])).toContain('apache');
    expect(planOf(['--rounds', '0'])).toContain('--rounds');
    expect(planOf(['--fast'])).toContain('--fast');
  });

  it('leave all there is when there are none', () => {
    const plan = planOf([]);
    if (typeof plan === 'string') throw new Error(plan);
    expect(plan.scenarios).toEqual(SCENARIOS);
  });
});

describe('what zonegate is measured with', () => {
  const works = SCENARIOS.flatMap((s) =>
    s.contestants
      .filter((c) => c.candidate === 'zonegate')
      .filter((c) => !c.work.firewall || crsAbsent() === null)
      // Reading the largest table takes seconds; a smaller one has the same shape.
      .map(
        (c) =>
          [`${s.name}, ${c.label}`, { ...c.work, routes: Math.min(c.work.routes, 2000) }] as const,
      ),
  );

  it.each(works)('%s: the configuration is accepted, without a warning', (_, work) => {
    const folder = scratch();
    const site = { ports: [29_010, 29_011, 29_012, 29_013], origin: 29_000 };
    writeGateConfig(folder, work, site, work.accessLog ? join(folder, 'access.log') : null);
    const loaded = loadConfig(folder, {});
    expect(loaded).toMatchObject({ ok: true, value: { warnings: [] } });
    if (!loaded.ok) return;
    const { snapshot } = loaded.value;
    expect(snapshot.routes.routes).toHaveLength(work.routes);
    expect(snapshot.topology.zones.size).toBe(work.routing === 'plain' ? 1 : work.zones);
    expect(snapshot.gate.limits.connections).toBe(work.connections);
    for (const { host, path } of work.routes === 1 ? [] : manyRoutes(work.routes))
      expect(findRoute(snapshot.routes, host, `${path}/1`)).toMatchObject({ name: host + path });
  });

  it('has a cookie for every shard, which its gate believes', () => {
    for (const zones of [5, 1000]) {
      const work = { ...works[0]![1], zones };
      const cookies = routeCookies(scratch(), work);
      expect(cookies).toHaveLength(zones === 5 ? 100 : 1000);
      const folder = scratch();
      writeGateConfig(folder, work, { ports: [1, 2, 3, 4], origin: 5 }, null);
      const loaded = loadConfig(folder, {});
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
      const { cookie } = loaded.value.snapshot.cookie.read(cookies[68]!.split('=')[1]);
      expect(cookie?.shard).toBe(68);
    }
  });
});

describe('docs/benchmarks.md', () => {
  const text = readFileSync(join(ROOT, 'docs', 'benchmarks.md'), 'utf8');

  it('describes every scenario, and no other', () => {
    const named = [...text.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map((m) => m[1]!);
    expect(named.sort()).toEqual(SCENARIOS.map((s) => s.name).sort());
  });
});

describe('what the firewalls are measured with', () => {
  const of = (name: string) => SCENARIOS.find((s) => s.name === name)!;

  it('is what the titles say', () => {
    const { searchParams } = new URL(API_TARGET, 'http://shop.example');
    expect([...searchParams]).toHaveLength(4);
    expect(API_FIELDS.Cookie?.split('; ')).toHaveLength(3);
    expect(Buffer.byteLength(API_BODY)).toBe(950);
    const values = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum: number, v) => sum + values(v), 0)
        : 1;
    expect(values(JSON.parse(API_BODY))).toBe(45);
  });

  it.each(['waf-get', 'waf-json'])(
    '%s: one firewall to be held against, and the same without',
    (name) => {
      const labels = of(name).contestants.map((c) => c.label);
      expect(labels[0]).toBe('nginx + ModSecurity');
      expect(labels).toEqual(expect.arrayContaining(['zonegate', 'nginx']));
      expect(labels.includes('zonegate + firewall')).toBe(withFirewall !== null);
    },
  );

  it('never stands in the scenarios of proxies that route', () => {
    for (const { name, contestants } of SCENARIOS)
      if (!name.startsWith('waf-'))
        expect(
          contestants.map((c) => c.candidate),
          name,
        ).not.toContain('nginx-modsecurity');
  });

  it('is refused, not run without it, as long as zonegate has no firewall', () => {
    if (withFirewall !== null) return;
    const site = { ports: [29_010, 29_011, 29_012, 29_013], origin: 29_000 };
    const work = { ...SMALL_WORK, firewall: true };
    expect(() => writeGateConfig(scratch(), work, site, null)).toThrow('no firewall yet');
  });
});
