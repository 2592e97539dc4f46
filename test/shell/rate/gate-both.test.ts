/** Rates and a firewall before one request. */
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { Entrance } from '../../../src/wiring/entrance.ts';
import { RateSide } from '../../../src/wiring/rate/index.ts';
import { plainGate } from '../../support/gate.ts';
import { from, SAID, sampleOf, TRUSTED } from '../../support/rated-gate.ts';
import { Origin, RawClient } from '../../support/wire.ts';

const FIREWALL = `default: main
audit: { to: off }
ruleSets:
  own:
    rules:
      - { id: 1, when: { field: method, op: equals, value: POST }, action: count, labels: [posted], owner: ann }
      - { id: 2, when: { field: bodyArg:q, op: equals, value: evil }, action: block, owner: ann }
policies: { main: { mode: block, ruleSets: [own] } }`;

const gateOf = (origin: Origin, rules: string) =>
  plainGate([origin], { gate: TRUSTED, firewall: FIREWALL, rates: `rates: { ${rules} }` });

async function post({ port }: { port: number }, text: string): Promise<string> {
  const client = new RawClient(port).send(
    `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  return client.closed();
}

const by = (action: string, limit = 1): string =>
  `by: [ip], limit: ${limit}, windowS: 60, action: ${action}, ${SAID}`;

it('a body is judged behind a tag and a delay, and the application hears of both', async () => {
  const origin = await Origin.start();
  const rules = `t: { ${by('{ kind: tag, label: busy }')} }, d: { ${by('{ kind: delay, delayMs: 200 }')}, fields: always }`;
  const gate = await gateOf(origin, rules);
  expect(await post(gate, 'q=good')).toMatch(/^HTTP\/1\.1 200 [\s\S]*RateLimit: "d";r=0;t=60\r\n/);
  expect(await post(gate, 'q=fine')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await post(gate, 'q=evil')).toMatch(/^HTTP\/1\.1 403 [\s\S]*waf-rule/);
  expect(origin.requests.map((r) => r.slice(r.indexOf('\r\n\r\n') + 4))).toEqual([
    'q=good',
    'q=fine',
  ]);
  const [first, second] = origin.requests;
  expect(first).toMatch(/X-Ldc-Labels: posted\r\n/);
  expect(first).not.toMatch(/X-Ldc-Rate/);
  expect(second).toMatch(/X-Ldc-Rate: busy\r\nX-Ldc-Labels: posted\r\n/);
  expect(sampleOf(await gate.metrics(), 'zonegate_rate_delayed')).toBe(0);
});

it('who is refused by a rate is not judged by the firewall; whom a list lets through is', async () => {
  const origin = await Origin.start();
  const gate = await plainGate([origin], {
    ...{ gate: TRUSTED, firewall: FIREWALL },
    rates: `rates: { r: { ${by('{ kind: reject }')} } }
lists: { friends: { kind: allow, entries: [192.0.2.9], ${SAID} } }`,
  });
  await post(gate, 'q=good');
  expect(await post(gate, 'q=evil')).toMatch(/^HTTP\/1\.1 429 /);
  const judged = async () =>
    sampleOf(await gate.metrics(), 'zonegate_waf_requests_total{policy="main",verdict="pass"}');
  expect(await judged()).toBe(1);
  const friend = await fetch(`http://127.0.0.1:${gate.port}/`, {
    ...{
      method: 'POST',
      body: 'q=evil',
      headers: from('192.0.2.9', { 'content-type': 'application/x-www-form-urlencoded' }),
    },
  });
  expect(friend.status).toBe(403);
});

it('who is to wait and finds no room is refused: a flood can’t wait its way in', async () => {
  const origin = await Origin.start();
  const options = { directory: '/', idc: 'i1', gate: 'g', store: null, events: () => null };
  const side = new RateSide({ ...options, log: pino({ level: 'silent' }) });
  const gate = await plainGate([origin], {
    rates: `rates: { d: { ${by('{ kind: delay, delayMs: 10 }')} } }`,
    inspect: () => new Entrance(side, { begin: () => null }),
  });
  onTestFinished(() => side.stop());
  while (side.delays.hold(10_000, () => undefined) !== null);
  expect(await post(gate, 'q=one')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await post(gate, 'q=two')).toMatch(/^HTTP\/1\.1 429 [\s\S]*RateLimit: "d";r=0;t=1\r\n/);
});
