/** A group taken out of service: nobody new, and what is under way there ends by the deadline. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainGate, type RunningGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

interface Pair {
  readonly gate: RunningGate;
  readonly a: Origin;
  readonly b: Origin;
}

/** Group A takes all, B stands beside it. */
async function twoGroups(): Promise<Pair> {
  const a = await Origin.start((request, socket) => {
    if (request.startsWith('GET /ws')) socket.write(SWITCH);
    else if (request.startsWith('GET /slow'))
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    else if (!request.startsWith('GET /silent')) respond('from A')(request, socket, 0);
  });
  const b = await Origin.start(respond('from B'));
  const group = (o: Origin): string => `{ endpoints: { any: ["127.0.0.1:${o.port}"] } }`;
  const gate = await plainGate([a], {
    groups: `{ A: ${group(a)}, B: ${group(b)} }`,
    rules: 'weights: { GZ01: { A: 100, B: 0 } }',
    prepare: (directory) =>
      writeFileSync(
        join(directory, 'fleet.yaml'),
        'apiVersion: zonegate/v1\nkind: Fleet\nstore: { file: board }\nstateDir: state\ncatchUp: { by: none }\n',
      ),
  });
  return { gate, a, b };
}

async function order(gate: RunningGate, c: Record<string, unknown>): Promise<void> {
  // A run may be writing at the very moment.
  await until('the command to be taken', async () => {
    const answer = await fetch(`http://127.0.0.1:${gate.admin}/v1/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ann', reason: 'because', ...c }),
    });
    return answer.status === 200;
  });
}

const scope = { kind: 'group', zone: 'GZ01', group: 'A' };
const ended = async (gate: RunningGate): Promise<string> =>
  /^zonegate_stragglers_ended_total\{why="drained"\} (\d+)$/m.exec(await gate.metrics())?.[1] ?? '';

describe.each([
  ['drained', { do: 'drain', scope, endWithinS: 1 }],
  ['switched off', { do: 'off', scope, endWithinS: 1 }],
])('a group that is %s', (_, taken) => {
  it('gets nobody new; tunnels and requests under way end by the deadline, each in its way', async () => {
    const { gate, a } = await twoGroups();
    const tunnel = new RawClient(gate.port);
    await tunnel.send(UPGRADE).sees('101 Switching');
    const silent = new RawClient(gate.port);
    silent.send('GET /silent HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const slow = new RawClient(gate.port);
    await slow.send('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n').sees('half');
    await until('A to have all three', () => a.requests.length === 3);

    await order(gate, taken);
    await until('new requests to go to B', async () =>
      (await new RawClient(gate.port).send(GET).sees('from ')).includes('from B'),
    );
    expect([tunnel.ended, silent.ended, slow.ended]).toEqual([null, null, null]);

    await tunnel.closed();
    await silent.sees('urn:zonegate:problem:group-drained');
    await slow.closed();
    expect(silent.received).toMatch(/^HTTP\/1\.1 503 /);
    // Cut short: its length says so.
    expect([tunnel.ended, slow.ended]).toEqual(['reset', 'fin']);
    expect(await ended(gate)).toBe('3');
  });
});

it('a group that is drained in part, or without end, ends nothing', async () => {
  const { gate, a } = await twoGroups();
  const tunnel = new RawClient(gate.port);
  await tunnel.send(UPGRADE).sees('101 Switching');
  await order(gate, { do: 'drain', scope, percent: 50 });
  await order(gate, { do: 'off', scope });
  await until('new requests to go to B', async () =>
    (await new RawClient(gate.port).send(GET).sees('from ')).includes('from B'),
  );
  tunnel.send('still here');
  await until('A to hear it', () => a.streams.some((s) => s.endsWith('still here')));
  expect(await ended(gate)).toBe('0');
});
