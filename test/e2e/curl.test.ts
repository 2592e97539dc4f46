/** What curl does with ranges, expectations, chunks, old versions and kept connections, over a gate. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratch } from '../support/config.ts';
import { plainGate } from '../support/gate.ts';
import { httpd } from '../support/httpd.ts';
import { program, type Ran, run } from '../support/programs.ts';

const MIB = 1024 * 1024;
const sha = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Without the settings of whoever runs the tests. */
const curl = (args: readonly string[], input: Buffer | string = ''): Promise<Ran> =>
  run(program('CURL'), ['-q', '-sS', '--noproxy', '*', ...args], { input });

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

interface App {
  readonly url: string;
  /** Method, version, framing and expectation of each request, as it arrived. */
  readonly seen: string[];
}

/** An app of Node's own server behind one gate. @param onExpect answers `Expect: 100-continue` */
async function app(answer: Listener, onExpect?: Listener): Promise<App> {
  const seen: string[] = [];
  const note =
    (then: Listener): Listener =>
    (req, res) => {
      const { expect: expectation, 'transfer-encoding': coding, 'content-length': n } = req.headers;
      const framing = coding ?? (n === undefined ? 'none' : n);
      seen.push(`${req.method} ${req.httpVersion} ${framing} ${expectation ?? '-'}`);
      then(req, res);
    };
  const server = http.createServer(note(answer));
  if (onExpect !== undefined) server.on('checkContinue', note(onExpect));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = await plainGate([(server.address() as AddressInfo).port]);
  return { url: `http://127.0.0.1:${port}/`, seen };
}

/** Answers with the hash of the request's body. */
const hashOfBody: Listener = (req, res) => {
  const hash = createHash('sha256');
  req.on('data', (d: Buffer) => hash.update(d));
  req.on('end', () => res.end(hash.digest('hex')));
};

function fileOf(data: Buffer): string {
  const file = join(scratch(), 'data.bin');
  writeFileSync(file, data);
  return file;
}

describe('curl asks for parts', () => {
  async function store() {
    const origin = await httpd();
    const data = randomBytes(2 * MIB);
    writeFileSync(join(origin.documents, 'data.bin'), data);
    const { port } = await plainGate([origin.port]);
    return { url: `http://127.0.0.1:${port}/data.bin`, data };
  }

  it('by one range of each kind', async () => {
    const { url, data } = await store();
    for (const [range, part] of [
      ['0-99', data.subarray(0, 100)],
      ['1000000-1999999', data.subarray(1_000_000, 2_000_000)],
      ['2000000-', data.subarray(2_000_000)],
      ['-500', data.subarray(-500)],
    ] as const) {
      const { code, out } = await curl(['-r', range, '-w', '%{http_code}', url]);
      expect([range, code, out.slice(-3)]).toEqual([range, 0, '206']);
      expect(latin1(out.slice(0, -3)).equals(part), range).toBe(true);
    }
  });

  it('by several ranges at once, and by one that there is not', async () => {
    const { url, data } = await store();
    const { out } = await curl(['-i', '-r', '0-9,1000-1009', url]);
    expect(out).toMatch(/^HTTP\/1\.1 206 [\s\S]*^Content-Type: multipart\/byteranges; boundary=/m);
    expect(out.match(/^Content-range: bytes .*$/gim)).toHaveLength(2);
    for (const at of [0, 1000])
      expect(out).toContain(`\r\n\r\n${data.toString('latin1', at, at + 10)}\r\n`);
    const none = await curl(['-i', '-r', '9000000-', url]);
    expect(none.out).toMatch(/^HTTP\/1\.1 416 /);
  });

  it('to go on with a file that it has in part', async () => {
    const { url, data } = await store();
    const file = fileOf(data.subarray(0, 777_777));
    const { code, out } = await curl(['-C', '-', '-o', file, '-w', '%{size_download}', url]);
    expect([code, out]).toEqual([0, String(data.length - 777_777)]);
    expect(readFileSync(file).equals(data)).toBe(true);
  });
});

describe('curl expects 100-continue for 2 MB', () => {
  const data = randomBytes(2 * MIB);
  const upload = (url: string, ...further: string[]): Promise<Ran> =>
    curl([
      ...['-v', '-T', fileOf(data), '-w', '\n%{http_code} %{size_upload}'],
      // So large an upload it announces; the body would go unasked after this many seconds.
      ...['--expect100-timeout', '15', ...further, url],
    ]);

  it('and sends them when the app says so', async () => {
    const { url, seen } = await app(hashOfBody, (req, res) => {
      res.writeContinue();
      hashOfBody(req, res);
    });
    const { code, out, err } = await upload(url);
    expect([code, out]).toEqual([0, `${sha(data)}\n200 ${data.length}`]);
    expect(err).toContain('< HTTP/1.1 100 Continue');
    expect(seen).toEqual([`PUT 1.1 ${data.length} 100-continue`]);
  });

  // curl repeats such a request by itself only where the connection stays open. The gate closes it:
  // nobody can tell whether the next bytes are the body, or another request.
  it('and sends nothing when the app answers 417, and asking again without succeeds', async () => {
    const { url, seen } = await app(hashOfBody, (_, res) => res.writeHead(417).end());
    const { code, out, err } = await upload(url);
    expect([code, out]).toEqual([0, '\n417 0']);
    expect(err).toMatch(/^< Connection: close\r?$/m);
    expect(await upload(url, '-H', 'Expect:')).toMatchObject({
      code: 0,
      out: `${sha(data)}\n200 ${data.length}`,
    });
    expect(seen).toEqual([`PUT 1.1 ${data.length} 100-continue`, `PUT 1.1 ${data.length} -`]);
  });

  it('and sends nothing when the app answers 413', async () => {
    const { url, seen } = await app(hashOfBody, (_, res) =>
      res.writeHead(413, { Connection: 'close' }).end('too large'),
    );
    const { code, out } = await upload(url);
    expect([code, out]).toEqual([0, 'too large\n413 0']);
    expect(seen).toHaveLength(1);
  });

  it('and sees a 413 that comes while the body is on its way', async () => {
    const { url } = await app((req, res) => {
      // It reads on: an app that closes with bytes unread may take back its own answer.
      req.once('data', () => res.writeHead(413).end('too large'));
      req.resume();
    });
    const { out } = await upload(url, '-H', 'Expect:');
    expect(out).toMatch(/^too large\n413 /);
  });
});

describe('curl uploads', () => {
  it('what it reads from elsewhere, in chunks', async () => {
    const { url, seen } = await app(hashOfBody);
    const data = randomBytes(3 * MIB);
    const { code, out } = await curl(['-T', '-', '-H', 'Expect:', url], data);
    expect([code, out]).toEqual([0, sha(data)]);
    expect(seen).toEqual(['PUT 1.1 chunked -']);
  });

  it('nothing at all, in chunks', async () => {
    const { url, seen } = await app(hashOfBody);
    expect(await curl(['-T', '-', url])).toMatchObject({ code: 0, out: sha('') });
    expect(seen).toEqual([expect.stringMatching(/^PUT 1\.1 chunked /)]);
  });
});

describe('curl speaks HTTP/1.0', () => {
  it('and gets an answer without a known length whole, without chunks', async () => {
    const data = randomBytes(MIB);
    const { url } = await app((_, res) => {
      res.write(data.subarray(0, 1000));
      res.end(data.subarray(1000));
    });
    const { code, out } = await curl(['-0', '-i', url]);
    const end = out.indexOf('\r\n\r\n');
    expect(code).toBe(0);
    expect(out.slice(0, end)).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
    expect(out.slice(0, end)).not.toMatch(/^Transfer-Encoding:/im);
    expect(latin1(out.slice(end + 4)).equals(data)).toBe(true);
  });

  it('and posts with a length', async () => {
    const { url, seen } = await app(hashOfBody);
    const data = randomBytes(MIB);
    const { code, out } = await curl(['-0', '--data-binary', `@${fileOf(data)}`, url]);
    expect([code, out]).toEqual([0, sha(data)]);
    expect(seen).toEqual([`POST 1.1 ${data.length} -`]);
  });
});

describe('curl', () => {
  it('asks for a head only, and the connection stays good', async () => {
    const { url, seen } = await app((_, res) => {
      res.writeHead(200, { 'Content-Length': 123_456, ETag: '"e"' }).end();
    });
    const { code, out } = await curl(['-I', '-w', 'new:%{num_connects}\n', url, url]);
    expect(code).toBe(0);
    expect(out.match(/^Content-Length: 123456\r$/gm)).toHaveLength(2);
    expect(out.match(/^new:\d$/gm)).toEqual(['new:1', 'new:0']);
    expect(seen).toEqual(['HEAD 1.1 none -', 'HEAD 1.1 none -']);
  });

  it('asks many times on one connection, by any method', async () => {
    const { url, seen } = await app(hashOfBody);
    const ask = (...args: string[]): string[] => ['-w', ' %{num_connects}\n', ...args, url];
    const file = fileOf(randomBytes(100_000));
    const { code, out } = await curl([
      ...ask(),
      ...['--next', ...ask('--data-binary', `@${file}`)],
      ...['--next', ...ask('-X', 'DELETE')],
      ...['--next', ...ask('-T', file)],
      ...['--next', ...ask()],
    ]);
    const [none, some] = [sha(''), sha(readFileSync(file))];
    expect(code).toBe(0);
    expect(out).toBe(`${none} 1\n${some} 0\n${none} 0\n${some} 0\n${none} 0\n`);
    expect(seen).toHaveLength(5);
  });

  it('gets a compressed answer as the app made it', async () => {
    const data = Buffer.from('zonegate '.repeat(100_000));
    const packed = gzipSync(data);
    const { url } = await app((req, res) => {
      if (!String(req.headers['accept-encoding']).includes('gzip')) return void res.end(data);
      res.writeHead(200, { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }).end(packed);
    });
    const size = ['-w', ' %{size_download}'];
    expect(await curl(['--compressed', ...size, url])).toMatchObject({
      code: 0,
      out: `${data.toString()} ${packed.length}`,
    });
    const raw = await curl(['-H', 'Accept-Encoding: gzip', url]);
    expect(latin1(raw.out).equals(packed)).toBe(true);
    expect(gunzipSync(latin1(raw.out)).equals(data)).toBe(true);
    expect((await curl([url])).out).toBe(data.toString());
  });
});
