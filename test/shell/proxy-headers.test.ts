import { describe, expect, it } from 'vitest';
import { plainGate } from '../support/gate.ts';
import { bytes, Origin, RawClient } from '../support/wire.ts';

const GET = 'GET /a?b=1 HTTP/1.1\r\nHost: a.test\r\n\r\n';

describe('header policy', () => {
  it('drops, refuses or passes names with underscores, as configured', async () => {
    const request = 'GET / HTTP/1.1\r\nHost: a\r\nx_plain: 1\r\n\r\n';
    for (const [policy, status, passed] of [
      ['drop', '200', false],
      ['refuse', '400', false],
      ['pass', '200', true],
    ] as const) {
      const origin = await Origin.start();
      const { port } = await plainGate([origin], `headers: { underscore: ${policy} }`);
      const client = new RawClient(port).send(request);
      await client.sees(new RegExp(`^HTTP/1.1 ${status} `));
      expect((origin.requests[0] ?? '').includes('x_plain')).toBe(passed);
    }
  });

  it('never lets Connection erase what the gate adds', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const client = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nConnection: X-Forwarded-For, Via, Cookie, Host\r\n\r\n',
    );
    await client.sees('ok');
    expect(origin.requests[0]).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m);
    expect(origin.requests[0]).toMatch(/^Cookie: a=1\r$/m);
    expect(origin.requests[0]).toMatch(/^Host: a\r$/m);
  });

  it('overwrites X-Forwarded-* of strangers, continues those of listed proxies', async () => {
    const request =
      'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nX-Forwarded-Proto: https\r\nX-Request-Id: given-by-client\r\nForwarded: for=x\r\n\r\n';
    const origin = await Origin.start();
    const strange = await plainGate([origin]);
    await new RawClient(strange.port).send(request).sees('ok');
    expect(origin.requests[0]).toMatch(/^X-Forwarded-For: 127\.0\.0\.1\r$/m);
    expect(origin.requests[0]).not.toMatch(/1\.2\.3\.4|https|given-by-client|Forwarded: for/);
    const trusting = await plainGate([origin], 'trust: { proxies: ["127.0.0.1"] }');
    await new RawClient(trusting.port).send(request).sees('ok');
    expect(origin.requests[1]).toMatch(
      /^X-Forwarded-For: 1\.2\.3\.4, 5\.6\.7\.8, 127\.0\.0\.1\r$/m,
    );
    expect(origin.requests[1]).toMatch(/^X-Forwarded-Proto: https\r$/m);
    expect(origin.requests[1]).toMatch(/^X-Request-Id: given-by-client\r$/m);
  });

  it('passes a valid trace on untouched and begins one otherwise', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await new RawClient(port)
      .send(`GET / HTTP/1.1\r\nHost: a\r\ntraceparent: ${parent}\r\ntracestate: a=b\r\n\r\n`)
      .sees('ok');
    expect(origin.requests[0]).toContain(`traceparent: ${parent}\r\ntracestate: a=b\r\n`);
    await new RawClient(port)
      .send('GET / HTTP/1.1\r\nHost: a\r\ntraceparent: 00-zz\r\ntracestate: a=b\r\n\r\n')
      .sees('ok');
    expect(origin.requests[1]).toMatch(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r$/m);
    expect(origin.requests[1]).not.toContain('tracestate');
  });

  it('answers people in HTML and programs in problem+json', async () => {
    const gone = await Origin.start();
    const { port: deadPort } = gone;
    gone.stop();
    const { port } = await plainGate([deadPort]);
    const page = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html,*/*\r\n\r\n',
    );
    await page.sees('</html>');
    expect(page.received).toContain('Content-Type: text/html; charset=utf-8');
    const api = new RawClient(port).send(GET);
    await api.sees('application/problem+json');
  });
});

describe('names and fields that resemble others', () => {
  it('an underscore is no way around a rule, even where such names pass', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin], 'headers: { underscore: pass }');
    await new RawClient(port)
      .send(
        'GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nTransfer_Encoding: chunked\r\nX_Ldc_Zone: z\r\nmine_own: 1\r\nnominated_one: 1\r\nConnection: nominated_one\r\n\r\n',
      )
      .sees('ok');
    expect(origin.requests[0]).toMatch(/^mine_own: 1\r$/m);
    expect(origin.requests[0]).not.toMatch(/6\.6\.6\.6|Transfer_Encoding|X_Ldc|nominated_one/i);
  });

  it('Cookie lines become one', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    await new RawClient(port)
      .send('GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX: y\r\nCookie: b=2, 3\r\n\r\n')
      .sees('ok');
    expect(origin.requests[0]!.match(/^Cookie: .*$/gm)).toEqual(['Cookie: a=1; b=2, 3']);
  });

  it('Expect reaches the upstream from HTTP/1.1 only, and only 100-continue', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    await new RawClient(port).send('GET / HTTP/1.0\r\nHost: a\r\nExpect: magic\r\n\r\n').sees('ok');
    expect(origin.requests[0]).not.toMatch(/expect/i);
    const client = new RawClient(port).send(
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: foo\r\n\r\n',
    );
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 417 /);
  });

  it('OPTIONS for a whole server stays so', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    await new RawClient(port).send('OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n').sees('ok');
    expect(origin.requests[0]).toMatch(/^OPTIONS \* HTTP\/1\.1\r\n/);
    await new RawClient(port).send('GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n').sees('ok');
    expect(origin.requests[1]).toMatch(/^GET \/\?q HTTP\/1\.1\r\n/);
  });

  it('the target names the host where an HTTP/1.0 client sends no Host', async () => {
    const origin = await Origin.start();
    const { port } = await plainGate([origin]);
    await new RawClient(port).send('GET http://B.test:81/x HTTP/1.0\r\n\r\n').sees('ok');
    expect(origin.requests[0]!.match(/^(?:X-Forwarded-)?Host: .*$/gm)).toEqual([
      'Host: B.test:81',
      'X-Forwarded-Host: B.test:81',
    ]);
    await new RawClient(port).send('GET /y HTTP/1.0\r\n\r\n').sees('ok');
    expect(origin.requests[1]!.match(/^Host: .*$/gm)).toEqual(['Host: any']);
  });

  it('an answer gets the Date and the space in its first line that it lacks, and keeps its own', async () => {
    const origin = await Origin.start(bytes('HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'));
    const { port } = await plainGate([origin]);
    const ask = async (answer: string): Promise<string> => {
      origin.answer = bytes(answer);
      return new RawClient(port)
        .send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        .closed();
    };
    const without = await ask('HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok');
    expect(without).toMatch(/^HTTP\/1\.1 200 \r\n/);
    expect(Date.parse(/^Date: (.*)\r$/m.exec(without)![1]!)).toBeGreaterThan(Date.now() - 60_000);
    const own = 'Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n';
    const kept = await ask(`HTTP/1.2 200 OK\r\n${own}Content-Length: 2\r\n\r\nok`);
    expect(kept).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(kept.match(/^Date: .*$/gm)).toEqual([own.trim()]);
    const nominated = await ask(
      `HTTP/1.1 200 OK\r\nConnection: Date\r\n${own}Content-Length: 2\r\n\r\nok`,
    );
    expect(nominated).not.toContain(own);
    expect(nominated.match(/^Date: /gm)).toHaveLength(1);
  });
});
