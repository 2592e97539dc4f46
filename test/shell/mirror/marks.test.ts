/** A copy that comes to a gate: it goes its way, and makes no copies and no cookies. */
import { describe, expect, it } from 'vitest';
import { markOf, minuteOf } from '../../../src/mirror/mark.ts';
import { SECRET } from '../../support/config.ts';
import { mirroringGate } from '../../support/mirror.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient, respond } from '../../support/wire.ts';

const mark = (): string => markOf('m', minuteOf(Date.now()), [{ id: 'k', secret: SECRET }]);
const PEERS = 'trust: { peers: ["127.0.0.1"] }';

describe('a copy that comes to a gate', () => {
  it.each([
    ['from a listed network', { gate: PEERS }],
    ['by a listener for apps', { listener: ', from: app' }],
  ])('%s is not copied again, gets no cookie, and stays marked', async (_, told) => {
    const origin = await Origin.start(respond('real', 'X-Ldc-Uid: 2088000000000680\r\n'));
    const target = await Origin.start();
    const gate = await mirroringGate(origin, target, '', told);
    const m = mark();
    const client = new RawClient(gate.port);
    await client.send(`GET / HTTP/1.1\r\nHost: a\r\nX-Ldc-Mirror: ${m}\r\n\r\n`).sees('real');
    expect(client.received).not.toMatch(/set-cookie/i);
    expect(origin.requests[0]).toContain(`x-ldc-mirror: ${m}\r\n`);
    expect(await gate.rule()).toMatchObject({ drawn: 0 });
    expect(target.requests).toEqual([]);
  });

  it.each([
    ['forged', () => mark().replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), PEERS],
    ['from a stranger', mark, ''],
  ])('but %s is a request like any other, without its mark', async (_, make, gateLines) => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start();
    const gate = await mirroringGate(origin, target, '', { gate: gateLines });
    await new RawClient(gate.port)
      .send(`GET / HTTP/1.1\r\nHost: a\r\nX_Ldc_Mirror: x\r\nX-Ldc-Mirror: ${make()}\r\n\r\n`)
      .sees('real');
    expect(origin.requests[0]).not.toMatch(/x.ldc.mirror/i);
    await until('the copy', () => target.requests.length === 1);
    expect(target.requests[0]!.match(/^x.ldc.mirror:/gim)).toHaveLength(1);
  });

  it('of its own IDC is refused by the guard against loops', async () => {
    const origin = await Origin.start(respond('real'));
    const second = await mirroringGate(origin, await Origin.start());
    const gate = await mirroringGate(origin, second.port);
    await new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').sees('real');
    expect(await gate.settled()).toMatchObject({ sent: 1, answered: { '5xx': 1 } });
    expect(origin.requests).toHaveLength(1);
  });
});
