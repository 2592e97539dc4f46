/** What switches do to requests, at the socket. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainGate, type RunningGate } from '../support/gate.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient } from '../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi';

/** A fleet of one. */
const inFleet = (directory: string): void =>
  writeFileSync(
    join(directory, 'fleet.yaml'),
    'apiVersion: zonegate/v1\nkind: Fleet\nstore: { file: board }\nstateDir: state\ncatchUp: { by: none }\n',
  );

async function command(gate: RunningGate, c: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${gate.admin}/v1/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ by: 'ann', reason: 'because', ...c }),
  });
  expect(await answer.text()).toContain('"stored"');
}

describe('a freeze', () => {
  const scope = { kind: 'zone', zone: 'GZ01' };

  it('refuses writes with Retry-After and a reason, while reads go on; unfreeze ends it', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { prepare: inFleet });
    const client = new RawClient(gate.port);
    await command(gate, { do: 'freeze', scope });
    await client.send(POST).sees('urn:zonegate:problem:write-frozen"');
    expect(client.received).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: 5\r\n/s);
    await new RawClient(gate.port).send(GET).sees('ok');
    await command(gate, { do: 'unfreeze', scope });
    await new RawClient(gate.port).send(POST).sees('ok');
    expect(origin.requests.length).toBe(2);
    expect(await gate.metrics()).toContain(
      'zonegate_reasons_total{room="freeze",reason="write-frozen"} 1',
    );
  });

  it('ends by itself where it was given for a time', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { prepare: inFleet });
    await command(gate, { do: 'freeze', scope, forS: 1 });
    await new RawClient(gate.port).send(POST).sees('write-frozen');
    await until('the freeze to be over', async () => {
      const board = await (await fetch(`http://127.0.0.1:${gate.admin}/v1/board`)).text();
      return board.includes('has expired');
    });
    await new RawClient(gate.port).send(POST).sees('ok');
  });
});

describe('an app in a fleet', () => {
  it('is told the board’s epoch, so that its data layer can refuse what comes too late', async () => {
    const origin = await Origin.start();
    const gate = await plainGate([origin], { prepare: inFleet });
    await new RawClient(gate.port).send(GET).sees('ok');
    expect(origin.requests[0]).toContain('\r\nX-Ldc-Board-Epoch: 0\r\n');
    await command(gate, { do: 'freeze', scope: { kind: 'zone', zone: 'GZ01' } });
    await new RawClient(gate.port).send(GET).sees('ok');
    expect(origin.requests[1]).toContain('\r\nX-Ldc-Board-Epoch: 1\r\n');
  });
});

describe('an endpoint that is switched off', () => {
  it('gets nothing more until it is switched on', async () => {
    const [a, b] = [await Origin.start(), await Origin.start()];
    const gate = await plainGate([a, b], { prepare: inFleet });
    const scope = { kind: 'endpoint', address: `127.0.0.1:${a.port}` };
    await command(gate, { do: 'off', scope });
    for (let i = 0; i < 6; i++) await new RawClient(gate.port).send(GET).sees('ok');
    expect([a.requests.length, b.requests.length]).toEqual([0, 6]);
    await command(gate, { do: 'on', scope });
    for (let i = 0; i < 6; i++) await new RawClient(gate.port).send(GET).sees('ok');
    expect(a.requests.length).toBe(3);
  });
});

describe('when no endpoint of the group is healthy', () => {
  const groupsOf = (dead: number, origin: Origin): string =>
    `{ A: { endpoints: { any: ["127.0.0.1:${dead}"] } }, B: { endpoints: { any: ["127.0.0.1:${origin.port}"] } } }`;
  const rules = 'weights: { GZ01: { A: 100, B: 0 } }';
  const upstreams = 'default: { probe: { tcp: true, intervalMs: 100, timeoutMs: 80 } }';
  const routes = (onNoHealthy: string): string =>
    `routes: [{ host: "*", zone: gzone, app: any, onNoHealthy: ${onNoHealthy} }]`;

  async function gateWithDeadGroup(onNoHealthy: string) {
    const origin = await Origin.start();
    const groups = groupsOf(await freePort(), origin);
    const gate = await plainGate([], { groups, rules, upstreams, routes: routes(onNoHealthy) });
    await until(
      'the probe to say so',
      async () =>
        (await gate.metrics()).includes('zonegate_endpoint_usable{app="any"') &&
        / 0\n/.test((await gate.metrics()).split('zonegate_endpoint_usable{')[1] ?? ''),
    );
    return { origin, gate };
  }

  it('`spill` sends reads to another group, and no write', async () => {
    const { origin, gate } = await gateWithDeadGroup('spill');
    await new RawClient(gate.port).send(GET).sees('ok');
    expect(origin.requests[0]).toContain('X-Ldc-Group: B');
    await new RawClient(gate.port).send(POST).sees('no-healthy-endpoint');
    expect(origin.requests.length).toBe(1);
  });

  it('`fail` answers 503, and asks nobody', async () => {
    const { origin, gate } = await gateWithDeadGroup('fail');
    await new RawClient(gate.port).send(GET).sees('no-healthy-endpoint');
    expect(origin.requests.length).toBe(0);
  });

  it('`panic` asks the sick ones all the same', async () => {
    const { gate } = await gateWithDeadGroup('panic');
    await new RawClient(gate.port).send(GET).sees('upstream-refused');
  });
});
