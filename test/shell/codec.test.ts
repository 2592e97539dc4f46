// Over 300 lines: tables of cases, one line each but for the formatter.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyReader, MALFORMED } from '../../src/shell/http1/body.ts';
import { payloadText } from '../../src/shell/http1/body-writer.ts';
import { ChunkedReader, makeSpans } from '../../src/shell/http1/chunked.ts';
import { CHUNKED, UNFRAMED } from '../../src/shell/http1/framing.ts';
import { INCOMPLETE, REFUSED } from '../../src/shell/http1/head.ts';
import { RequestHead } from '../../src/shell/http1/request-head.ts';
import { ResponseHead } from '../../src/shell/http1/response-head.ts';
import { ID_BY_NAME, lookUp, rollHash } from '../../src/shell/http1/tables.ts';

const LIMITS = { headBytes: 4096, targetBytes: 256, fields: 20 };
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** 'ok', 'more', or the code of the refusal. */
function request(text: string): string {
  const head = new RequestHead();
  const buf = bytesOf(text);
  const after = head.parse(buf, 0, buf.length, LIMITS);
  return after === INCOMPLETE ? 'more' : after === REFUSED ? head.refusal.code : 'ok';
}
const get = (fields: string, line = 'GET / HTTP/1.1'): string => `${line}\r\n${fields}\r\n`;

describe('a request head', () => {
  it.each([
    [get('Host: a\r\n'), 'ok'],
    [`\r\n${get('Host: a\r\n')}`, 'ok'],
    [`\r\n\r\n${get('Host: a\r\n')}`, 'bad-method'],
    ['\n', 'bad-method'],
    ['\r', 'more'],
    [get('Host: a\r\n', 'GET /a b HTTP/1.1'), 'bad-request-line'],
    [get('Host: a\r\n', 'GET  / HTTP/1.1'), 'bad-request-line'],
    [get('Host: a\r\n', 'GET /\tHTTP/1.1'), 'bad-target'],
    [get('Host: a\r\n', 'GET /\\x HTTP/1.1'), 'bad-target'],
    [get('Host: a\r\n', 'GET /a#b HTTP/1.1'), 'bad-target'],
    [get('Host: a\r\n', 'GET /caf\xe9 HTTP/1.1'), 'bad-target'],
    [get('Host: a\r\n', 'GET a HTTP/1.1'), 'bad-target'],
    [get('Host: a\r\n', 'GET * HTTP/1.1'), 'bad-target'],
    [get('Host: a\r\n', 'OPTIONS * HTTP/1.1'), 'ok'],
    [get('Host: a\r\n', 'GET http://a/x HTTP/1.1'), 'ok'],
    [get('Host: a\r\n', 'GET http://b/x HTTP/1.1'), 'bad-host'],
    [get('Host: a\r\n', 'GET http://u@a/x HTTP/1.1'), 'bad-host'],
    [get('Host: a\r\n', 'CONNECT a:80 HTTP/1.1'), 'method-not-served'],
    [get('Host: a\r\n', 'TRACE / HTTP/1.1'), 'method-not-served'],
    [get('Host: a\r\n', 'PROPFIND / HTTP/1.1'), 'ok'],
    [get('Host: a\r\n', 'get / HTTP/1.1'), 'ok'],
    [get('Host: a\r\n', 'G(T / HTTP/1.1'), 'bad-method'],
    [get('Host: a\r\n', 'GET / HTTP/1.2'), 'ok'],
    [get('Host: a\r\n', 'GET / HTTP/1.10'), 'bad-version'],
    [get('Host: a\r\n', 'GET / HTTP/2.0'), 'version-not-served'],
    [get('Host: a\r\n', 'GET / http/1.1'), 'bad-request-line'],
    [get('Host: a\r\n', 'GET /'), 'bad-request-line'],
    [get('Host: a\r\n', `GET /${'x'.repeat(256)} HTTP/1.1`), 'target-too-long'],
    [get(''), 'bad-host'],
    [get('', 'GET / HTTP/1.0'), 'ok'],
    [get('Host:\r\n'), 'bad-host'],
    [get('Host: a\r\nHost: a\r\n'), 'bad-host'],
    [get('Host: a b\r\n'), 'bad-host'],
    [get('Host: a,b\r\n'), 'bad-host'],
    [get('Host: a/b\r\n'), 'bad-host'],
    [get('Host: a:80\r\n'), 'ok'],
    [get('Host: a:8x\r\n'), 'bad-host'],
    [get('Host: a:123456\r\n'), 'bad-host'],
    [get('Host: a:65535\r\n'), 'ok'],
    [get('Host: a:65536\r\n'), 'bad-host'],
    [get('', 'GET http://a:80/x HTTP/1.0'), 'ok'],
    [get('', 'GET http://a:65536/x HTTP/1.0'), 'bad-host'],
    [get('', 'GET http://a,b/x HTTP/1.0'), 'bad-host'],
    [get('', 'GET http://a/x HTTP/1.1'), 'bad-host'],
    [get('Host: [::1]:80\r\n'), 'ok'],
    [get('Host: [::1\r\n'), 'bad-host'],
    [get('Host: []\r\n'), 'bad-host'],
    [get('Host : a\r\n'), 'bad-field'],
    [get('Host: a\r\n X: folded\r\n'), 'bad-field'],
    [get('Host: a\r\n: x\r\n'), 'bad-field'],
    [get('Host: a\r\nX\r\n'), 'bad-field'],
    [get('Host: a\r\nX: a\nY: b\r\n'), 'bad-field'],
    [get('Host: a\r\nX: a\rb\r\n'), 'bad-field'],
    [get('Host: a\r\nX: \0\r\n'), 'bad-field'],
    [get('Host: a\r\nX: \x7f\r\n'), 'bad-field'],
    [get('Host: a\r\nX: \xe9\t \r\n'), 'ok'],
    [get('Host: a\r\nX:\r\n'), 'ok'],
    [get(`Host: a\r\n${'X: 1\r\n'.repeat(20)}`), 'too-many-fields'],
    [get(`Host: a\r\nX: ${'y'.repeat(5000)}\r\n`), 'head-too-long'],
    [get('Host: a\r\nContent-Length: 5\r\n'), 'ok'],
    [get('Host: a\r\nContent-Length: 05\r\n'), 'bad-content-length'],
    [get('Host: a\r\nContent-Length: 5, 5\r\n'), 'bad-content-length'],
    [get('Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n'), 'bad-content-length'],
    [get('Host: a\r\nContent-Length: 0x5\r\n'), 'bad-content-length'],
    [get('Host: a\r\nContent-Length: 1234567890123456\r\n'), 'bad-content-length'],
    [get('Host: a\r\nTransfer-Encoding: chunked\r\n'), 'ok'],
    [get('Host: a\r\nTransfer-Encoding: Chunked\r\n'), 'ok'],
    [get('Host: a\r\nTransfer-Encoding: gzip, chunked\r\n'), 'transfer-encoding-not-served'],
    [
      get('Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
      'bad-transfer-encoding',
    ],
    [get('Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n'), 'bad-content-length'],
    [get('Host: a\r\nTransfer-Encoding: chunked\r\n', 'POST / HTTP/1.0'), 'bad-transfer-encoding'],
    [get('Host: a\r\nExpect: 100-Continue\r\n'), 'ok'],
    [get('Host: a\r\nExpect: magic\r\n'), 'bad-expectation'],
  ])('%j → %s', (text, expected) => expect(request(text)).toBe(expected));

  it('is judged the same however it is cut: refused no later, accepted no earlier', () => {
    const text =
      'POST /a?b HTTP/1.1\r\nHost: shop.example:80\r\nX-Long: some value\t\r\nCookie: a=b\r\nContent-Length: 3\r\n\r\n';
    for (let cut = 0; cut < text.length; cut++)
      expect(request(text.slice(0, cut)), `cut at ${cut}`).toBe('more');
    expect(request(text)).toBe('ok');
  });

  it('gives its parts as they stand in the bytes', () => {
    const buf = bytesOf(
      'xxGET http://A.example:8080/p/q?r=s HTTP/1.1\r\nHost: a.EXAMPLE:8080\r\nX-Ldc-Zone: z\r\nx_y: 1\r\nX-User:  ann \r\n\r\nrest',
    );
    const head = new RequestHead();
    expect(head.parse(buf, 2, buf.length, LIMITS)).toBe(buf.length - 4);
    expect([head.method, head.host, head.path, head.query]).toEqual([
      'GET',
      'a.example',
      '/p/q',
      'r=s',
    ]);
    expect([
      head.find('x-user'),
      head.find('x-ldc-zone'),
      head.find('x-y'),
      head.find('nothing'),
    ]).toEqual(['ann', 'z', undefined, undefined]);
    expect([head.hasInternal, head.hasUnderscore]).toEqual([true, true]);
  });

  it('never throws and never reads beyond its end, whatever the bytes', () => {
    const piece = fc.constantFrom(
      'GET',
      ' ',
      '/',
      'HTTP/1.1',
      '\r\n',
      '\r',
      '\n',
      'Host: a',
      ':',
      'Content-Length: 1',
      'Transfer-Encoding: chunked',
      '\0',
      '\t',
      'x',
      '\xff',
      '%2e',
      '?',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const buf = bytesOf(pieces.join(''));
        const after = new RequestHead().parse(buf, 0, buf.length, LIMITS);
        expect(
          after === INCOMPLETE || after === REFUSED || (after > 0 && after <= buf.length),
        ).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the table of known names', () => {
  it('finds each in any case, and nothing else', () => {
    const find = (name: string): number => {
      let hash = 0;
      for (const c of name) hash = rollHash(hash, c.charCodeAt(0));
      return lookUp(bytesOf(name), 0, name.length, hash);
    };
    for (const [name, id] of ID_BY_NAME) {
      expect(find(name)).toBe(id);
      expect(find(name.toUpperCase())).toBe(id);
      expect(find(`${name}x`)).toBe(0);
      expect(find(name.replaceAll('-', '\r'))).toBe(name.includes('-') ? 0 : id);
    }
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z-]{1,20}$/), (name) => {
        expect(find(name)).toBe(ID_BY_NAME.get(name) ?? 0);
      }),
    );
  });
});

/** 'ok', 'more' or the refusal's code, with the framing. */
function response(text: string): [string, number] {
  const head = new ResponseHead();
  const buf = bytesOf(text);
  const after = head.parse(buf, 0, buf.length);
  return [
    after === INCOMPLETE ? 'more' : after === REFUSED ? head.refusal.code : 'ok',
    head.framing,
  ];
}

describe('a response head', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n\r\n', 'ok', UNFRAMED],
    ['HTTP/1.1 200\r\n\r\n', 'ok', UNFRAMED],
    ['HTTP/1.1 200 \r\nContent-Length: 7\r\n\r\n', 'ok', 7],
    ['HTTP/1.0 200 OK\r\n\r\n', 'ok', UNFRAMED],
    ['HTTP/1.2 200 OK\r\n\r\n', 'ok', UNFRAMED],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'ok', CHUNKED],
  ])('%j → %s', (text, verdict, framing) => expect(response(text)).toEqual([verdict, framing]));

  it.each([
    'HTTP/2.0 200 OK\r\n\r\n',
    'HTTP/1.x 200 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 600 X\r\n\r\n',
    'HTTP/1.1 099 X\r\n\r\n',
    'HTTP/1.1 200 OK\n\n',
    'HTTP/1.1 200 O\0K\r\n\r\n',
    'ICY 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: a\rb\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  ])('%j is refused', (text) => expect(response(text)[0]).not.toMatch(/ok|more/));
});

describe('a chunked body', () => {
  /** Reads `text` in pieces; @returns payload, or null when malformed, and whether it ended. */
  function read(
    pieces: readonly string[],
  ): { payload: string; done: boolean; rest: string } | null {
    const reader = new ChunkedReader();
    const spans = makeSpans();
    let payload = '';
    let rest = '';
    for (const piece of pieces) {
      const buf = bytesOf(piece);
      let at = 0;
      while (at < buf.length && !reader.done) {
        spans.count = 0;
        spans.bytes = 0;
        at = reader.read(buf, at, buf.length, spans);
        if (at === MALFORMED) return null;
        payload += payloadText(buf, spans);
      }
      rest += piece.slice(at);
    }
    return { payload, done: reader.done, rest };
  }

  it.each([
    ['0\r\n\r\n', ''],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['0005\r\nhello\r\n000\r\n\r\n', 'hello'],
    ['A;x="y z"\r\n0123456789\r\n0;q\r\nT: 1\r\nU: 2\r\n\r\n', '0123456789'],
  ])('%j → %j', (text, payload) => expect(read([text])).toEqual({ payload, done: true, rest: '' }));

  it.each([
    '\r\n',
    '-5\r\n',
    '+5\r\n',
    '0x5\r\n',
    ' 5\r\n',
    '5 \r\n',
    '5\n',
    '5\rx',
    'g\r\n',
    '5;\n',
    ';x\r\n',
    '1234567890123456\r\n',
    'fffffffffffffff\r\n',
    '5\r\nhelloX',
    '5\r\nhello\n',
    '5\r\nhello\rX',
    '0\r\nT : 1\r\n\r\n',
    '0\r\n T: 1\r\n\r\n',
    '0\r\nX\r\n\r\n',
    '0\r\n\rX',
    '0\r\nT: a\nb\r\n\r\n',
    `0;${'e'.repeat(2000)}`,
    `0\r\nT: ${'t'.repeat(9000)}`,
  ])('%j is malformed', (text) => expect(read([text])).toBeNull());

  it('is the same however it is chunked and cut, and leaves the next message alone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        fc.boolean(),
        (parts, cuts, trailer) => {
          const raw = parts.map((p) => bytesOf(p).toString('latin1'));
          const text = `${raw.map((p) => `${p.length.toString(16)};e=1\r\n${p}\r\n`).join('')}0\r\n${trailer ? 'X-T: 1\r\n' : ''}\r\nNEXT`;
          const at = [...new Set(cuts.filter((c) => c < text.length))].sort((a, b) => a - b);
          const pieces = [0, ...at].map((from, i) => text.slice(from, at[i] ?? text.length));
          expect(read(pieces)).toEqual({ payload: raw.join(''), done: true, rest: 'NEXT' });
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a body with a length', () => {
  it('ends where it says, and a body without framing where its connection ends', () => {
    const body = new BodyReader();
    const buf = bytesOf('abcdefgh');
    body.start(5, false);
    expect(body.read(buf, 0, 3)).toBe(3);
    expect(body.done).toBe(false);
    expect(body.read(buf, 3, 8)).toBe(5);
    expect([body.done, body.total]).toEqual([true, 5]);
    body.start(UNFRAMED, true);
    expect(body.read(buf, 0, 8)).toBe(8);
    expect([body.done, body.endOfStream()]).toEqual([false, true]);
    body.start(9, false);
    body.read(buf, 0, 8);
    expect(body.endOfStream()).toBe(false);
    body.start(UNFRAMED, false);
    expect(body.done).toBe(true);
  });
});
