/** Copies on the wire, where requests and answers are not as they usually are. */
import { describe, expect, it } from 'vitest';
import { mirroringGate } from '../../support/mirror.ts';
import { until } from '../../support/until.ts';
import { bodyOf, headOf, Origin, RawClient, respond } from '../../support/wire.ts';

const ANY = ', match: { methods: [GET, HEAD, POST, PUT] }';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a copy on the wire', () => {
  it('is made once of each of many pipelined requests, whole and in no other’s place', async () => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start(respond('copy'));
    const gate = await mirroringGate(origin, target, ANY);
    const sent = [...Array(20).keys()].map((n) =>
      n % 3 === 0
        ? `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`
        : `POST /${n} HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(n).length + 5}\r\n\r\nbody-${n}`,
    );
    const client = new RawClient(gate.port).send(sent.join(''));
    await until('all answers', () => client.received.split('real').length === 21);
    expect(await gate.settled()).toMatchObject({ drawn: 20, sent: 20 });
    const shown = (requests: readonly string[]): string[] =>
      requests.map((r) => `${r.split(' ')[1]} ${bodyOf(r)}`).sort();
    expect(shown(target.requests)).toEqual(shown(origin.requests));
  });

  it.each([
    [
      'absolute-form',
      'GET http://shop.example/a?b HTTP/1.1\r\nHost: shop.example\r\n\r\n',
      'shop.example',
    ],
    ['HTTP/1.0', 'GET /a?b HTTP/1.0\r\nHost: shop.example\r\n\r\n', 'shop.example'],
    ['HTTP/1.0 without Host', 'GET /a?b HTTP/1.0\r\n\r\n', null],
    ['Host in odd case', 'GET /a?b HTTP/1.1\r\nhOST: shop.example\r\n\r\n', 'shop.example'],
  ])('of %s has one Host, and 1.1', async (_, text, host) => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start(respond('copy'));
    for (const more of ['', ', host: audit.internal']) {
      const gate = await mirroringGate(origin, target, more);
      await new RawClient(gate.port).send(text).sees('real');
      await gate.settled();
      const copy = target.requests.at(-1)!;
      expect(copy).toMatch(/^GET \/a\?b HTTP\/1\.1\r\n/);
      const hosts = copy.match(/^host:.*$/gim)!;
      expect(hosts).toHaveLength(1);
      if (more !== '') expect(hosts[0]).toBe('Host: audit.internal');
      else if (host !== null) expect(hosts[0]).toMatch(new RegExp(`: ${host}$`));
    }
  });

  it('of a body that is held back by Expect comes whole, and expects nothing', async () => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start(respond('copy'));
    const gate = await mirroringGate(origin, target, ANY);
    const client = new RawClient(gate.port).send(
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    await until('the head to be passed on', () => origin.streams.join('').includes('Expect'));
    await client.send('12345').sees('real');
    await gate.settled();
    expect(bodyOf(target.requests[0]!)).toBe('12345');
    expect(headOf(target.requests[0]!)).not.toMatch(/^expect:/im);
  });

  it('leaves credentials out by whatever spelling the application would read them', async () => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start(respond('copy'));
    const gate = await mirroringGate(origin, target, '', {
      gate: 'headers: { underscore: pass }',
    });
    const secret = 'X_Api_Key: secret\r\nAUTHORIZATION: secret\r\nX-aPi-KEY: secret\r\n';
    await new RawClient(gate.port)
      .send(`GET / HTTP/1.1\r\nHost: a\r\n${secret}Proxy-Authorization: secret\r\n\r\n`)
      .sees('real');
    await gate.settled();
    expect(origin.requests[0]).toContain('X_Api_Key: secret');
    expect(target.requests[0]).not.toContain('secret');
  });

  it('is sent once where the request is tried twice', async () => {
    // A kept connection that dies under the second request.
    const origin = await Origin.start((request, socket, nth) => {
      if (nth === 2) socket.destroy();
      else respond('real')(request, socket, nth);
    });
    const target = await Origin.start(respond('copy'));
    const gate = await mirroringGate(origin, target, ', compare: { perS: 100, noisePercent: 0 }');
    for (let i = 0; i < 2; i++) await new RawClient(gate.port).send(GET).sees('real');
    const rule = await gate.settled();
    expect(origin.requests).toHaveLength(3);
    expect([rule.drawn, rule.sent, target.requests.length]).toEqual([2, 2, 2]);
    await until('both to be compared', async () => (await gate.rule()).routes[0]?.compared === 2);
  });
});

describe('an answer to a copy', () => {
  it('that only the end of the connection ends has failed where that was a reset', async () => {
    const origin = await Origin.start(respond('real'));
    const target = await Origin.start((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf of it');
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    const gate = await mirroringGate(origin, target);
    await new RawClient(gate.port).send(GET).sees('real');
    expect(await gate.settled()).toMatchObject({ answered: { '2xx': 0 }, failed: { failed: 1 } });
  });
});

describe('a target that closes kept connections', () => {
  it('is not left alone for it', async () => {
    const origin = await Origin.start(respond('real'));
    // Answers, and goes as soon as anything more comes.
    const target = await Origin.start((request, socket, nth) => {
      if (seen.has(socket)) socket.resetAndDestroy();
      else respond('copy')(request, socket, nth);
      seen.add(socket);
    });
    const seen = new Set<unknown>();
    const gate = await mirroringGate(origin, target);
    for (let i = 0; i < 30; i++) {
      await new RawClient(gate.port).send(GET).sees('real');
      await gate.settled();
    }
    const rule = await gate.rule();
    expect([rule.drawn, rule.sent, rule.dropped.down]).toEqual([30, 30, 0]);
    expect(rule.failed.failed).toBe(15);
  });
});
