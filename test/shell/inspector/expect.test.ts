/** Who asks a client for the body that it holds back itself. */
import { describe, expect, it } from 'vitest';
import { BLOCK, inspectedGate, NEXT, upload } from '../../support/inspector.ts';
import { until } from '../../support/until.ts';
import { bodyOf, bytes, Origin, RawClient } from '../../support/wire.ts';

const EXPECT = 'Expect: 100-continue\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

describe('Expect: 100-continue', () => {
  it('is met by the gate where it wants the body, and not sent on; the upstream’s 100 ends here', async () => {
    const origin = await Origin.start(
      bytes(`${CONTINUE}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`),
    );
    const gate = await inspectedGate(origin, { wants: 100 });
    const client = new RawClient(gate.port).send(upload(5, EXPECT));
    await client.sees(CONTINUE);
    expect(origin.connections).toBe(0);
    client.send('hello');
    await client.sees('ok');
    expect(client.received.split(CONTINUE)).toHaveLength(2);
    expect(origin.requests[0]).not.toMatch(/^expect:/im);
    expect(bodyOf(origin.requests[0]!)).toBe('hello');
  });

  it('is met after a delay', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { first: { kind: 'delay', ms: 100 }, wants: 100 });
    const client = new RawClient(gate.port).send(upload(5, EXPECT));
    await client.sees(CONTINUE);
    await client.send('hello').sees('ok');
  });

  it('needs no answer where the body comes unasked', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, { wants: 100 });
    const client = new RawClient(gate.port).send(`${upload(5, EXPECT)}hello${NEXT}`);
    await until('both answers', () => client.received.split('\r\n\r\nok').length === 3);
    expect(client.received).not.toContain('100 Continue');
  });

  it('is passed on where the body is not wanted, and refused at once where the head is blocked', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, {});
    const client = new RawClient(gate.port).send(upload(5, EXPECT));
    await until('the head at the origin', () => origin.streams[0]?.includes('Expect: 100'));
    await client.send('hello').sees('ok');
    gate.stub.plan = { first: BLOCK, wants: 100 };
    const blocked = new RawClient(gate.port).send(upload(5, EXPECT));
    expect(await blocked.closed()).toMatch(/^HTTP\/1\.1 403 /);
  });
});
