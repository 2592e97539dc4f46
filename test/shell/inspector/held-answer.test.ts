/** An answer that is held back: how it may end. */
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../../support/answer-reader.ts';
import {
  asked,
  BLOCK,
  held,
  IN_CHUNKS,
  inspectedGate,
  LENGTH,
  NEXT,
  over,
  PASS,
  UP,
  ups,
  upWith,
} from '../../support/inspector.ts';
import { until } from '../../support/until.ts';
import { bodyOf, headOf, type Origin, RawClient } from '../../support/wire.ts';

describe('an answer that is held back', () => {
  const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf';

  it.each([
    ['breaks', (o: Origin) => o.sockets.forEach((s) => void s.resetAndDestroy()), 502],
    ['ends too early', (o: Origin) => o.sockets.forEach((s) => void s.end()), 502],
  ])('and %s becomes an answer of the gate', async (_, end, status) => {
    const origin = await upWith(HALF);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 100 }));
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    await until('the half', () => held(gate) > 0);
    end(origin);
    await client.sees(/\r\n\r\nok$/);
    expect(readAnswer(client.received, 0, 'GET')!.status).toBe(status);
    expect(gate.stub.last.steps).toEqual(['head 200 fields', 'over']);
    expect(held(gate)).toBe(0);
  });

  it('and all here, is not lost with its connection', async () => {
    const origin = await upWith(LENGTH);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 9, answerBody: 'LATER' }));
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    const late = await asked(gate);
    for (const socket of origin.sockets) socket.resetAndDestroy();
    await until('the gate to see it', async () =>
      /^zonegate_upstream_connections\{.*state="active"\} 0$/m.test(await gate.metrics()),
    );
    late.later!(PASS);
    await client.sees(/hello[\s\S]*\r\n\r\nok$/);
  });

  it('with bytes behind it: its connection is not used again', async () => {
    const origin = await upWith(`${LENGTH}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 9 }));
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    await client.sees(/hello[\s\S]*\r\n\r\nok$/);
    expect(client.received).not.toContain('evil');
    expect(origin.connections).toBe(2);
  });

  it('and stands still: 504', async () => {
    const origin = await upWith(HALF);
    const gate = await inspectedGate(
      origin,
      ups({ wantsAnswer: 100 }),
      'timeouts: { idleMs: 300 }',
    );
    const client = new RawClient(gate.port).send(UP);
    await client.sees(/^HTTP\/1\.1 504 [\s\S]*problem:upstream-timeout"/);
    await until('its connection to end', () => origin.sockets.size === 0);
  });

  it('and malformed: 502', async () => {
    const origin = await upWith(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nX',
    );
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 100 }));
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    await client.sees(/^HTTP\/1\.1 502 [\s\S]*problem:upstream-bad-answer"[\s\S]*ok$/);
    expect(held(gate)).toBe(0);
  });

  it('and never judged: 503', async () => {
    const origin = await upWith(LENGTH);
    const told = 'timeouts: { idleMs: 300 }';
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 9, answerBody: 'LATER' }), told);
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    await client.sees(/^HTTP\/1\.1 503 [\s\S]*problem:inspection-late"[\s\S]*ok$/);
    gate.stub.last.later!(BLOCK);
    await client.send(NEXT).sees(/ok[\s\S]*ok$/);
  });

  it('and whose client goes: what is said then does nothing', async () => {
    const origin = await upWith(LENGTH);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 9, answerBody: 'LATER' }));
    const client = new RawClient(gate.port).send(UP);
    const late = await asked(gate);
    client.socket.resetAndDestroy();
    await over(gate);
    late.later!(PASS);
    expect([held(gate), origin.sockets.size]).toEqual([0, 0]);
    await new RawClient(gate.port).send(NEXT).sees('ok');
  });

  it('for which there is no room: 503, and counted', async () => {
    const origin = await upWith(LENGTH);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 9 }));
    gate.stub.gateway.held.limit = 100;
    const client = new RawClient(gate.port).send(`${UP}${NEXT}`);
    await client.sees(/^HTTP\/1\.1 503 [\s\S]*problem:gate-overloaded"[\s\S]*ok$/);
    expect([gate.stub.gateway.held.refused, held(gate)]).toEqual([1, 0]);
    expect(gate.stub.gateway.pressure.shed.normal).toBe(1);
  });

  it('takes no more from its upstream than one read beyond what is wanted', async () => {
    const huge = 'x'.repeat(20_000_000);
    const origin = await upWith(`HTTP/1.1 200 OK\r\nContent-Length: ${huge.length}\r\n\r\n${huge}`);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 1000, answerBody: 'LATER' }));
    const client = new RawClient(gate.port).send(UP);
    const late = await asked(gate);
    const then = held(gate);
    expect(then).toBeLessThan(1000 + 2 * 262_144);
    await fetch(`http://127.0.0.1:${gate.admin}/metrics`);
    expect(held(gate)).toBe(then);
    late.later!(PASS);
    await until('all of it', () => bodyOf(client.received).length === huge.length);
    expect(bodyOf(client.received) === huge).toBe(true);
  });

  it('reaches an HTTP/1.0 client as it should', async () => {
    const origin = await upWith(IN_CHUNKS);
    const gate = await inspectedGate(origin, ups({ wantsAnswer: 3, answerBody: 'LATER' }));
    const client = new RawClient(gate.port).send('GET /up HTTP/1.0\r\nHost: a\r\n\r\n');
    (await asked(gate)).later!(PASS);
    const all = await client.closed();
    expect(headOf(all)).not.toMatch(/transfer-encoding/i);
    expect(bodyOf(all)).toBe('hello wo');
  });
});
