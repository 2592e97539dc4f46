/** The runner against a firewall of a few lines, whose faults are known. */
import { appendFileSync, existsSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { scratch } from '../../support/config.ts';
import { startAlbedo } from './albedo.ts';
import { hitsFromAudit } from './audit-file.ts';
import { type Hit, hitsFrom, NO_HITS } from './hits.ts';
import { compare, readKnownMisses } from './known-misses.ts';
import { testsOf } from './read-tests.ts';
import { judge, runSuite } from './run-suite.ts';
import { send } from './send.ts';
import type { Expected } from './types.ts';

const LINE = z.object({
  marker: z.string(),
  hits: z.array(z.object({ id: z.number(), message: z.string(), data: z.string() })),
});

/** Rule 1 for `evil` in the address, 2 for `leak` in the answer; a log of those only that were hit. */
async function stand() {
  const albedo = await startAlbedo();
  const file = join(scratch(), 'audit.log');
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    const { method, url, headers } = request;
    const hits: Hit[] = [];
    if (url?.includes('evil') === true)
      hits.push({ id: 1, message: 'Evil', data: `found within REQUEST_URI: ${url}` });
    const behind = forward(
      { host: '127.0.0.1', port: albedo.port, method, path: url, headers },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const body = Buffer.concat(chunks);
          if (body.includes('leak')) hits.push({ id: 2, message: 'Leak', data: 'leak\nleak' });
          const marker = String(headers['x-crs-test']);
          response.writeHead(answer.statusCode ?? 502).end(body);
          // Late, as a log that is written in batches is; but in order.
          const line = `${JSON.stringify({ marker, hits })}\n`;
          if (hits.length > 0) setTimeout(() => appendFileSync(file, line), 30);
        });
      },
    );
    request.pipe(behind);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await albedo.stop();
  });
  const gate = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const hitsOf = hitsFromAudit({
    file,
    gate,
    surelyHit: '/evil',
    entryOf: (line) => LINE.parse(line),
  });
  return { gate, hitsOf, file };
}

const test = (id: number, input: string, output: string): string =>
  `  - test_id: ${id}\n    stages: [{ input: { ${input} }, output: { ${output} } }]\n`;

describe('a suite', () => {
  it('passes and fails test by test, and says why', async () => {
    const text = `rule_id: 900001\ntests:\n${[
      test(1, 'uri: /evil', 'log: { expect_ids: [1] }'),
      test(2, 'uri: /good', 'log: { expect_ids: [1] }'),
      test(3, 'uri: /good', 'log: { no_expect_ids: [1] }'),
      test(4, 'uri: /evil', 'log: { no_expect_ids: [1] }'),
      test(5, 'uri: /good', 'status: 404'),
      test(
        6,
        `method: POST, uri: /reflect, data: '{"body": "a leak"}', headers: { Content-Type: application/json }`,
        'status: 200, log: { expect_ids: [2] }',
      ),
      test(
        7,
        `method: POST, uri: /reflect, data: '{"status": 418}', headers: { Content-Type: application/json }`,
        'status: 418',
      ),
      test(8, 'method: "G T"', 'status: 400'),
      test(9, 'uri: /good', 'expect_error: true'),
      test(
        10,
        'uri: /evil',
        'log: { match_regex: "id .1.. .*Evil.*found within REQUEST_URI: /evil" }',
      ),
      test(11, 'uri: /evil', 'log: { no_match_regex: "Evil" }'),
    ].join('')}`;
    const { gate, hitsOf, file } = await stand();
    const outcomes = await runSuite({ gate, hitsOf, tests: testsOf(text) });
    expect(existsSync(file)).toBe(true);
    expect(outcomes.filter((o) => o.why !== null)).toEqual([
      { id: '900001-2', why: 'no 1: status 200, logged nothing' },
      { id: '900001-4', why: '1 in the log' },
      { id: '900001-5', why: 'status 200, not 404' },
      { id: '900001-9', why: 'an answer 200, not an error' },
      { id: '900001-11', why: '/Evil/ in the log' },
    ]);
    expect(outcomes).toHaveLength(11);
  });

  it('fails a test at its first stage that fails, and tries a second time where that is asked for', async () => {
    const { gate } = await stand();
    const asked: string[] = [];
    const stages =
      'rule_id: 900002\ntests:\n  - test_id: 1\n    stages:\n      - { input: {}, output: { log: { no_expect_ids: [5] } } }\n      - { input: {}, output: { log: { expect_ids: [5] }, retry_once: true } }\n';
    const hitsOf = (marker: string) => {
      asked.push(marker);
      return Promise.resolve(NO_HITS);
    };
    const outcomes = await runSuite({ gate, hitsOf, tests: testsOf(stages) });
    expect(outcomes).toEqual([
      { id: '900002-1', why: 'stage 1: no 5: status 200, logged nothing' },
    ]);
    expect(asked).toEqual(['crs900002t1s0a1', 'crs900002t1s1a1', 'crs900002t1s1a2']);
  });
});

describe('a judgement', () => {
  const expected: Expected = {
    status: null,
    error: false,
    ids: [],
    noIds: [],
    match: null,
    noMatch: null,
    isolated: false,
    retryOnce: false,
  };
  const ok = { kind: 'answer', status: 200, body: '' } as const;

  it('takes no answer for a failure, unless that is what is expected', () => {
    const error = { kind: 'error', why: 'reset' } as const;
    expect(judge(expected, error, NO_HITS)).toBe('no answer: reset');
    expect(judge({ ...expected, error: true, ids: [7] }, error, NO_HITS)).toBeNull();
  });

  it('lets an isolated rule stand alone only', () => {
    const isolated = { ...expected, ids: [1], isolated: true };
    const hits = (ids: readonly number[]) => ({ ids, text: '' });
    expect(judge(isolated, ok, hits([1, 1]))).toBeNull();
    expect(judge(isolated, ok, hits([1, 2]))).toBe('more than one rule: status 200, logged 1 2');
  });

  it('sees a log as one line for each hit, with control characters written out', () => {
    expect(hitsFrom([{ id: 9, message: 'm', data: 'a\r\n\xff' }]).text).toBe(
      '[id "9"] [msg "m"] [data "a\\x0d\\x0a\\xff"]',
    );
  });
});

describe('an answer', () => {
  const server = async (answer: string, end: boolean) => {
    const listener = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        end ? socket.end(answer, 'latin1') : socket.write(answer, 'latin1'),
      );
      onTestFinished(() => void socket.destroy());
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void listener.close());
    return { host: '127.0.0.1', port: (listener.address() as AddressInfo).port };
  };
  const ask = async (answer: string, end = false, request = 'GET / HTTP/1.1\r\n\r\n') =>
    send(await server(answer, end), Buffer.from(request), end ? 10_000 : 5_000);

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
    ['no body at all', 'HTTP/1.1 204 No Content\r\n\r\n'],
    [
      'an interim answer ahead',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    ],
  ])('is complete with %s, though the connection stays open', async (_, answer) => {
    expect(await ask(answer)).toMatchObject({ kind: 'answer' });
  });

  it('to HEAD has no body, whatever length it says', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
    expect(await ask(answer, false, 'HEAD / HTTP/1.1\r\n\r\n')).toMatchObject({ status: 200 });
  });

  it('may end with the connection, and is an error when it is not HTTP, or nothing', async () => {
    expect(await ask('HTTP/1.0 400 Bad\r\n\r\nno', true)).toEqual({
      kind: 'answer',
      status: 400,
      body: 'no',
    });
    expect(await ask('<html>', true)).toEqual({ kind: 'error', why: 'not HTTP: <html>' });
    expect(await ask('', true)).toEqual({ kind: 'error', why: 'closed without an answer' });
  });
});

describe('known misses', () => {
  const outcomes = [
    { id: '920100-1', why: null },
    { id: '920100-2', why: 'x' },
    { id: '920100-3', why: 'y' },
  ];

  it('must be exactly those that fail', () => {
    const known = readKnownMisses(
      "- { test: 920100-1, reason: 'it used to fail here' }\n- { test: 920100-2, reason: 'Apache says 400' }\n- { test: 999999-1, reason: 'only in other copies' }\n",
    );
    expect(compare(outcomes, known)).toEqual({
      newMisses: [{ id: '920100-3', why: 'y' }],
      nowPass: ['920100-1'],
      absent: ['999999-1'],
    });
  });

  it('each have a test and a reason, once', () => {
    expect(readKnownMisses('# none\n')).toEqual([]);
    expect(() => readKnownMisses('- { test: 920100-1 }')).toThrow();
    expect(() => readKnownMisses("- { test: 920100-1, reason: ' ' }")).toThrow();
    const line = "- { test: 920100-1, reason: 'a good reason' }\n";
    expect(() => readKnownMisses(line + line)).toThrow('twice');
  });
});
