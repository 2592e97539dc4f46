/** Seeded mutations of well-formed requests: the same seed makes the same inputs everywhere. */

/** mulberry32: small, fast, good enough to choose mutations. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … n-1 */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n';
const HOST = 'Host: a.test\r\n';
const SEEDS: readonly string[] = [
  `GET / HTTP/1.1\r\n${HOST}\r\n`,
  `GET /a?b=c HTTP/1.1\r\n${HOST}Accept: */*\r\nCookie: a=1; b=2\r\nUser-Agent: x\r\n\r\n`,
  `POST /p HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  `POST /c HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;e=f\r\nhello\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\nX-T: 1\r\n\r\n`,
  `GET /1 HTTP/1.1\r\n${HOST}\r\nPOST /2 HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\n${HOST}\r\n`,
  `DELETE /d HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\n${HOST}Max-Forwards: 3\r\n\r\n`,
  `GET http://a.test/abs?q HTTP/1.1\r\n${HOST}\r\n`,
  `GET /ten HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`,
  `PUT /e HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
  `GET /h HTTP/1.1\r\n${HOST}Connection: X-Drop, TE\r\nX-Drop: 1\r\nTE: trailers\r\nX-Ldc-Zone: z\r\nx_ldc_zone: z\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n`,
  `HEAD /head HTTP/1.1\r\n${HOST}CDN-Loop: other\r\nVia: 1.0 x\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n`,
];

/** Answers to a GET, whose connection ends behind them. */
export const ANSWER_SEEDS: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;e=f\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n',
  'HTTP/1.1 200 OK\r\nServer: x\r\n\r\nuntil the end',
  'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 302 Found\r\nLocation: /x\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 204 No Content\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: "x"\r\n\r\n',
  'HTTP/1.1 200 \r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nContent-Length: 1\r\n\r\nx',
];

const BITS: readonly string[] = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '"',
  '\\',
  '#',
  '%',
  '_',
  '\x7f',
  '\x80',
  '\xff',
  '\x0b',
  '0',
  '00',
  '-1',
  '+1',
  '0x1',
  'ffffffffffffffff',
  '999999999999999',
  '1e3',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length : 5\r\n',
  'content-length:5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'Transfer_Encoding: chunked\r\n',
  'Transfer-Encoding: chunked, identity\r\n',
  'Host: b.test\r\n',
  'Host:\r\n',
  'Connection: close\r\n',
  'Connection: content-length\r\n',
  'Connection: host, via, x-forwarded-for\r\n',
  'Upgrade: websocket\r\nConnection: Upgrade\r\n',
  ' folded\r\n',
  'X-Ldc-Decision: v1\r\n',
  'X-Ldc-Zone: RZ01\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/2.0',
  'GET ',
  'POST ',
  'CONNECT ',
  'TRACE ',
  SMUGGLED,
  '0\r\n\r\n',
  '1\r\nx\r\n',
];

type Mutation = (text: string, dice: Dice, seeds: readonly string[]) => string;

const MUTATIONS: readonly Mutation[] = [
  (t, d) => insert(t, d.below(t.length + 1), d.of(BITS)),
  (t, d) => insert(t, d.below(t.length + 1), String.fromCharCode(d.below(256))),
  (t, d) => replaceAt(t, d.below(t.length), String.fromCharCode(d.below(256))),
  (t, d) => {
    const from = d.below(t.length);
    return t.slice(0, from) + t.slice(from + 1 + d.below(12));
  },
  (t, d) => {
    const from = d.below(t.length);
    const piece = t.slice(from, from + 1 + d.below(40));
    return insert(t, d.below(t.length + 1), piece);
  },
  (t, d) => insertLine(t, d.of(BITS), d),
  (t, d) => spoilLineEnd(t, d),
  (t, d, seeds) => t.slice(0, d.below(t.length + 1)) + d.of(seeds),
  (t, d) => t.slice(0, 1 + d.below(t.length)),
  (t, d) => {
    const [from, to] = d.of([
      ['\r\n', '\n'],
      ['\r\n', '\r'],
      [': ', ':'],
      [': ', ' :'],
      ['chunked', 'CHUNKED'],
      ['HTTP/1.1', 'http/1.1'],
    ] as const);
    return t.replace(from, to);
  },
];

const insert = (t: string, at: number, piece: string): string =>
  t.slice(0, at) + piece + t.slice(at);
const replaceAt = (t: string, at: number, piece: string): string =>
  t.slice(0, at) + piece + t.slice(at + 1);

/** Behind the end of some line, where a whole field line fits. */
function insertLine(t: string, piece: string, dice: Dice): string {
  const ends = [...t.matchAll(/\r\n/g)].map((m) => m.index + 2);
  return ends.length === 0 ? t + piece : insert(t, dice.of(ends), piece);
}

/** Another byte for the CR or the LF of some line. */
function spoilLineEnd(t: string, dice: Dice): string {
  const ends = [...t.matchAll(/\r\n/g)].map((m) => m.index);
  if (ends.length === 0) return t;
  return replaceAt(t, dice.of(ends) + dice.below(2), dice.of(['\r', '\n', 'X', ' ', '\0']));
}

/** Latin1. One to four mutations of a seed. */
export function makeInput(dice: Dice, seeds: readonly string[] = SEEDS): string {
  let text = dice.of(seeds);
  const times = 1 + dice.below(4);
  for (let i = 0; i < times && text.length > 0; i++) text = dice.of(MUTATIONS)(text, dice, seeds);
  return text;
}
