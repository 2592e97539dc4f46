/** Endpoints that fail, return, join and leave, seen from a client. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainGate, type RunningGate } from '../../support/gate.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';
import { bodyOf, Origin, RawClient, respond } from '../../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** Answers of so many requests, one after another on one connection. */
async function ask(port: number, times: number, head = GET): Promise<string[]> {
  const answers: string[] = [];
  const client = new RawClient(port);
  for (let i = 0; i < times; i++) {
    client.received = '';
    client.send(head);
    await client.sees(/\r\n\r\n./);
    answers.push(client.received);
    if (/^connection: close/im.test(client.received)) break;
  }
  client.socket.destroy();
  return answers;
}

const statusesOf = (answers: readonly string[]): string[] => answers.map((a) => a.slice(9, 12));

interface Shown {
  readonly address: string;
  readonly orders: { readonly weight: number };
  readonly health: { readonly usable: boolean; readonly probe: string; readonly ejections: number };
}
async function shown(gate: RunningGate): Promise<Map<string, Shown>> {
  const res = await fetch(`http://127.0.0.1:${gate.admin}/upstreams`);
  const { rosters } = (await res.json()) as { rosters: { endpoints: Shown[] }[] };
  return new Map(rosters.flatMap((r) => r.endpoints).map((e) => [e.address, e]));
}
const of = (origin: Origin): string => `127.0.0.1:${origin.port}`;

describe('outliers', () => {
  it('an endpoint that resets is left alone, and taken again when its time is over', async () => {
    const good = await Origin.start(respond('good'));
    const bad = await Origin.start((_, socket) => void socket.resetAndDestroy());
    const gate = await plainGate([good, bad], {
      upstreams: 'default: { outliers: { ejectMs: 1000 } }',
    });
    // Each failure is repeated at the other endpoint, so nobody notices.
    expect(new Set(statusesOf(await ask(gate.port, 12)))).toEqual(new Set(['200']));
    const now = await shown(gate);
    expect(now.get(of(bad))!.health).toMatchObject({ usable: false, ejections: 1 });
    expect(now.get(of(good))!.health).toMatchObject({ usable: true, ejections: 0 });
    const before = bad.requests.length;
    await ask(gate.port, 10);
    expect(bad.requests.length).toBe(before);
    bad.answer = respond('mended');
    await until(
      'the endpoint to be back',
      async () => (await shown(gate)).get(of(bad))!.health.usable,
    );
    const bodies = (await ask(gate.port, 8)).map(bodyOf);
    expect(bodies).toContain('mended');
  });

  it('statuses that are declared count as failures, others do not', async () => {
    const good = await Origin.start(respond('good'));
    const bad = await Origin.start((_, s) =>
      s.write('HTTP/1.1 500 x\r\nContent-Length: 1\r\n\r\nx'),
    );
    const gate = await plainGate([good, bad]);
    await ask(gate.port, 20);
    expect((await shown(gate)).get(of(bad))!.health.ejections).toBe(0);
    bad.answer = (_, s) => s.write('HTTP/1.1 503 x\r\nContent-Length: 1\r\n\r\nx');
    await ask(gate.port, 20);
    expect((await shown(gate)).get(of(bad))!.health.ejections).toBe(1);
  });

  it('never takes out the only endpoint there is', async () => {
    const only = await Origin.start((_, socket) => void socket.resetAndDestroy());
    const gate = await plainGate([only]);
    const client = () => ask(gate.port, 1, GET.replace('GET', 'POST'));
    for (let i = 0; i < 8; i++) expect(statusesOf(await client())).toEqual(['502']);
    expect(only.requests.length).toBe(8);
  });
});

describe('probes', () => {
  const probe = (http: string): string =>
    `default: { probe: { ${http}, intervalMs: 120, timeoutMs: 100, fall: 2, rise: 2 } }`;

  it('an endpoint whose health page fails gets nothing until it is well again', async () => {
    let well = false;
    const sick = await Origin.start((request, socket, nth) => {
      const isProbe = request.startsWith('GET /healthz');
      if (isProbe && !well) socket.write('HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n');
      else respond(isProbe ? 'all is ok' : 'sick')(request, socket, nth);
    });
    const good = await Origin.start((request, socket, nth) =>
      respond(request.startsWith('GET /healthz') ? 'all is ok' : 'good')(request, socket, nth),
    );
    const gate = await plainGate([sick, good], {
      upstreams: probe('http: { path: /healthz, statuses: [200], body: is ok }'),
    });
    await until(
      'the sick one to be seen',
      async () => (await shown(gate)).get(of(sick))!.health.probe === 'down',
    );
    const bodies = (await ask(gate.port, 10)).map(bodyOf);
    expect(new Set(bodies)).toEqual(new Set(['good']));
    well = true;
    await until('it to be up', async () => (await shown(gate)).get(of(sick))!.health.usable);
    expect((await ask(gate.port, 10)).map(bodyOf)).toContain('sick');
    expect(await gate.metrics()).toMatch(/zonegate_probes_total\{outcome="failed"\} [1-9]/);
  });

  it('a text that is missing, and a port that refuses, are failures', async () => {
    const other = await Origin.start(respond('maintenance'));
    const closed = await freePort();
    const gate = await plainGate([other.port, closed], {
      upstreams: probe('http: { path: /, statuses: [200], body: ready }'),
    });
    await until('both to be down', async () =>
      [...(await shown(gate)).values()].every((e) => e.health.probe === 'down'),
    );
    // Nobody is usable, so all are tried: a broken probe must not be an outage.
    expect(statusesOf(await ask(gate.port, 4))).toEqual(['200', '200', '200', '200']);
  });

  it('by TCP, accepting is enough', async () => {
    const origin = await Origin.start();
    const closed = await freePort();
    const gate = await plainGate([origin.port, closed], { upstreams: probe('tcp: true') });
    await until('one up and one down', async () => {
      const all = await shown(gate);
      const up = all.get(of(origin))!.health.probe === 'up';
      return up && all.get(`127.0.0.1:${closed}`)!.health.probe === 'down';
    });
  });
});

describe('shares', () => {
  it('weights count, and 0 gets nothing', async () => {
    const [a, b, c] = [
      await Origin.start(respond('a')),
      await Origin.start(respond('b')),
      await Origin.start(respond('c')),
    ];
    const list = `{ address: "${of(a)}", weight: 3 }, { address: "${of(b)}", weight: 1 }, { address: "${of(c)}", weight: 0 }`;
    const gate = await plainGate([], { endpoints: `[${list}]` });
    await ask(gate.port, 200);
    expect(a.requests.length).toBeGreaterThan(140);
    expect(a.requests.length).toBeLessThan(160);
    expect(c.requests.length).toBe(0);
    expect((await shown(gate)).get(of(c))!.orders.weight).toBe(0);
  });

  it('a hash ring keeps a key at its endpoint', async () => {
    const origins = await Promise.all([1, 2, 3, 4].map((n) => Origin.start(respond(`o${n}`))));
    const gate = await plainGate(origins, {
      upstreams: 'default: { balance: { by: ring-hash, key: "header:x-tenant" } }',
    });
    const used = new Set<string>();
    for (let tenant = 0; tenant < 12; tenant++) {
      const head = `GET / HTTP/1.1\r\nHost: a.test\r\nX-Tenant: t${tenant}\r\n\r\n`;
      const bodies = new Set((await ask(gate.port, 5, head)).map(bodyOf));
      expect(bodies.size).toBe(1);
      used.add([...bodies][0]!);
    }
    expect(used.size).toBeGreaterThan(1);
  });
});

describe('endpoints in a file', () => {
  it('are followed, and a broken file changes nothing', async () => {
    const [a, b] = [await Origin.start(respond('a')), await Origin.start(respond('b'))];
    const gate = await plainGate([], {
      endpoints: '{ file: endpoints.txt }',
      prepare: (directory) =>
        writeFileSync(join(directory, 'endpoints.txt'), `# ours\n${of(a)} 2\n`),
    });
    const file = join(gate.directory, 'endpoints.txt');
    expect((await ask(gate.port, 3)).map(bodyOf)).toEqual(['a', 'a', 'a']);
    writeFileSync(`${file}.new`, `${of(b)}\n`);
    renameSync(`${file}.new`, file);
    await until('the new list', async () => (await shown(gate)).has(of(b)));
    expect((await ask(gate.port, 3)).map(bodyOf)).toEqual(['b', 'b', 'b']);
    writeFileSync(file, 'not an address\n');
    await until('the failure to be shown', async () => {
      const res = await fetch(`http://127.0.0.1:${gate.admin}/upstreams`);
      return (await res.text()).includes('line 1: expected host:port [weight]');
    });
    expect((await ask(gate.port, 3)).map(bodyOf)).toEqual(['b', 'b', 'b']);
  });
});
