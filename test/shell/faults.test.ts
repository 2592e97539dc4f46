/** Drills: requests that are hurt on purpose, by a rule or because an operator asks. */
import { describe, expect, it } from 'vitest';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import { loadConfig } from '../../src/shell/config/load.ts';
import { plainConfig, SECRET } from '../support/config.ts';
import { plainGate } from '../support/gate.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const OPERATOR = `keys: { cookie: [{ id: k, secret: ${SECRET} }], operator: [{ id: o, secret: ${SECRET} }] }`;
const token = (): string =>
  signOperatorToken('ann', Date.now() + 60_000, { id: 'o', secret: SECRET });
const asked = (fault: string, by: string): string =>
  `GET / HTTP/1.1\r\nHost: a.test\r\n${by}X-Ldc-Fault: ${fault}\r\n\r\n`;

describe('a fault by rule', () => {
  it('aborts a share of the requests, and no more', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], {
      rules: 'faults: [{ name: drill, percent: 50, app: any, abort: 503 }]',
    });
    const client = new RawClient(gate.port);
    for (let i = 0; i < 200; i++) {
      client.received = '';
      client.send(GET);
      await client.sees(/ok$|request:/);
    }
    expect(origin.requests.length).toBeGreaterThan(60);
    expect(origin.requests.length).toBeLessThan(140);
    expect(await gate.metrics()).toMatch(/gate_answers_total\{code="fault-injected"\} \d+/);
  });

  it('delays, and says so in the reasons', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], {
      rules: 'faults: [{ name: drill, percent: 100, delayMs: 300 }]',
    });
    const startedAtMs = performance.now();
    await new RawClient(port).send(GET).sees('ok');
    expect(performance.now() - startedAtMs).toBeGreaterThan(190);
  });

  it('slows an answer down', async () => {
    const origin = await Origin.start(respond('x'.repeat(3000)));
    const { port } = await plainGate([origin], {
      rules: 'faults: [{ name: drill, percent: 100, bytesPerS: 4000 }]',
    });
    origin.answer = (_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n');
      for (let i = 0; i < 3; i++) socket.write('x'.repeat(1000));
    };
    const client = new RawClient(port).send(GET);
    await client.sees(/x{3000}$/);
    client.received = '';
    client.send(GET);
    await client.sees(/x{3000}$/);
  });

  it('is over when its time is', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], {
      rules: 'faults: [{ name: drill, percent: 100, abort: 503, until: "2020-01-01T00:00:00Z" }]',
    });
    await new RawClient(port).send(GET).sees('ok');
  });

  it('must name what exists, and do something', () => {
    const faults = `faults:
  - { name: a, percent: 1, app: anny, abort: 503 }
  - { name: b, percent: 1, zone: GZ09, abort: 503 }
  - { name: b, percent: 1 }
  - { name: c, percent: 0, abort: 200 }`;
    const loaded = loadConfig(plainConfig({ listen: 1, origins: [2], rules: faults }), {});
    const found = loaded.ok ? [] : loaded.error.map((i) => `${i.path.join('.')} ${i.code}`);
    expect(found.sort()).toEqual([
      'faults.0.app unknown-app',
      'faults.1.zone unknown-zone',
      'faults.2 bad-value',
      'faults.3.abort out-of-range',
      'faults.3.percent out-of-range',
    ]);
  });
});

describe('a fault that is asked for', () => {
  it.each([
    ['abort=418', /^HTTP\/1\.1 418/],
    ['delay=100, abort=503', /^HTTP\/1\.1 503/],
    ['delay=100', /ok$/],
  ])('by an operator: %s', async (fault, seen) => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], OPERATOR);
    await new RawClient(port).send(asked(fault, `X-Ldc-Operator: ${token()}\r\n`)).sees(seen);
    for (const request of origin.requests)
      expect(request.toLowerCase()).not.toContain('x-ldc-fault');
  });

  it.each(['abort=200', 'delay', 'abort=503; delay=5', 'rate=0', ''])(
    'that can’t be understood does nothing: %s',
    async (fault) => {
      const origin = await Origin.start();
      const { port } = await plainGate([origin], OPERATOR);
      await new RawClient(port).send(asked(fault, `X-Ldc-Operator: ${token()}\r\n`)).sees('ok');
    },
  );

  it('by anybody else is removed', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], OPERATOR);
    await new RawClient(port).send(asked('abort=503', '')).sees('ok');
    expect(origin.requests[0]!.toLowerCase()).not.toContain('x-ldc-fault');
  });
});
