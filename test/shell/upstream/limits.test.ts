/** What is bounded on the way to a zone, and what happens at the bound. */
import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { plainGate } from '../../support/gate.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';
import { bodyOf, Origin, RawClient, respond } from '../../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi';

/** An origin that answers only when told to. */
async function patient(): Promise<{ origin: Origin; answer: () => void }> {
  const waiting: net.Socket[] = [];
  const origin = await Origin.start((_, socket) => void waiting.push(socket));
  return {
    origin,
    answer: () => void waiting.shift()?.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  };
}

describe('requests under way', () => {
  it('beyond the endpoint’s limit wait in line, and are served in order', async () => {
    const { origin, answer } = await patient();
    const { port } = await plainGate([origin], {
      upstreams: 'default: { endpoint: { requests: 1 }, queueMs: 8000 }',
    });
    const clients = [1, 2, 3].map(() => new RawClient(port));
    for (const [i, client] of clients.entries()) {
      client.send(GET.replace('/ ', `/${i} `));
      await until('it to be there', () => origin.requests.length === 1);
    }
    for (const [i, client] of clients.entries()) {
      answer();
      await client.sees('ok');
      if (i < 2) await until('the next', () => origin.requests.length === i + 2);
    }
    expect(origin.requests.map((r) => r.slice(4, 6))).toEqual(['/0', '/1', '/2']);
  });

  it('that have waited too long are answered 503 with Retry-After, and the connection lives', async () => {
    const { origin, answer } = await patient();
    const { port } = await plainGate([origin], {
      upstreams: 'default: { zone: { requests: 1 }, queueMs: 50 }',
    });
    const first = new RawClient(port).send(GET);
    await until('it to be there', () => origin.requests.length === 1);
    const second = new RawClient(port).send(GET);
    await second.sees('upstream-saturated');
    expect(second.received).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n/s);
    answer();
    await first.sees('ok');
    second.received = '';
    second.send(GET);
    await until('it to be there too', () => origin.requests.length === 2);
    answer();
    await second.sees('ok');
  });

  it('critical ones are let in before others, and a full line is answered at once', async () => {
    const { origin, answer } = await patient();
    const gate = await plainGate([origin], {
      upstreams: 'default: { zone: { requests: 1, pending: 2 }, queueMs: 8000 }',
      routes: `routes:
  - { host: "*", path: /pay, zone: gzone, app: any, priority: critical }
  - { host: "*", path: /more, zone: gzone, app: any, priority: sheddable }
  - { host: "*", path: /, zone: gzone, app: any }`,
    });
    const send = (path: string) => new RawClient(gate.port).send(GET.replace('/ ', `${path} `));
    const first = send('/first');
    await until('it to be there', () => origin.requests.length === 1);
    const waiting = async (n: number): Promise<void> => {
      await until(`${n} to wait`, async () =>
        (await gate.metrics()).includes(`zonegate_zone_waiting{zone="GZ01",app="any"} ${n}`),
      );
    };
    const more = send('/more');
    await waiting(1);
    const normal = send('/normal');
    await waiting(2);
    await send('/more').sees('503');
    const pay = send('/pay');
    await more.sees('503');
    for (const client of [first, pay, normal]) {
      answer();
      await client.sees('ok');
    }
    expect(origin.requests.map((r) => r.split(' ')[1])).toEqual(['/first', '/pay', '/normal']);
  });

  it('a client that leaves the line leaves it', async () => {
    const { origin, answer } = await patient();
    const gate = await plainGate([origin], {
      upstreams: 'default: { zone: { requests: 1 }, queueMs: 8000 }',
    });
    const first = new RawClient(gate.port).send(GET);
    await until('it to be there', () => origin.requests.length === 1);
    const gone = new RawClient(gate.port).send(GET);
    await until('it to wait', async () =>
      (await gate.metrics()).includes('zonegate_zone_waiting{zone="GZ01",app="any"} 1'),
    );
    gone.socket.destroy();
    await until('it to be gone', async () =>
      (await gate.metrics()).includes('zonegate_zone_waiting{zone="GZ01",app="any"} 0'),
    );
    answer();
    await first.sees('ok');
    expect(origin.requests.length).toBe(1);
    await until('the books to be even', async () =>
      (await gate.metrics()).includes('zonegate_zone_requests{zone="GZ01",app="any"} 0'),
    );
  });
});

describe('repeated requests', () => {
  it('are at most one in five when every endpoint fails, and a POST is never one', async () => {
    const origins = await Promise.all(
      [1, 2, 3].map(() => Origin.start((_, socket) => void socket.resetAndDestroy())),
    );
    const gate = await plainGate(origins, {
      upstreams: 'default: { outliers: off, retries: { floorPerS: 0 } }',
    });
    const requests = 400;
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < requests) {
        sent++;
        const client = new RawClient(gate.port).send(GET);
        await client.sees('502');
        client.socket.destroy();
      }
    };
    await Promise.all([1, 2, 3, 4].map(worker));
    const arrived = () => origins.reduce((sum, o) => sum + o.requests.length, 0);
    expect(arrived()).toBeGreaterThan(requests);
    expect(arrived()).toBeLessThanOrEqual(requests * 1.2 + 1);
    const before = arrived();
    for (let i = 0; i < 20; i++) {
      const client = new RawClient(gate.port).send(POST);
      await client.sees('502');
    }
    expect(arrived()).toBe(before + 20);
    expect(await gate.metrics()).toMatch(/zonegate_zone_refused_total\{.*limit="retries"\} [1-9]/);
  });

  it('a declared status is asked for elsewhere, of requests that may be repeated', async () => {
    const busy = await Origin.start((_, s) =>
      s.write('HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nbusy'),
    );
    const free = await Origin.start(respond('free'));
    const { port } = await plainGate([busy, free], {
      upstreams: 'default: { outliers: off, retries: { statuses: [503], budgetPercent: 100 } }',
    });
    const client = new RawClient(port);
    for (let i = 0; i < 6; i++) {
      client.received = '';
      client.send(GET);
      await client.sees(/free$/);
    }
    expect(busy.requests.length).toBeGreaterThan(1);
    const posts = new RawClient(port);
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) {
      posts.received = '';
      posts.send(POST);
      bodies.push(bodyOf(await posts.sees(/(?:free|busy)$/)));
    }
    expect(new Set(bodies)).toEqual(new Set(['free', 'busy']));
  });

  it('an answer that nobody else can give is passed on as it came', async () => {
    const busy = await Origin.start((_, s) =>
      s.write('HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nbusy'),
    );
    const { port } = await plainGate([busy], {
      upstreams: 'default: { retries: { statuses: [503] } }',
    });
    expect(await new RawClient(port).send(GET).sees('busy')).toContain('HTTP/1.1 503 x');
    expect(busy.requests.length).toBe(1);
  });

  it('nothing was sent to an endpoint that refuses, so a POST may go to another', async () => {
    const good = await Origin.start(respond('good'));
    const { port } = await plainGate([await freePort(), good.port], {
      upstreams: 'default: { outliers: off }',
    });
    for (let i = 0; i < 4; i++) await new RawClient(port).send(POST).sees('good');
    expect(good.requests.length).toBe(4);
  });

  it('retries: off means one attempt', async () => {
    const good = await Origin.start(respond('good'));
    const closed = await freePort();
    const { port } = await plainGate([closed, good.port], {
      upstreams: 'default: { outliers: off, retries: off }',
    });
    const seen = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const client = new RawClient(port).send(GET);
      await client.sees(/good|upstream-refused/);
      seen.add(client.received.slice(9, 12));
    }
    expect(seen).toEqual(new Set(['200', '502']));
  });
});

describe('a hedge', () => {
  it('asks a second endpoint when the first is late, and takes who answers first', async () => {
    const late = await Origin.start(() => undefined);
    const quick = await Origin.start(respond('quick'));
    const { port } = await plainGate([late, quick], {
      upstreams:
        'default: { outliers: off, hedge: { afterMs: 100 }, retries: { budgetPercent: 100 } }',
    });
    for (let i = 0; i < 4; i++) await new RawClient(port).send(GET).sees(/quick$/);
    expect(late.requests.length).toBeGreaterThan(0);
    // Its loser is cut, so that it need not work on.
    await until('the late connections to be gone', () => late.sockets.size === 0);
  });

  it('is not for a POST', async () => {
    const late = await Origin.start(() => undefined);
    const other = await Origin.start(() => undefined);
    const { port } = await plainGate([late, other], {
      gate: 'timeouts: { firstByteMs: 600 }',
      upstreams: 'default: { outliers: off, hedge: { afterMs: 100 } }',
    });
    await new RawClient(port).send(POST).sees('upstream-timeout');
    expect(late.requests.length + other.requests.length).toBe(1);
  });
});

describe('a route', () => {
  const routes = `routes:
  - { host: "*", path: /small, zone: gzone, app: any, bodyBytes: 4 }
  - { host: "*", path: /quick, zone: gzone, app: any, firstByteMs: 200 }
  - { host: "*", path: /whole, zone: gzone, app: any, requestMs: 300 }
  - { host: "*", path: /, zone: gzone, app: any }`;
  const gateWith = (origin: Origin) => plainGate([origin], { routes });

  it('may bound its bodies', async () => {
    const origin = await Origin.start();
    const { port } = await gateWith(origin);
    const post = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`;
    await new RawClient(port).send(post('/small')).sees('413');
    await new RawClient(port).send(post('/large')).sees('200');
    const chunked =
      'POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    await new RawClient(port).send(chunked).sees('413');
    expect(origin.requests.length).toBe(1);
  });

  it('may say how long an answer may take to begin, and to end', async () => {
    const origin = await Origin.start((request, socket) => {
      if (request.includes('/whole'))
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nbegin');
    });
    const { port } = await gateWith(origin);
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    await new RawClient(port).send(get('/quick')).sees('upstream-timeout');
    const cut = new RawClient(port).send(get('/whole'));
    await cut.sees('begin');
    await cut.closed();
    expect(bodyOf(cut.received)).toBe('begin');
  });
});
