/** What becomes of requests above a rate, at the sockets of a gate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratch } from '../../support/config.ts';
import { plainGate } from '../../support/gate.ts';
import { from, get, rate, SAID, sampleOf, statuses, TRUSTED } from '../../support/rated-gate.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient } from '../../support/wire.ts';

describe('above its limit a client', () => {
  it('is refused with 429 and how he stands, while others are served', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], {
      gate: TRUSTED,
      rates: rate('action: {kind: reject}'),
    });
    expect(await statuses(gate, 2, from('192.0.2.1'))).toEqual([200, 200]);
    const { status, headers, text } = await get(gate, '/', from('192.0.2.1'));
    expect([status, headers.get('content-type')]).toEqual([429, 'application/problem+json']);
    expect(JSON.parse(text)).toMatchObject({ type: 'urn:zonegate:problem:rate-limited' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
    expect(headers.get('ratelimit-policy')).toBe('"r";q=2;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"r";r=0;t=\d+$/);
    expect(await statuses(gate, 1, from('192.0.2.2'))).toEqual([200]);
    expect(origin.requests).toHaveLength(3);
  });

  it('learns how he stands from every answer, if the rate says so', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], {
      rates: rate('action: {kind: reject}, fields: always'),
    });
    const left = async () => (await get(gate)).headers.get('ratelimit');
    expect([await left(), await left()]).toEqual(['"r";r=1;t=60', '"r";r=0;t=60']);
  });

  it('is told to the application, and nobody else may say such a thing', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { rates: rate('action: {kind: tag, label: busy}') });
    expect(await statuses(gate, 3, { 'X-Ldc-Rate': 'forged' })).toEqual([200, 200, 200]);
    const told = origin.requests.map((r) => /^x-ldc-rate: (.*)\r$/im.exec(r)?.[1]);
    expect(told).toEqual([undefined, undefined, 'busy']);
  });

  it('waits, and is served', async () => {
    const origin = await Origin.start();
    const rates = rate('action: {kind: delay, delayMs: 400}');
    const gate = await plainGate([origin], { rates });
    await statuses(gate, 2);
    const before = performance.now();
    expect(await statuses(gate, 1)).toEqual([200]);
    // The clock of deadlines may be a tenth of a second behind.
    expect(performance.now() - before).toBeGreaterThan(250);
    const metrics = await gate.metrics();
    expect(sampleOf(metrics, 'zonegate_rate_over_limit_total{rule="r",what="delay"}')).toBe(1);
    expect(sampleOf(metrics, 'zonegate_rate_delayed')).toBe(0);
  });

  it('no longer counts among those that wait when he has left', async () => {
    const origin = await Origin.start();
    const rates = rate('action: {kind: delay, delayMs: 10000}');
    const gate = await plainGate([origin], { rates });
    await statuses(gate, 2);
    const client = new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const waiting = async () => sampleOf(await gate.metrics(), 'zonegate_rate_delayed');
    await until('it to wait', async () => (await waiting()) === 1);
    client.socket.resetAndDestroy();
    await until('nobody to wait', async () => (await waiting()) === 0);
    expect(origin.requests).toHaveLength(2);
  });

  it('is cut off', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { rates: rate('action: {kind: close}') });
    await statuses(gate, 2);
    const client = new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.closed()).toBe('');
  });

  it('has nothing happen to him where it is only counted', async () => {
    const origin = await Origin.start();
    const rates = rate('action: {kind: reject}, mode: count');
    const gate = await plainGate([origin], { rates });
    expect(await statuses(gate, 5)).toEqual([200, 200, 200, 200, 200]);
    const counted = 'zonegate_rate_over_limit_total{rule="r",what="counted"}';
    expect(sampleOf(await gate.metrics(), counted)).toBe(3);
  });
});

describe('keys', () => {
  const routes = (source: string) =>
    `identities: { user: [${source}] }\n` +
    'routes: [{ host: "*", zone: gzone, app: any, identity: user }]';
  const byUid = `by: [uid], limit: 2, windowS: 60, action: { kind: reject }, ${SAID}`;
  const rates = `rates: { r: { ${byUid} } }`;
  const uid = (n: number): string => `208800000000068${n}`;

  it('by uid count a uid that somebody trusted has said', async () => {
    const origin = await Origin.start();
    const trusted = routes('{ header: X-User-Id, trust: [external] }');
    const gate = await plainGate([origin], { routes: trusted, rates });
    expect(await statuses(gate, 3, { 'X-User-Id': uid(0) })).toEqual([200, 200, 429]);
    expect(await statuses(gate, 1, { 'X-User-Id': uid(1) })).toEqual([200]);
  });

  it('by uid count nobody who chooses his own', async () => {
    const origin = await Origin.start();
    const hinted = routes('{ query: uid }');
    const gate = await plainGate([origin], { routes: hinted, rates });
    expect(await statuses(gate, 3, {}, `/?uid=${uid(0)}`)).toEqual([200, 200, 200]);
    const byIp = `rates: { r: { ${byUid}, missing: ip } }`;
    const strict = await plainGate([origin], { routes: hinted, rates: byIp });
    const found: number[] = [];
    for (const n of [1, 2, 3]) found.push(...(await statuses(strict, 1, {}, `/?uid=${uid(n)}`)));
    expect(found).toEqual([200, 200, 429]);
  });

  it('by path are the same however the path is written', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], {
      rates: rate('action: {kind: reject}, match: { paths: [/pay] }'),
    });
    const ask = async (path: string) => {
      const client = new RawClient(gate.port);
      const text = await client
        .send(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
        .closed();
      return text.slice(9, 12);
    };
    const found = [await ask('/pay/1'), await ask('/p%61y/1'), await ask('/x/../pay/1')];
    expect([...found, await ask('/payment')]).toEqual(['200', '200', '429', '200']);
  });
});

describe('logs', () => {
  it('name the rate in the access line, and tell of a flood in a few lines', async () => {
    const origin = await Origin.start();
    const access = join(scratch(), 'access.log');
    const gate = await plainGate([origin], {
      gate: `${TRUSTED}\nlog: { access: ${access}, level: error }`,
      rates: rate('action: {kind: reject}'),
    });
    await statuses(gate, 42, from('192.0.2.1'));
    const lines = (): Record<string, unknown>[] =>
      readFileSync(access, 'utf8')
        .split('\n')
        .filter((l) => l !== '')
        .map((l) => JSON.parse(l) as Record<string, unknown>);
    await until('every access line', () => lines().filter((l) => !('event' in l)).length === 42);
    expect(lines().filter((l) => l.rate === 'r' && l.gate_code === 'rate-limited')).toHaveLength(
      40,
    );
    const events = lines().filter((l) => l.event === 'rate');
    expect(events.length).toBeGreaterThan(0);
    const wanted = { rule: 'r', action: 'reject', 'client.address': '192.0.2.1', 'url.path': '/' };
    expect(events[0]).toMatchObject(wanted);
    // Some seconds at the most: what is left out is said with the next line.
    const said = events.reduce((n, e) => n + 1 + Number(e.unsaid ?? 0), 0);
    expect(said).toBeLessThanOrEqual(40);
    const seconds = new Set(lines().map((l) => Math.trunc(Number(l.timestamp) / 1000)));
    expect(events.length).toBeLessThanOrEqual(5 * seconds.size);
  });
});

describe('a load test', () => {
  it('is not counted: it has limits of its own', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], {
      rates: rate('action: {kind: reject}'),
      stress: `accept: { networks: ["127.0.0.1"] }
scenes: { s: { endpoints: shared, limits: { rps: 1000, concurrency: 100 }, until: "2099-01-01T00:00:00Z" } }`,
    });
    expect(await statuses(gate, 5, { 'X-Ldc-Stress': 's' })).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(gate, 3)).toEqual([200, 200, 429]);
  });
});

describe('a document with two rates', () => {
  it('is judged by the harder of those that are over', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], {
      rates: `rates:
  soft: { by: [ip], limit: 1, windowS: 60, action: { kind: tag }, ${SAID} }
  hard: { by: [ip], limit: 3, windowS: 60, action: { kind: reject }, ${SAID} }`,
    });
    expect(await statuses(gate, 4)).toEqual([200, 200, 200, 429]);
    expect(origin.requests.filter((r) => /^x-ldc-rate: soft\r$/im.test(r))).toHaveLength(2);
  });
});
