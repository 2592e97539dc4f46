/** What an inspector can do to a request, over real sockets. */
import { describe, expect, it } from 'vitest';
import { BLOCK, CUT, delay, inspectedGate, type Plan } from '../../support/inspector.ts';
import { until } from '../../support/until.ts';
import { bodyOf, headOf, Origin, RawClient } from '../../support/wire.ts';

const GET = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (body: string, more = ''): string =>
  `POST /up HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const TRAILED =
  'POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;e=1\r\nhello\r\n3\r\n wo\r\n0\r\nX-T: 1\r\n\r\n';
const BIG = 'z0n3'.repeat(100_000);

const nextPasses = (plan: Plan) => (request: string) => (request === 'GET /next' ? {} : plan);

interface Kind {
  readonly kind: string;
  readonly request: string;
  readonly plan: Plan;
  /** At the origin, when it passes. */
  readonly arrives: string;
  readonly steps: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    ...{ kind: 'no body', request: 'GET /up HTTP/1.1\r\nHost: a\r\n\r\n', plan: { wants: 100 } },
    ...{ arrives: '', steps: [] },
  },
  {
    ...{ kind: 'a body that is not wanted', request: post('hello'), plan: {} },
    ...{ arrives: 'hello', steps: [] },
  },
  {
    ...{ kind: 'a body by its length', request: post('hello'), plan: { wants: 100 } },
    ...{ arrives: 'hello', steps: ['body 5 whole'] },
  },
  {
    ...{ kind: 'a body as long as wanted', request: post('hello'), plan: { wants: 5 } },
    ...{ arrives: 'hello', steps: ['body 5 whole'] },
  },
  {
    ...{ kind: 'chunks and trailers', request: TRAILED, plan: { wants: 8 } },
    ...{ arrives: '8\r\nhello wo\r\n0\r\nx-t: 1\r\n\r\n', steps: ['body 8 whole'] },
  },
  {
    ...{ kind: 'chunks of nothing', request: `${TRAILED.slice(0, -35)}${TRAILED.slice(-13)}` },
    ...{ plan: { wants: 8 }, arrives: '0\r\nx-t: 1\r\n\r\n', steps: ['body 0 whole'] },
  },
  {
    ...{ kind: 'a body larger than a copy for another try', request: post(BIG.slice(0, 50_000)) },
    ...{ plan: { wants: 100_000 }, arrives: BIG.slice(0, 50_000), steps: ['body 50000 whole'] },
  },
  {
    ...{ kind: 'a body larger than wanted', request: post(BIG), plan: { wants: 1000 } },
    ...{ arrives: BIG, steps: ['body 1000 part'] },
  },
];

describe.each(KINDS)('a request with $kind', ({ request, plan, arrives, steps }) => {
  it.each([
    { io: 'shared buffer', env: {} },
    { io: 'data events', env: { ZONEGATE_ONREAD: 'off' } },
  ])('passes as it is, and the next one too ($io)', async ({ env }) => {
    const origin = await Origin.start();
    const { port, stub } = await inspectedGate(origin, nextPasses(plan), '', env);
    const client = new RawClient(port).send(`${request}${GET}`);
    await until('both answers', () => client.received.split('\r\n\r\nok').length === 3);
    expect(bodyOf(origin.requests[0]!)).toBe(arrives);
    expect(origin.requests[1]).toMatch(/^GET \/next/);
    expect(stub.seen[0]!.steps).toEqual([...steps, 'head 200 fields', 'over']);
    expect(stub.gateway.held.used).toBe(0);
  });

  it('passes later, with lines for the application', async () => {
    const origin = await Origin.start();
    const late = { ...plan, body: 'LATER', lines: 'X-Ldc-Label: seen\r\n' } as const;
    const { port, stub } = await inspectedGate(origin, nextPasses(late));
    const client = new RawClient(port).send(`${request}${GET}`);
    if (steps.length > 0) {
      await until('the question', () => (stub.seen[0]?.later ?? null) !== null);
      expect(origin.connections).toBe(0);
      stub.seen[0]!.later!({ kind: 'pass' });
    }
    await until('both answers', () => client.received.split('\r\n\r\nok').length === 3);
    expect(headOf(origin.requests[0]!)).toContain('\r\nX-Ldc-Label: seen\r\n');
    expect(bodyOf(origin.requests[0]!)).toBe(arrives);
    expect(headOf(origin.requests[1]!)).not.toContain('X-Ldc-Label');
  });

  it.each(['at once', 'later'] as const)('is answered by what is in it, %s', async (when) => {
    const origin = await Origin.start();
    const against: Plan =
      steps.length === 0
        ? { ...plan, first: BLOCK }
        : { ...plan, body: when === 'later' ? 'LATER' : BLOCK };
    const { port, stub } = await inspectedGate(origin, nextPasses(against));
    const client = new RawClient(port).send(`${request}${GET}`);
    if (against.body === 'LATER') {
      await until('the question', () => (stub.seen[0]?.later ?? null) !== null);
      stub.seen[0]!.later!(BLOCK);
    }
    await client.sees('urn:zonegate:problem:stub-blocked');
    expect(client.received).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(headOf(client.received)).toContain('\r\nX-Stub: blocked\r\n');
    const readWhole = steps.length > 0 ? steps[0]!.endsWith('whole') : request.startsWith('GET');
    if (readWhole) await client.sees('\r\n\r\nok');
    else await client.closed();
    expect(client.received.includes('Connection: close')).toBe(!readWhole);
    expect(origin.requests.map((r) => r.slice(0, 9))).toEqual(readWhole ? ['GET /next'] : []);
    expect(stub.seen[0]!.steps).toEqual([...steps, 'over']);
    expect(stub.seen[0]!.requestId).toMatch(/^[0-9a-f]{32}$/);
    expect(stub.gateway.held.used).toBe(0);
  });

  it('is cut', async () => {
    const origin = await Origin.start();
    const against = steps.length === 0 ? { ...plan, first: CUT } : { ...plan, body: CUT };
    const { port, stub } = await inspectedGate(origin, against);
    const client = new RawClient(port).send(request);
    await client.closed();
    expect([client.ended, client.received]).toEqual(['reset', '']);
    await until('the end', () => stub.last.steps.at(-1) === 'over');
    expect(stub.last.steps).toEqual([...steps, 'over']);
    expect([origin.connections, stub.gateway.held.used]).toEqual([0, 0]);
  });

  it('is delayed, and goes on', async () => {
    const origin = await Origin.start();
    const { port, stub } = await inspectedGate(origin, nextPasses({ ...plan, first: delay(300) }));
    const startedAtMs = performance.now();
    const client = new RawClient(port).send(`${request}${GET}`);
    await until('both answers', () => client.received.split('\r\n\r\nok').length === 3);
    expect(performance.now() - startedAtMs).toBeGreaterThan(190);
    expect(bodyOf(origin.requests[0]!)).toBe(arrives);
    expect(stub.seen[0]!.steps).toEqual([...steps, 'head 200 fields', 'over']);
    expect(stub.seen[0]!.inspectedMs).toBeGreaterThan(190);
    expect(stub.seen[1]!.inspectedMs).toBe(-1);
  });
});

describe('an answer of the inspector', () => {
  it('may be a page of its own, and end the connection', async () => {
    const origin = await Origin.start();
    const page = { type: 'text/html', text: '<p>Prüfung</p>' };
    const first = { ...BLOCK, body: page, close: true };
    const { port } = await inspectedGate(origin, { first });
    const client = new RawClient(port).send(GET.repeat(2));
    await client.closed();
    expect(client.received.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
    expect(headOf(client.received)).toMatch(/Content-Type: text\/html\r\nContent-Length: 15\r\n/);
    expect(headOf(client.received)).toContain('Connection: close\r\n');
    expect(Buffer.from(bodyOf(client.received), 'latin1').toString()).toBe(page.text);
  });

  it('has no body for HEAD', async () => {
    const origin = await Origin.start();
    const { port } = await inspectedGate(origin, nextPasses({ first: BLOCK }));
    const client = new RawClient(port).send(`HEAD /up HTTP/1.1\r\nHost: a\r\n\r\n${GET}`);
    await client.sees(/403 Forbidden\r\n(?:[^\r\n]+\r\n)+\r\nHTTP\/1\.1 200 OK/);
  });
});

it('a request that is not looked at costs nothing but the question', async () => {
  const origin = await Origin.start();
  const { port, stub } = await inspectedGate(origin, null);
  await new RawClient(port).send(post('hello')).sees('ok');
  expect([stub.seen.length, bodyOf(origin.requests[0]!)]).toEqual([0, 'hello']);
});
