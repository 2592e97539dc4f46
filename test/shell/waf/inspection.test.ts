/** Bodies before the firewall, at the socket. */
import { describe, expect, it } from 'vitest';
import { plainGate } from '../../support/gate.ts';
import { until } from '../../support/until.ts';
import { Origin, RawClient, respond } from '../../support/wire.ts';

const FIREWALL = `default: guard
audit: { to: off }
ruleSets:
  house:
    rules:
      - { id: 1, phase: head, when: { field: path, op: equals, value: /upload }, action: allow, owner: ann }
      - { id: 2, when: { field: bodyArgs, op: contains, value: evil }, action: block, owner: ann }
policies:
  guard: { mode: block, ruleSets: [house], body: { inspectBytes: 16384, inlineBytes: 1024 } }`;

async function asked(path: string, body: string, fields = ''): Promise<string> {
  const gate = await plainGate([await Origin.start(respond('served'))], { firewall: FIREWALL });
  const type = fields.includes('Content-Type')
    ? ''
    : 'Content-Type: application/x-www-form-urlencoded\r\n';
  const head = `POST ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${type}${fields}`;
  const client = new RawClient(gate.port);
  client.send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  await until('an answer', () => client.received.includes('\r\n\r\n'));
  return client.received.slice(9, 12);
}
const LONG = `pad=${'x'.repeat(2000)}`;
const TOO_LONG = `pad=${'x'.repeat(20_000)}`;

describe('a body', () => {
  it.each([
    ['short', '/', 'a=evil', '', '403'],
    ['harmless', '/', 'a=good', '', '200'],
    ['long: a thread’s', '/', `${LONG}&a=evil`, '', '403'],
    ['long and harmless', '/', LONG, '', '200'],
    ['longer than is inspected', '/', TOO_LONG, '', '413'],
    ['as long, where a rule of the head lets pass', '/upload', TOO_LONG, '', '200'],
    [
      'coded, which the first of two fields denies',
      '/',
      'a=evil',
      'Content-Encoding: identity\r\nContent-Encoding: gzip\r\n',
      '415',
    ],
    [
      'of two types',
      '/',
      'a=evil',
      'Content-Type: image/png\r\nContent-Type: application/x-www-form-urlencoded\r\n',
      '400',
    ],
  ])('%s', async (_, path, body, fields, status) => {
    expect(await asked(path, body, fields)).toBe(status);
  });
});
