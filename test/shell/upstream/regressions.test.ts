/** Ways in which the upstream layer once went wrong, each by its events. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/shell/config/load.ts';
import { plainConfig, writePlain } from '../../support/config.ts';
import { plainGate } from '../../support/gate.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient, respond } from '../../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('what is held for later', () => {
  it('may be more than one read, and goes on whole', async () => {
    let first: (() => void) | null = null;
    const origin = await Origin.start((request, socket) => {
      if (request.startsWith('GET /slow')) first = () => void socket.write(OK);
      else socket.write(OK);
    });
    const { port } = await plainGate([origin]);
    const body = 'x'.repeat(900_000);
    const client = new RawClient(port).send(
      `${GET.replace('/ ', '/slow ')}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until('the first to be there', () => first !== null);
    first!();
    await client.sees(/ok[\s\S]*ok$/);
    expect(origin.requests[1]!.endsWith(body)).toBe(true);
  });
});

describe('a hedge', () => {
  const upstreams =
    'default: { outliers: off, hedge: { afterMs: 100 }, retries: { budgetPercent: 100 } }';

  it('is not asked once the first has begun to answer', async () => {
    const starts = (text: string) =>
      Origin.start((_, socket) => {
        socket.write('HTTP/1.1 404 Not Found\r\nX-A: ');
        setTimeout(() => socket.write(`${text}\r\nContent-Length: 1\r\n\r\n4`), 500);
      });
    const origins = [await starts('a'), await starts('b')];
    const { port } = await plainGate(origins, { upstreams });
    const client = new RawClient(port).send(GET);
    await client.sees(/\r\n\r\n4$/);
    expect(client.received).toMatch(/^HTTP\/1\.1 404 Not Found\r\nX-A: [ab]\r\n/);
    expect(origins[0]!.requests.length + origins[1]!.requests.length).toBe(1);
  });

  it('is asked once, and its late answer is nobody else’s', async () => {
    const late = (): Promise<Origin> => Origin.start(() => undefined);
    const origins = [await late(), await late(), await late()];
    const gate = await plainGate(origins, { upstreams, gate: 'timeouts: { halfClosedMs: 600 }' });
    const client = new RawClient(gate.port).send(GET);
    const asked = (): number => origins.reduce((sum, o) => sum + o.requests.length, 0);
    await until('the hedge', () => asked() === 2);
    client.socket.end();
    await client.sees('504');
    expect(asked()).toBe(2);
    await until('all connections to be gone', () => origins.every((o) => o.sockets.size === 0));
  });
});

describe('a group that is full', () => {
  it('does not keep requests from its sibling', async () => {
    const stuck = await Origin.start(() => undefined);
    const free = await Origin.start(respond('free'));
    const endpoints = (o: Origin): string => `{ endpoints: { any: ["127.0.0.1:${o.port}"] } }`;
    const gate = await plainGate([], {
      groups: `{ A: ${endpoints(stuck)}, B: ${endpoints(free)} }`,
      upstreams: 'default: { endpoint: { requests: 1 }, queueMs: 3000 }',
    });
    const clients = Array.from({ length: 40 }, () => new RawClient(gate.port).send(GET));
    await until('the free group to have served its share', () => free.requests.length >= 8);
    const served = clients.filter((c) => c.received.includes('free')).length;
    expect(served).toBeGreaterThanOrEqual(1);
  });
});

describe('a reload', () => {
  it('serves on while a list becomes a file', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { gate: 'log: { access: "off", level: error }' });
    await new RawClient(gate.port).send(GET).sees('ok');
    writeFileSync(join(gate.directory, 'list.txt'), `127.0.0.1:${origin.port}\n`);
    writePlain(gate.directory, {
      listen: gate.port,
      admin: gate.admin,
      origins: [],
      endpoints: '{ file: list.txt }',
      gate: 'log: { access: "off", level: error }',
      epoch: 2,
    });
    gate.gate.reload('test');
    for (let i = 0; i < 20; i++) {
      const client = new RawClient(gate.port).send(GET);
      await client.sees(/ok$/);
    }
    await until('the new one to be in force', async () =>
      (await gate.metrics()).includes('zonegate_epoch 2'),
    );
    await new RawClient(gate.port).send(GET).sees('ok');
  });

  it('refuses a resolver that is a name', () => {
    const directory = plainConfig({
      listen: 1,
      origins: [2],
      upstreams: 'resolvers: ["localhost:53"]',
    });
    const loaded = loadConfig(directory, {});
    expect(loaded.ok ? [] : loaded.error.map((i) => i.path.join('.'))).toEqual(['resolvers.0']);
  });
});
