import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KINDS } from '../../src/snapshot/documents.ts';
import { load, REFERENCE, ROOT, referenceWith, scratch } from '../support/config.ts';
import { zonegate } from '../support/process.ts';

describe('zonegate', () => {
  it('helps: every command has --help, unknown words exit 2', { timeout: 60_000 }, () => {
    expect(zonegate(['--help'])).toMatchObject({ code: 0 });
    for (const command of [
      'run',
      'check',
      'explain',
      'simulate',
      'schema',
      'token',
      'demo',
      'version',
    ]) {
      const { code, out } = zonegate([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Usage: zonegate ${command}`);
    }
    expect(zonegate(['chek']).code).toBe(2);
    expect(zonegate(['check', '--confg', 'x']).code).toBe(2);
    expect(zonegate(['check']).code).toBe(2);
    expect(zonegate([]).code).toBe(2);
  });

  it('says its version', () => {
    expect(zonegate(['version']).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(JSON.parse(zonegate(['version', '--json']).out)).toMatchObject({
      zonegate: expect.any(String) as string,
    });
  });

  it('refuses an older Node with one sentence', () => {
    const folder = scratch();
    mkdirSync(join(folder, 'bin'));
    const source = spawnSync(
      'sed',
      ['s/process.versions.node/"20.20.2"/g', join(ROOT, 'bin', 'zonegate.js')],
      { encoding: 'utf8' },
    ).stdout;
    writeFileSync(join(folder, 'bin', 'zonegate.mjs'), source);
    const run = spawnSync(process.execPath, [join(folder, 'bin', 'zonegate.mjs'), 'version'], {
      encoding: 'utf8',
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toBe(
      'zonegate needs Node 22.19, 24.11 or 26 or newer in those lines; this is 20.20.2.\n',
    );
  });
});

describe('zonegate check', () => {
  it('0 and a few lines for a good configuration', () => {
    const { code, out } = zonegate(['check', '-c', REFERENCE]);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      'ok: 2 cities, 3 IDCs, 10 zones, 100 shards, 4 routes, epoch 1',
      'rule set house: 4 rules',
      expect.stringMatching(/^policy shop: mode detect, 5 rules .*; shop\.example\/search$/),
      '',
    ]);
  });

  it('78 and five positioned issues for five mistakes', () => {
    const directory = referenceWith({
      'topology.yaml': [['remote: RZ05 }', 'remote: RZ02 }']],
      'rules.yaml': [
        ['"40-59"', '"41-59"'],
        ['A: 50, B: 50 }\n  GZ01', 'A: 50, B: 60 }\n  GZ01'],
      ],
      'routes.yaml': [['app: catalog', 'app: catalgo']],
      'gate.yaml': [['maxAgeS', 'maxAge']],
    });
    const { code, err } = zonegate(['check', '-c', directory]);
    expect(code).toBe(78);
    const errors = err.split('\n').filter((l) => / error: /.test(l));
    expect(errors).toHaveLength(5);
    for (const line of errors) expect(line).toMatch(/^\/.*\.yaml:\d+:\d+: error: .+ \([a-z-]+\)$/);
    expect(err).toContain('did you mean: catalog?');
    expect(err).toContain('5 errors in');
    const json = JSON.parse(zonegate(['check', '--json', '-c', directory]).out) as {
      ok: boolean;
      issues: { severity: string }[];
    };
    expect(json.ok).toBe(false);
    expect(json.issues.filter((i) => i.severity === 'error')).toHaveLength(5);
  });
});

describe('zonegate explain', () => {
  const explain = (...args: string[]) =>
    zonegate(['explain', '-c', REFERENCE, '--idc', 'hz1', ...args]);

  it('names zone, IDC, group, way, cookie fate and every step', () => {
    const { code, out } = explain('http://shop.example/u/2088000000000680/orders');
    expect(code).toBe(0);
    expect(out).toMatch(/^zone {4}RZ04, group [AB]$/m);
    expect(out).toContain('sh1 (shanghai), over a peer gate');
    expect(out).toMatch(/^ 1\. peer +from-external/m);
    expect(out).toMatch(/^11\. cookie-write +cookie-not-proven/m);
  });

  it('takes headers, cookies, methods, listeners', () => {
    const json = (...args: string[]) =>
      JSON.parse(explain('--json', ...args).out) as Record<string, unknown>;
    expect(
      json('http://shop.example/', '-H', 'X-User-Id: 2088000000000680', '--from', 'app'),
    ).toMatchObject({ zone: 'RZ04', setsCookie: expect.stringMatching(/^v1\.68\./) as string });
    const cookie = load(REFERENCE).cookieOfShard[25]!;
    expect(
      json('http://shop.example/', '--cookie', `x=1; LDC_ROUTE=${cookie}`, '--method', 'post'),
    ).toMatchObject({ zone: 'RZ02', write: true, cookie: 'cookie-kept' });
    expect(json('http://1.2.3.4/', '-H', 'Host: shop.example', '--dice', '0.9')).toMatchObject({
      zone: 'RZ02',
      provisional: true,
    });
  });

  it('1 when the gate would answer itself, 2 for bad arguments', () => {
    expect(explain('http://other.example/')).toMatchObject({
      code: 1,
      out: expect.stringContaining('answered by the gate: 421') as string,
    });
    for (const bad of [
      ['nonsense'],
      ['http://a/', '-H', 'nocolon'],
      ['http://a/', '--dice', '2'],
      ['http://a/', '--from', 'mars'],
      [],
    ]) {
      expect(explain(...bad).code).toBe(2);
    }
    expect(zonegate(['explain', '-c', REFERENCE, '--idc', 'hz9', 'http://a/'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Did you mean hz') as string,
    });
    expect(zonegate(['explain', '-c', REFERENCE, 'http://a/']).code).toBe(2);
  });

  it('reads a line of the access log, by argument or standard input', () => {
    const line = JSON.stringify({
      'http.request.method': 'GET',
      'server.address': 'shop.example',
      'url.path': '/orders',
      idc: 'hz1',
      epoch: 1,
      why: 'from-external,cookie-accepted,placed-by-shard',
      zone: 'RZ04',
      group: 'A',
      via: 'peer',
      shard: 68,
    });
    for (const { code, out } of [
      explain('--log', line),
      zonegate(['explain', '-c', REFERENCE, '--log', '-'], {}, `${line}\n`),
    ]) {
      expect(code).toBe(0);
      expect(out).toContain('went to RZ04/A, peer, shard 68, epoch 1');
      expect(out).toContain('with this configuration (epoch 1, board 0): the same');
    }
    const switched = JSON.stringify({ ...(JSON.parse(line) as object), board: 7 });
    expect(explain('--log', switched).out).toContain('board 0, and no board asked: --board FILE)');
    expect(explain('--log', 'no json').code).toBe(2);
    expect(explain('--log', '{}').code).toBe(2);
  });
});

describe('zonegate simulate', () => {
  it('shows shards, share of users, and single users before and after', () => {
    const after = referenceWith({
      'rules.yaml': [
        ['epoch: 1', 'epoch: 2'],
        ['"40-59": RZ03', '"40-54": RZ03'],
        ['"60-79": RZ04', '"55-79": RZ04'],
      ],
    });
    const { code, out } = zonegate([
      'simulate',
      '-c',
      REFERENCE,
      '--against',
      after,
      '--uid',
      '2088000000000570',
      '--uid',
      '2088000000000420',
      '--uid',
      'x',
    ]);
    expect(code).toBe(0);
    expect(out).toContain('epoch 1 → 2: 5 of 100 shards change their home');
    expect(out).toContain('zone: 5 %, IDC: 5 %, city: 5 %');
    expect(out).toMatch(
      /shards [\d, -]+: RZ03\/[AB] \(hz2, hangzhou\) → RZ04\/[AB] \(sh1, shanghai\)/,
    );
    expect(out).toMatch(/uid 2088000000000570: RZ03\/\w \(hz2, hangzhou\) → RZ04/);
    expect(out).toMatch(/uid 2088000000000420: RZ01\/\w .* → RZ01/);
    expect(out).toContain('uid x: any zone, at random → any zone, at random');
    const json = JSON.parse(
      zonegate(['simulate', '--json', '-c', REFERENCE, '--against', after]).out,
    ) as { changed: number };
    expect(json.changed).toBe(5);
  });

  it('0 changes against itself', () => {
    expect(zonegate(['simulate', '-c', REFERENCE, '--against', REFERENCE]).out).toContain(
      '0 of 100 shards',
    );
  });

  it('samples users when the shard rules differ', () => {
    const other = referenceWith({ 'topology.yaml': [['digits: [-3, -2]', 'digits: [0, 1]']] });
    const { code, out } = zonegate(['simulate', '-c', REFERENCE, '--against', other]);
    expect(code).toBe(0);
    // Two independent digits pairs over five equal zones: four users of five change zone.
    expect(Number(/change zone: ([\d.]+) %/.exec(out)![1])).toBeGreaterThan(78);
    expect(Number(/change zone: ([\d.]+) %/.exec(out)![1])).toBeLessThan(82);
  });

  it('shows pins that move and weights of the gzone', () => {
    const after = referenceWith({
      'rules.yaml': [
        ['    zone: RZ01\n', '    zone: RZ02\n'],
        ['GZ01: { A: 50, B: 50, C: 0 }', 'GZ01: { A: 0, B: 100, C: 0 }'],
      ],
    });
    const { out } = zonegate(['simulate', '-c', REFERENCE, '--against', after]);
    expect(out).toMatch(/pinned uid 2088000000000420: RZ01\/\w \(hz1, hangzhou\) → RZ02/);
    expect(out).toContain(
      'gzone GZ01: A 50 in hz1, B 50 in hz2, C 0 in sh1 → A 0 in hz1, B 100 in hz2, C 0 in sh1',
    );
  });
});

describe('zonegate schema', () => {
  it('prints JSON Schema for all kinds, or one', () => {
    const all = JSON.parse(zonegate(['schema']).out) as { oneOf: unknown[] };
    expect(all.oneOf).toHaveLength(KINDS.length);
    const rules = JSON.parse(zonegate(['schema', 'rules']).out) as Record<string, unknown>;
    expect(rules).toMatchObject({ type: 'object', additionalProperties: false });
    expect(
      z.fromJSONSchema(rules).safeParse({ apiVersion: 'zonegate/v1', kind: 'Rules', epoch: 1 })
        .success,
    ).toBe(true);
    expect(zonegate(['schema', 'nothing']).code).toBe(2);
  });
});

describe('zonegate token', () => {
  it('makes a pass that explain believes', () => {
    const { code, out } = zonegate(['token', '-c', REFERENCE, '--operator', 'ann', '--for', '5m']);
    expect(code).toBe(0);
    const explained = zonegate([
      'explain',
      '-c',
      REFERENCE,
      '--idc',
      'hz1',
      '-H',
      out.trim(),
      '-H',
      'X-Ldc-Zone: RZ05',
      'http://shop.example/',
    ]);
    expect(explained.out).toContain('RZ05');
    expect(zonegate(['token', '-c', REFERENCE, '--operator', 'ann', '--for', '48h']).code).toBe(2);
    expect(zonegate(['token', '-c', REFERENCE, '--operator', 'a.b']).code).toBe(2);
  });
});

describe('zonegate demo', () => {
  it('tours once and exits 0; says which port is taken', async () => {
    const { code, out } = zonegate(['demo', '--once', '--port-base', '24000']);
    expect(out).toContain('20 of 20 steps as they should be');
    expect(code).toBe(0);
    const { createServer } = await import('node:net');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(25471, '127.0.0.1', resolve));
    const taken = zonegate(['demo', '--once', '--port-base', '25000']);
    server.close();
    expect(taken).toMatchObject({
      code: 1,
      err: 'port 25471 is taken by another program. Choose other ports: npm start -- --port-base 28000\n',
    });
    expect(zonegate(['demo', '--port-base', '80']).code).toBe(2);
  }, 180_000);
});
