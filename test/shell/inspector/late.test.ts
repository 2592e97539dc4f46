/** What an inspector says too late, or never. */
import { describe, expect, it } from 'vitest';
import {
  asked,
  BLOCK,
  held,
  inspectedGate,
  NEXT,
  over,
  PASS,
  upload,
  ups,
} from '../../support/inspector.ts';
import { until } from '../../support/until.ts';
import { bodyOf, Origin, RawClient } from '../../support/wire.ts';

describe('what is said too late', () => {
  it('after the client has gone does nothing', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, ups({ wants: 100, body: 'LATER' }));
    const client = new RawClient(gate.port).send(`${upload(5)}hello`);
    const late = await asked(gate);
    client.socket.resetAndDestroy();
    await over(gate);
    for (const what of [PASS, BLOCK]) late.later!(what);
    await new RawClient(gate.port).send(NEXT).sees('ok');
    expect(origin.requests.map((r) => r.slice(0, 9))).toEqual(['GET /next']);
  });

  it.each([PASS, BLOCK])(
    '$kind: the next request of the connection hears nothing of it',
    async (what) => {
      const origin = await Origin.start();
      const gate = await inspectedGate(origin, ups({ wants: 100, body: 'LATER' }));
      const client = new RawClient(gate.port).send(`${upload(5)}first`);
      const first = await asked(gate);
      first.later!(PASS);
      await client.sees('ok');
      client.received = '';
      client.send(`${upload(6)}second`);
      await until('the second question', () => gate.stub.seen.length === 2 && gate.stub.last.later);
      first.later!(what);
      expect(origin.requests).toHaveLength(1);
      gate.stub.last.later!(PASS);
      gate.stub.last.later!(BLOCK);
      await client.sees('ok');
      await client.send(NEXT).sees(/ok[\s\S]*ok/);
      expect(client.received).not.toContain('403');
      expect(origin.requests.map(bodyOf)).toEqual(['first', 'second', '']);
    },
  );

  it('ends with 503 by the gate, if it never comes', async () => {
    const origin = await Origin.start();
    const told = 'timeouts: { idleMs: 300 }';
    const gate = await inspectedGate(origin, ups({ wants: 100, body: 'LATER' }), told);
    const client = new RawClient(gate.port).send(`${upload(5)}hello${NEXT}`);
    await client.sees(/^HTTP\/1\.1 503 [\s\S]*problem:inspection-late"[\s\S]*200 OK[\s\S]*ok$/);
    expect(gate.stub.last.steps).toEqual(['body 5 whole', 'over']);
    expect(held(gate)).toBe(0);
  });

  it('may be said before the question is over', async () => {
    const origin = await Origin.start();
    const gate = await inspectedGate(origin, (request) => {
      if (request !== 'POST /up') return null;
      return { wants: 100 };
    });
    const begin = gate.stub.begin.bind(gate.stub);
    gate.stub.begin = (request) => {
      const inspection = begin(request);
      if (inspection === null) return null;
      const body = inspection.body.bind(inspection);
      inspection.body = (b, whole, later) => {
        later(body(b, whole, later) ?? PASS);
        return null;
      };
      return inspection;
    };
    const client = new RawClient(gate.port).send(`${upload(5)}hello${NEXT}`);
    await until('both answers', () => client.received.split('\r\n\r\nok').length === 3);
  });
});
