/** Every row of test/cases/upstream-faults.txt against a gate with a relay behind it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAnswers } from '../support/answer-reader.ts';
import { ROOT } from '../support/config.ts';
import { plainGate, type RunningGate } from '../support/gate.ts';
import { freePort } from '../support/ports.ts';
import { type Fault, Relay } from '../support/relay.ts';
import { FAULTS, type FaultName, FOREIGN } from '../support/relay-faults.ts';
import { until } from '../support/until.ts';
import { type RequestKind, ROWS, type Row, rowText } from '../support/upstream-fault-rows.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';

const BODY = 'what the origin says';
const GET = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const START = 'HTTP/1.1\r\nHost: a\r\n';
const LENGTH = `${START}Content-Length: 4\r\n\r\nbody`;
const PART = 'x'.repeat(65_536);
const CHUNKED = `${START}Transfer-Encoding: chunked\r\n\r\n`;
const REQUEST: Readonly<Record<RequestKind, string>> = {
  GET: `GET /case ${START}\r\n`,
  HEAD: `HEAD /case ${START}\r\n`,
  PUT: `PUT /case ${LENGTH}`,
  POST: `POST /case ${LENGTH}`,
  chunked: `POST /case ${CHUNKED}4\r\nbody\r\n0\r\n\r\n`,
  unfinished: `POST /case ${START}Content-Length: 1000000000\r\n\r\nbody`,
  'chunked unfinished': `POST /case ${CHUNKED}4\r\nbody\r\n`,
  'GET 1.0': 'GET /case HTTP/1.0\r\nHost: a\r\n\r\n',
};

/** A row waits only for what it is about; all else has its time, however busy the machine is. */
const TIMEOUTS: Partial<Record<FaultName, string>> = {
  'never accepts a connection': 'connectMs: 500',
  'says nothing': 'firstByteMs: 500',
  'begins to answer too late': 'firstByteMs: 500',
  'stalls in the head': 'firstByteMs: 500',
  'stalls in a body of known length': 'idleMs: 300',
  'stalls in a chunked body': 'idleMs: 300',
  'stalls in a body that its end measures': 'idleMs: 300',
  'sends a body in drops, past the idle time': 'idleMs: 1000',
  'stops reading the request': 'idleMs: 800',
};

/** The same for every row, warm-up and all. */
async function start(row: Row): Promise<{ origin: Origin; relay: Relay; gate: RunningGate }> {
  const origin = await Origin.start(respond(BODY));
  const relay = await Relay.start(await freePort(), origin.port);
  onTestFinished(() => relay.stop());
  // No connection may end for its age, or a struck one that is kept would pass for destroyed.
  const timeouts = `upstreamIdleMs: 60000, ${TIMEOUTS[row.fault] ?? ''}`;
  const gate = await plainGate([relay.port], `timeouts: { ${timeouts} }`);
  if (row.on === 'kept') await new RawClient(gate.port).send(GET).sees(BODY);
  return { origin, relay, gate };
}

/** Goes on with an unfinished body, as fast as it is taken, until something comes back. */
function pump(client: RawClient, kind: RequestKind): void {
  const part = kind === 'unfinished' ? PART : `10000\r\n${PART}\r\n`;
  while (client.received === '' && client.ended === null && client.socket.write(part, 'latin1'));
  if (client.received === '' && client.ended === null)
    client.socket.once('drain', () => pump(client, kind));
}

async function exchange(
  row: Row,
  kind: RequestKind,
  relay: Relay,
  port: number,
): Promise<RawClient> {
  const fault: Fault = FAULTS[row.fault];
  await relay.set(fault);
  if (fault.at === 'idle') {
    relay.strikeIdle();
    await until('the gate to drop the idle connection', () => relay.struck.size === 0);
  }
  const client = new RawClient(port).send(REQUEST[kind]);
  if (row.fault === 'stops reading the request') pump(client, kind);
  if (fault.script?.includes('hold') === true) {
    await client.sees('half of it');
    relay.release();
  }
  return client;
}

/** Statuses in the words of the table. */
function seen(received: string, kind: RequestKind, ended: RawClient['ended']): string | null {
  const answers = readAnswers(received, kind.split(' ')[0]!);
  const final = answers.at(-1);
  if (final === undefined || final.status < 200) return null;
  const interim = answers.slice(0, -1).map((a) => a.status);
  const before = interim.length < 2 ? interim : [`${interim.length} × 1xx`];
  const all = [...before, final.status].join(', ');
  if (final.whole === 'yes') return all;
  if (ended === null) return null;
  // Only a reset tells that a body without framing is not whole.
  return final.whole === 'by its end' && ended === 'fin' ? all : `${all}, broken off`;
}

async function judgeClient(row: Row, kind: RequestKind, client: RawClient): Promise<void> {
  await until(`a whole answer or a broken one; there is ${client.received.slice(0, 300)}`, () =>
    seen(client.received, kind, client.ended),
  );
  if (row.client === 'closed') await client.closed();
  else expect(client.ended).toBeNull();
  expect(seen(client.received, kind, client.ended)).toBe(row.sees);
  expect(client.received).not.toContain(FOREIGN);
  const code = /^Proxy-Status: zonegate-i1; error=\w+; details="([a-z-]+)"\r$/m.exec(
    client.received,
  );
  expect(code?.[1] ?? 'none').toBe(row.code);
}

async function judgeMetrics(row: Row, gate: RunningGate): Promise<void> {
  const metrics = await gate.metrics();
  const bad = row.code !== 'none' || row.sees.endsWith('broken off');
  expect(metrics).toMatch(
    new RegExp(`^zonegate_requests_ended_total\\{by="upstream"\\} ${bad ? 1 : 0}$`, 'm'),
  );
  expect(metrics).toMatch(new RegExp(`^zonegate_retries_total ${row.tries - 1}$`, 'm'));
  if (row.code !== 'none')
    expect(metrics).toContain(`zonegate_gate_answers_total{code="${row.code}"} 1\n`);
}

/** All is well again: what was kept serves on, and what was struck is gone. */
async function judgeConnections(
  row: Row,
  client: RawClient,
  relay: Relay,
  gate: RunningGate,
): Promise<void> {
  const before = { none: 0, reused: 1, replaced: 2, destroyed: row.tries }[row.upstream];
  expect(relay.accepted).toBe(before);
  await relay.lift();
  if (row.upstream !== 'reused')
    await until('the struck connection to be destroyed', () => relay.struck.size === 0);
  const from = row.client === 'kept' ? client.received.length : 0;
  const next = row.client === 'kept' ? client : new RawClient(gate.port);
  next.send(GET);
  await until('the next answer', () => next.received.slice(from).includes(BODY));
  expect(readAnswers(next.received.slice(from), 'GET')).toMatchObject([
    { status: 200, body: BODY, whole: 'yes' },
  ]);
  const dialled = row.upstream === 'none' || row.upstream === 'destroyed' ? 1 : 0;
  expect(relay.accepted).toBe(before + dialled);
}

function judgeOrigin(row: Row, kind: RequestKind, origin: Origin): void {
  const arrivals = origin.streams.join('').split(' /case ').length - 1;
  const replayable = kind === 'GET' || kind === 'HEAD' || kind === 'PUT';
  expect(arrivals).toBeLessThanOrEqual(replayable ? row.tries : 1);
}

describe.each(ROWS)('an upstream that $fault, on a $on connection', (row) => {
  it.each(row.requests)(`%s: ${row.sees}`, async (kind) => {
    const { origin, relay, gate } = await start(row);
    const client = await exchange(row, kind, relay, gate.port);
    await judgeClient(row, kind, client);
    await judgeMetrics(row, gate);
    await judgeConnections(row, client, relay, gate);
    judgeOrigin(row, kind, origin);
  });
});

describe('docs/upstream-faults.md', () => {
  const rows = readFileSync(join(ROOT, 'docs', 'upstream-faults.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1);

  it('lists every row of the table, and no other', () => {
    expect(rows).toEqual(ROWS.map(rowText));
  });

  it('covers every fault that the relay knows', () => {
    expect([...new Set(ROWS.map((r) => r.fault))].sort()).toEqual(Object.keys(FAULTS).sort());
  });
});
