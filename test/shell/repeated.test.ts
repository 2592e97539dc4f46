/** What places a request, standing in it twice. */
import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { Origin, RawClient } from '../support/wire.ts';

const routes = `identities: { user: [{ header: x-user-id, trust: [app], others: hint }] }
routes: [{ host: "*", zone: gzone, app: any, identity: user }]`;
const get = (fields: string): string => `GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;

describe('something that places a request, twice', () => {
  const twice = [
    ['the route cookie in one line', 'Cookie: LDC_ROUTE=a; LDC_ROUTE=b\r\n'],
    ['the route cookie in two lines', 'Cookie: LDC_ROUTE=a\r\nCookie: x=1; LDC_ROUTE=b\r\n'],
    ['an identity header', 'X-User-Id: 1\r\nx-user-id: 2\r\n'],
    ['a forced zone', 'X-Ldc-Zone: A\r\nX-Ldc-Zone: B\r\n'],
  ] as const;
  const once = [
    ['a cookie whose name ends so', 'Cookie: LDC_ROUTE=a; MY_LDC_ROUTE=b\r\n'],
    ['a value that reads so', 'Cookie: a=LDC_ROUTE; LDC_ROUTE=b\r\n'],
    ['other fields', 'X-A: 1\r\nX-A: 2\r\nX-User-Id: 1\r\n'],
  ] as const;

  it.each(twice)('%s: refused where that is declared', async (_, fields) => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], { gate: 'headers: { repeated: refuse }', routes });
    await new RawClient(port).send(get(fields)).sees('repeated-routing-field');
    expect(origin.requests.length).toBe(0);
  });

  it.each(twice)('%s: counted, and the first is taken otherwise', async (_, fields) => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { routes });
    await new RawClient(gate.port).send(get(fields)).sees('ok');
    expect(await gate.metrics()).toContain('zonegate_repeated_routing_total 1');
  });

  it.each(once)('%s is not that', async (_, fields) => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], { gate: 'headers: { repeated: refuse }', routes });
    await new RawClient(port).send(get(fields)).sees('ok');
  });
});
