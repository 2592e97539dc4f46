/** Answers compared as they pass: on-purpose differences found exactly, clocks learnt, encodings undone. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type MirroringGate, mirroringGate } from '../../support/mirror.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient } from '../../support/wire.ts';

const COMPARE = ', compare: { perS: 10000, noisePercent: 100, noiseAfterMs: 0, learn: 5 }';
const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';

type Answer = (request: string) => { status?: number; type?: string; body: string | Buffer };

const answering = (make: Answer) =>
  Origin.start((request, socket) => {
    const { status = 200, type = 'application/json', body } = make(request);
    const bytes = Buffer.from(body);
    const encoded = bytes[0] === 0x1f ? 'Content-Encoding: gzip\r\n' : '';
    socket.write(
      `HTTP/1.1 ${status} X\r\nContent-Type: ${type}\r\n${encoded}Content-Length: ${bytes.length}\r\n\r\n`,
    );
    if (!request.startsWith('HEAD')) socket.write(bytes);
  });

async function asked(gate: MirroringGate, times: number, request = GET): Promise<void> {
  for (let i = 0; i < times; i++) await new RawClient(gate.port).send(request).sees('\r\n\r\n');
  await until('all to be compared', async () => {
    const { routes, noiseAsked, notCompared } = await gate.rule();
    const [route] = routes;
    return route !== undefined && route.compared + notCompared >= times && noiseAsked >= times
      ? route.learnt >= times - notCompared
      : false;
  });
}

const findings = async (gate: MirroringGate): Promise<Record<string, string>> =>
  Object.fromEntries((await gate.rule()).routes[0]!.fields.map((f) => [f.field, f.finding]));

let clock = 0;
const body = (price: number, more: object = {}): string =>
  JSON.stringify({ at: ++clock, id: `id${++clock}`, items: [{ price, at: ++clock }], ...more });

describe('answers', () => {
  it('that differ on purpose are reported in exactly those fields, and in no clock', async () => {
    const origin = await answering(() => ({ body: body(1) }));
    const target = await answering(() => ({
      ...{ status: 201, type: 'text/json', body: body(2, { extra: null }) },
    }));
    const gate = await mirroringGate(origin, target, COMPARE);
    await asked(gate, 20);
    expect(await findings(gate)).toEqual({
      status: 'differs',
      'header:content-type': 'differs',
      '$.items[].price': 'differs',
      '$.extra': 'differs',
      '$.at': 'noise',
      '$.id': 'noise',
      '$.items[].at': 'noise',
    });
    const [route] = (await gate.rule()).routes;
    expect(route).toMatchObject({ route: '*/', compared: 20, learnt: 20 });
    const text = JSON.stringify(route);
    expect(text).not.toContain(`id${clock}`);
    expect(route!.fields[0]!.samples[0]!.requestId).toMatch(/^[0-9a-f]{32}$/);
    const metrics = await gate.metrics();
    expect(metrics).toContain('zonegate_mirror_compared_total{rule="m",route="*/"} 20');
    expect(metrics).toMatch(/zonegate_mirror_mismatches_total\{rule="m",route="\*\/"\} (?!0)/);
  });

  it('that do not differ but in clocks are reported nowhere', async () => {
    const origin = await answering(() => ({ body: body(1) }));
    const gate = await mirroringGate(origin, await answering(() => ({ body: body(1) })), COMPARE);
    await asked(gate, 30);
    expect(new Set(Object.values(await findings(gate)))).toEqual(new Set(['noise']));
    expect((await gate.rule()).routes[0]!.mismatches).toBe(0);
  });

  it('are compared as they were before they were packed for the way', async () => {
    const same = JSON.stringify({ long: 'x'.repeat(1000), n: 1 });
    const origin = await answering(() => ({ body: gzipSync(same) }));
    const target = await answering(() => ({ body: same.replace('"n":1', '"n":2') }));
    const gate = await mirroringGate(origin, target, COMPARE);
    for (let i = 0; i < 8; i++) await asked(gate, 1 + i);
    expect(await findings(gate)).toEqual({ '$.n': 'differs' });
  });

  it('that are larger than is kept are compared by status and fields only', async () => {
    const origin = await answering(() => ({ body: JSON.stringify('a'.repeat(3000)) }));
    const target = await answering(() => ({ body: JSON.stringify('b'.repeat(3000)), status: 202 }));
    const small = COMPARE.replace('learn: 5', 'learn: 5, bodyBytes: 2000');
    const gate = await mirroringGate(origin, target, small);
    await asked(gate, 10);
    expect(await findings(gate)).toEqual({ status: 'differs' });
    expect(await gate.metrics()).toContain('zonegate_mirror_buffer_bytes 0');
  });

  it('that never come are not compared, and hold no memory', async () => {
    const origin = await answering(() => ({ body: body(1) }));
    const target = await Origin.start((_, socket) => void socket.destroy());
    const gate = await mirroringGate(origin, target, COMPARE);
    for (let i = 0; i < 3; i++) await new RawClient(gate.port).send(GET).sees('\r\n\r\n');
    await until('them to be given up', async () => (await gate.rule()).notCompared >= 3);
    await until('the memory to be let go', async () =>
      (await gate.metrics()).includes('zonegate_mirror_buffer_bytes 0'),
    );
  });

  it('to HEAD are compared by status and fields', async () => {
    const origin = await answering(() => ({ body: body(1) }));
    const target = await answering(() => ({ body: body(2), status: 404 }));
    const gate = await mirroringGate(origin, target, COMPARE);
    await asked(gate, 10, GET.replace('GET', 'HEAD'));
    expect(await findings(gate)).toEqual({ status: 'differs' });
  });

  it('to writes are compared, but nothing is asked twice', async () => {
    const origin = await answering(() => ({ body: body(1) }));
    const target = await answering(() => ({ body: body(2) }));
    const gate = await mirroringGate(origin, target, `, match: { methods: [POST] }${COMPARE}`);
    const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
    for (let i = 0; i < 5; i++) await new RawClient(gate.port).send(post).sees('\r\n\r\n');
    await until('them to be compared', async () => (await gate.rule()).routes[0]?.compared === 5);
    expect(await gate.rule()).toMatchObject({ noiseAsked: 0 });
    expect(origin.requests).toHaveLength(5);
    expect(new Set(Object.values(await findings(gate)))).toEqual(new Set(['learning']));
  });

  it('a second request for noise is the first once more, marked', async () => {
    const origin = await answering(() => ({ body: body(1) }));
    const gate = await mirroringGate(origin, await answering(() => ({ body: body(1) })), COMPARE);
    const request = 'GET /x?y HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n';
    await asked(gate, 1, request);
    const [first, second] = origin.requests as [string, string];
    expect(second.replace(/^x-ldc-mirror:.*\r\n/im, '')).toBe(first);
    expect(second).toMatch(/^x-ldc-mirror: v1\.m\./im);
  });
});
