/** Answers before the firewall: which are held back, which are withheld, and which just pass. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { plainGate, type RunningGate } from '../support/gate.ts';
import { until } from '../support/until.ts';
import { bytes, Origin, RawClient } from '../support/wire.ts';

/** As an application that lets its errors be seen. */
const LEAK = 'You have an error in your SQL syntax near x';
const INSPECT_BYTES = 4096;
const firewall = (bodies: boolean, mode: string): string => `default: p
audit: { to: "off" }
ruleSets:
  own:
    rules:
      - { id: 1, phase: answer-body, when: { field: answerBody, op: contains, value: error in your SQL }, action: block, owner: a }
      - { id: 2, phase: answer-head, when: { field: "answerHeader:x-debug", op: exists }, action: block, owner: a }
      - { id: 3, phase: answer-head, when: { field: status, op: equals, value: "599" }, action: block, owner: a }
policies:
  p: { mode: ${mode}, ruleSets: [own], answers: { bodies: ${bodies}, inspectBytes: ${INSPECT_BYTES} } }`;

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const answer = (body: string, lines = 'Content-Type: text/html\r\n', status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
const chunks = (...all: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n${all
    .map((c) => `${c.length.toString(16)}\r\n${c}\r\n`)
    .join('')}0\r\n\r\n`;

interface Options {
  readonly bodies?: boolean;
  readonly mode?: string;
}

async function behind(
  text: string,
  { bodies = true, mode = 'block' }: Options = {},
): Promise<RunningGate> {
  const origin = await Origin.start(bytes(text));
  return plainGate([origin], { firewall: firewall(bodies, mode) });
}

/** Asked twice on one connection: the second answer must be as the first. */
async function asked(gate: RunningGate, request = GET): Promise<string> {
  const client = new RawClient(gate.port).send(request);
  await client.sees(/^HTTP\/1\.1 \d{3}[\s\S]*?\r\n\r\n/);
  client.send(request.replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nConnection: close\r\n'));
  return client.closed();
}

const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => m[1]!);
const FILLER = 'text and more text. '.repeat(150);
const gzipped = gzipSync(LEAK).toString('latin1');

describe('an answer is withheld', () => {
  it.each([
    ['with a leak', answer(LEAK)],
    ['with a leak and an error’s status', answer(LEAK, 'Content-Type: text/html\r\n', '500 Oops')],
    [
      'with a leak as JSON, with its charset',
      answer(`{"e":"${LEAK}"}`, 'Content-Type: Application/JSON; charset=utf-8\r\n'),
    ],
    ['with a leak in chunks', chunks('<p>', LEAK, '</p>')],
    ['with a leak cut by chunks', chunks(...LEAK.split(/(?=.)/))],
    [
      'with a leak at the end of what is looked at',
      answer(`${FILLER.padEnd(INSPECT_BYTES - LEAK.length)}${LEAK}`),
    ],
    ['with a leak and much behind it', answer(LEAK + FILLER.repeat(40))],
    ['by its head', answer('fine', 'Content-Type: image/png\r\nX-Debug: 1\r\n')],
    ['by its status', answer('', '', '599 Odd')],
  ])('%s', async (_, text) => {
    const received = await asked(await behind(text));
    expect(statuses(received)).toEqual(['502', '502']);
    expect(received).toContain('waf-answer');
    expect(received).not.toContain('SQL');
    expect(received).not.toMatch(/x-debug/i);
  });

  it('that ends with its connection', async () => {
    const origin = await Origin.start((_, socket) => {
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n${LEAK}`);
    });
    const gate = await plainGate([origin], { firewall: firewall(true, 'block') });
    expect(statuses(await asked(gate))).toEqual(['502', '502']);
  });
});

describe('an answer passes, whole', () => {
  it.each([
    ['harmless', answer('fine'), {}],
    ['harmless in chunks', chunks('fi', 'ne'), {}],
    ['much of it', answer(FILLER.repeat(60)), {}],
    ['much of it in chunks', chunks(...Array.from({ length: 60 }, () => FILLER)), {}],
    ['with a leak beyond what is looked at', answer(FILLER.padEnd(INSPECT_BYTES) + LEAK), {}],
    [
      'with a leak in gzip, which nobody looks into',
      answer(gzipped, 'Content-Type: text/html\r\nContent-Encoding: gzip\r\n'),
      {},
    ],
    ['with a leak in what is no text', answer(LEAK, 'Content-Type: image/png\r\n'), {}],
    ['with a leak, where bodies are not looked at', answer(LEAK), { bodies: false }],
    ['with a leak, where it is only told', answer(LEAK), { mode: 'detect' }],
    ['of no body', answer(''), {}],
    ['204', 'HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n', {}],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Type: text/html\r\nETag: "a"\r\n\r\n', {}],
  ] as const)('%s', async (_, text, options) => {
    const received = await asked(await behind(text, options));
    const status = text.slice(9, 12);
    expect(statuses(received)).toEqual([status, status]);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    const plain = (t: string): string => t.replaceAll(/\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n/g, '');
    const [, first = ''] = received.split(/HTTP\/1\.1 \d{3} [\s\S]*?\r\n\r\n/);
    expect(plain(first)).toBe(plain(body));
  });

  it('to HEAD', async () => {
    const gate = await behind(answer('').replace('Length: 0', `Length: ${LEAK.length}`));
    const received = await asked(gate, GET.replace('GET', 'HEAD'));
    expect(statuses(received)).toEqual(['200', '200']);
    expect(received).toContain(`Content-Length: ${LEAK.length}`);
  });
});

describe('events that stream', () => {
  const EVENTS =
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
  const event = (text: string): string =>
    `${(text.length + 8).toString(16)}\r\ndata: ${text}\n\n\r\n`;

  it.each([
    ['bodies are not looked at', { bodies: false }, 'text/event-stream'],
    ['bodies are looked at, but not of that type', { bodies: true }, 'text/event-stream'],
    ['bodies are not looked at, as plain text', { bodies: false }, 'text/plain'],
  ] as const)('come one by one where %s', async (_, options, type) => {
    let stream: ((text: string) => void) | null = null;
    const origin = await Origin.start((_request, socket) => {
      socket.write(EVENTS.replace('text/event-stream', type));
      stream = (text) => void socket.write(event(text));
    });
    const gate = await plainGate([origin], { firewall: firewall(options.bodies, 'block') });
    const client = new RawClient(gate.port).send(GET);
    for (const text of ['one', 'two', LEAK]) {
      const write = await until('the upstream to answer', () => stream);
      write(text);
      await client.sees(text);
    }
    client.socket.resetAndDestroy();
  });
});

it('rules see the request in answers to it, though its body was judged by a thread', async () => {
  const origin = await Origin.start(bytes(answer('fine')));
  const gate = await plainGate([origin], {
    firewall: `default: p
audit: { to: "off" }
ruleSets:
  own:
    rules:
      - { id: 1, when: { field: "bodyArg:q", op: equals, value: odd }, action: count, labels: [odd], owner: a }
      - { id: 2, phase: answer-head, when: { label: odd }, action: block, owner: a }
policies:
  p: { mode: block, ruleSets: [own], body: { inlineBytes: 0 } }`,
  });
  const post = (q: string): string =>
    `POST / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5\r\n\r\nq=${q}`;
  expect(statuses(await new RawClient(gate.port).send(post('odd')).closed())).toEqual(['502']);
  expect(origin.requests[0]).toMatch(/^X-Ldc-Labels: odd\r$/m);
  expect(statuses(await new RawClient(gate.port).send(post('all')).closed())).toEqual(['200']);
});
