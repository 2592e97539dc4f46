import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Gate } from '../../src/main.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { readAnswers } from '../support/answers.ts';
import { load, ROOT, writePlain } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { type Alternative, mismatches, type Outcome, type WireCase } from '../support/wire-case.ts';
import { runCase, ScriptedOrigin } from '../support/wire-runner.ts';

const text = readFileSync(join(ROOT, 'test', 'cases', 'wire.yaml'), 'utf8');
const { cases } = parse(text, { maxAliasCount: -1 }) as { cases: WireCase[] };
const directory = mkdtempSync(join(tmpdir(), 'zonegate-cases-'));
const origin = new ScriptedOrigin();
let gate: Gate;
let port = 0;

beforeAll(async () => {
  port = await freePort();
  writePlain(directory, { listen: port, origins: [await origin.listen()] });
  gate = new Gate({
    directory,
    idc: 'i1' as IdcId,
    first: load(directory),
    env: {},
    version: 'test',
  });
  await gate.start();
});
afterAll(async () => {
  await gate.stop();
  origin.stop();
  rmSync(directory, { recursive: true, force: true });
});

// One gate and one origin for all: what a case leaves behind on pooled connections, the next one meets.
describe('the wire', () => {
  it.each(cases)('$name ($level, RFC $rfc)', async (c) =>
    expect(await runCase(c, port, origin)).toBeNull(),
  );

  it('no two cases have one name', () =>
    expect(new Set(cases.map((c) => c.name)).size).toBe(cases.length));
});

describe('the judge of cases', () => {
  const good: Outcome = {
    received: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    answers: [{ status: 200, head: '', body: 'ok', complete: true }],
    interim: [],
    closed: false,
    requests: [{ head: 'GET / HTTP/1.1\r\nHost: a\r\n', body: '' }],
    begun: [],
  };

  it.each<[Alternative, boolean]>([
    [{ status: 200, origin: 1, close: false, responses: 1, body: 'ok', interim: [] }, true],
    [{ status: ['4xx', '2xx'], origin: [0, 2], complete: true, fwd_body: '' }, true],
    [{ fwd: ['^Host: a\r$'], fwd_not: ['^X'], cli: ['^Content-'], cli_not: ['evil'] }, true],
    [{ status: 'none' }, false],
    [{ status: [400, '5xx'] }, false],
    [{ close: true }, false],
    [{ origin: 0 }, false],
    [{ origin: [2, 3] }, false],
    [{ fwd: ['^Host: b'] }, false],
    [{ fwd_not: ['^Host'] }, false],
    [{ fwd_body: 'x' }, false],
    [{ cli: ['evil'] }, false],
    [{ cli_not: ['ok'] }, false],
    [{ body: 'o' }, false],
    [{ complete: false }, false],
    [{ responses: 2 }, false],
    [{ interim: [100] }, false],
  ])('%j matches a plain answer: %s', (alternative, matches) =>
    expect(mismatches(alternative, good).length === 0).toBe(matches),
  );

  it.each([
    'HTTP/1.1 200\r\n\r\n',
    'HTTP/1.0 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX : 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab0\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokextra',
    'HTTP/1.1 200 OK\r\nContent-',
  ])('takes no client for one that reads %j', (stream) =>
    expect(readAnswers(stream, [], 'fin').fault).not.toBeNull(),
  );

  it.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', 'fin', false],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n', 'fin', false],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: 1\r\n\r\n',
      'fin',
      true,
    ],
    ['HTTP/1.1 200 OK\r\n\r\nok', 'fin', true],
    ['HTTP/1.1 200 OK\r\n\r\nok', 'reset', false],
  ] as const)('%j, then %s: whole is %s', (stream, ended, complete) =>
    expect(readAnswers(stream, [], ended).answers[0]).toMatchObject({ body: 'ok', complete }),
  );
});
