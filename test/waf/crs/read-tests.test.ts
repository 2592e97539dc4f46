/** The format of the Core Rule Set's regression tests, and the bytes that a test becomes. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crsAbsent, crsFolder } from '../../../bench/candidates/crs.ts';
import { readTests, testsOf } from './read-tests.ts';
import { requestBytes } from './request-bytes.ts';

const absent = crsAbsent();
if (absent !== null) console.warn(`skipped: ${absent}`);

/** The only stage of the only test. @param input lines of YAML, with their indentation */
function stageOf(input: string, output = 'log: { expect_ids: [920100] }') {
  const text = `rule_id: 920100\ntests:\n  - test_id: 3\n    stages:\n      - input:\n${input
    .split('\n')
    .map((line) => `          ${line}`)
    .join('\n')}\n        output: { ${output} }\n`;
  return testsOf(text)[0]!.stages[0]!;
}

const bytes = (input: string): string =>
  requestBytes(stageOf(input).input, 'm1').toString('latin1');

describe('a test', () => {
  it('has a name of its rule and number, and every default filled in', () => {
    const [test] = testsOf(
      'rule_id: 920100\ntests:\n  - stages:\n      - input: {}\n        output: {}\n',
    );
    expect(test).toEqual({
      id: '920100-1',
      stages: [
        {
          input: {
            kind: 'built',
            method: 'GET',
            uri: '/',
            version: 'HTTP/1.1',
            headers: [],
            body: Buffer.alloc(0),
            autocomplete: true,
          },
          expected: {
            status: null,
            error: false,
            ids: [],
            noIds: [],
            match: null,
            noMatch: null,
            isolated: false,
            retryOnce: false,
          },
        },
      ],
    });
  });

  it('says what must come of it', () => {
    const output =
      'status: 403, expect_error: true, retry_once: true, isolated: true, log: { expect_ids: [1, 2], no_expect_ids: [3], match_regex: "a+", no_match_regex: "b" }';
    expect(stageOf('uri: /', output).expected).toEqual({
      status: 403,
      error: true,
      ids: [1, 2],
      noIds: [3],
      match: 'a+',
      noMatch: 'b',
      isolated: true,
      retryOnce: true,
    });
  });

  it.each([
    ['no list of tests', 'rule_id: 1'],
    ['no stages', 'rule_id: 1\ntests: [{ test_id: 1, stages: [] }]'],
    ['an odd number', 'rule_id: 1\ntests: [{ test_id: one, stages: [] }]'],
    [
      'data of two kinds',
      'rule_id: 1\ntests: [{ stages: [{ input: { data: a, encoded_request: YQ== }, output: {} }] }]',
    ],
    [
      'neither true nor false',
      'rule_id: 1\ntests: [{ stages: [{ input: {}, output: { retry_once: maybe } }] }]',
    ],
  ])('is refused with %s', (_, text) => {
    expect(() => testsOf(text)).toThrow();
  });
});

describe('the bytes of a request', () => {
  it('have headers sorted by name, as they are written, and the marker behind them', () => {
    expect(
      bytes('method: GET\nuri: /a?b=c\nheaders:\n  User-Agent: x\n  Keep-Alive: 0300\n  Host: h'),
    ).toBe(
      'GET /a?b=c HTTP/1.1\r\nHost: h\r\nKeep-Alive: 0300\r\nUser-Agent: x\r\nConnection: close\r\nX-CRS-Test: m1\r\n\r\n',
    );
  });

  it('are completed for a body: type, length, close', () => {
    expect(bytes('method: POST\nheaders: { Host: h }\ndata: a=1')).toBe(
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: 3\r\nX-CRS-Test: m1\r\n\r\na=1',
    );
  });

  it('say a length of 0 where the method may have a body', () => {
    expect(bytes('method: PUT')).toContain('\r\nContent-Length: 0\r\n');
    expect(bytes('method: GET')).not.toContain('Content-Length');
  });

  it('keep what the test says itself, in whatever case', () => {
    const text = bytes(
      'method: POST\nheaders: { content-length: "7", connection: keep-alive }\ndata: a',
    );
    expect(text.match(/content-length: /gi)).toHaveLength(1);
    expect(text.match(/connection: /gi)).toHaveLength(1);
  });

  it('are left alone when the test wants it', () => {
    expect(bytes('method: POST\nautocomplete_headers: false\ndata: "a b"')).toBe(
      'POST / HTTP/1.1\r\nX-CRS-Test: m1\r\n\r\na b',
    );
    expect(bytes('stop_magic: true\nversion: ""')).toBe('GET / \r\nX-CRS-Test: m1\r\n\r\n');
  });

  const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);

  it.each([
    ["a=1' or 2&b=<é>", 'a=1%27+or+2&b=%3C%C3%A9%3E'],
    ['a=b=c&d', 'a=b%3Dc&d'],
    ['a=1&', 'a=1'],
    ['&a=~-_.', '&a=~-_.'],
    ['a=%27 b', 'a=%27 b'],
    ['a=1+2 b', 'a=1+2 b'],
  ])('escape a form that is not escaped yet: %s', (data, wanted) => {
    expect(bodyOf(bytes(`method: POST\ndata: ${JSON.stringify(data)}`))).toBe(wanted);
  });

  it('escape nothing but forms', () => {
    const json = 'method: POST\nheaders: { Content-Type: application/json }\ndata: \'{"a": 1}\'';
    expect(bodyOf(bytes(json))).toBe('{"a": 1}');
  });

  it('end the lines of multipart bodies with CR LF, and count them so', () => {
    const text = bytes(
      'method: POST\nheaders: { Content-Type: "multipart/form-data; boundary=b" }\ndata: "--b\\nA: b\\n\\nc\\n--b--\\n"',
    );
    expect(bodyOf(text)).toBe('--b\r\nA: b\r\n\r\nc\r\n--b--\r\n');
    expect(text).toContain('\r\nContent-Length: 23\r\n');
  });

  it('repeat what a template says', () => {
    expect(bodyOf(bytes('method: POST\ndata: \'a={{ "xy" | repeat 3 }}\''))).toBe('a=xyxyxy');
  });

  it('come as they are from base64, with the marker as the first header', () => {
    const raw = Buffer.from('GET / HTTP/1.1\r\nHost: h\r\n\r\n\xff', 'latin1').toString('base64');
    expect(bytes(`encoded_request: ${raw}`)).toBe(
      'GET / HTTP/1.1\r\nX-CRS-Test: m1\r\nHost: h\r\n\r\n\xff',
    );
    const headless = Buffer.from('nonsense\r\n').toString('base64');
    expect(bytes(`encoded_request: ${headless}`)).toBe('nonsense\r\n');
  });
});

describe.skipIf(absent !== null)('the tests of the rule set itself', () => {
  it('are all understood, and have a name each', { timeout: 60_000 }, () => {
    const tests = readTests(join(crsFolder(), 'tests'));
    expect(tests.length).toBeGreaterThan(3000);
    expect(new Set(tests.map((t) => t.id)).size).toBe(tests.length);
    for (const { id, stages } of tests)
      for (const { input, expected } of stages) {
        const nothing =
          expected.status === null &&
          !expected.error &&
          [...expected.ids, ...expected.noIds].length === 0 &&
          expected.match === null &&
          expected.noMatch === null;
        expect(nothing, `${id} expects something`).toBe(false);
        if (input.kind === 'built') expect(input.body.includes('{{'), id).toBe(false);
      }
  });
});
