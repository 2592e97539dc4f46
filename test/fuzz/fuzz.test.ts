import { describe, expect, it, onTestFinished } from 'vitest';
import { plainConfig } from '../support/config.ts';
import { freePort } from '../support/ports.ts';
import { gateProcess } from '../support/process.ts';
import { FuzzOrigin, fuzz } from './fuzzer.ts';
import { Dice, makeInput } from './mutate.ts';
import { judge } from './strict.ts';

const TIMEOUTS =
  'timeouts: { headMs: 1000, idleMs: 1000, firstByteMs: 1000, halfClosedMs: 1000, lingerMs: 500, keepAliveMs: 2000 }';
const GROWTH_LIMIT_BYTES = 96 * 1024 * 1024;

it('mutated requests: nothing malformed goes upstream, nothing hangs, the gate lives on', async () => {
  const [listen, admin, port] = [await freePort(), await freePort(), await freePort()];
  const origin = new FuzzOrigin();
  await origin.listen(port);
  onTestFinished(() => origin.stop());
  const gate = (
    await gateProcess(plainConfig({ listen, admin, origins: [port], gate: TIMEOUTS }), 'i1', admin)
  ).untilTestEnds();
  const before = gate.rssBytes();
  const report = await fuzz(listen, origin, 12_000, 20_261_120);
  expect(report).toMatchObject({ faults: [], hangs: [], broken: 0 });
  // Enough of them must get through, or the fuzzer only tests the first line of defence.
  expect(report.forwarded).toBeGreaterThan(1000);
  expect(gate.child.exitCode).toBeNull();
  expect(gate.rssBytes() - before).toBeLessThan(GROWTH_LIMIT_BYTES);
}, 120_000);

describe('the fuzzer itself', () => {
  it('makes the same inputs from the same seed', () => {
    const inputs = (seed: number): string[] =>
      Array.from(
        { length: 50 },
        (
          (d) => () =>
            makeInput(d)
        )(new Dice(seed)),
      );
    expect(inputs(7)).toEqual(inputs(7));
    expect(inputs(7)).not.toEqual(inputs(8));
  });

  const GOOD =
    'Host: a\r\nVia: 1.1 x\r\nX-Forwarded-For: 1\r\nX-Request-Id: 1\r\nCDN-Loop: x\r\nX-Ldc-Zone: z\r\n';
  it.each([
    [`GET / HTTP/1.1\r\n${GOOD}\r\n`, null, 1],
    [
      `POST / HTTP/1.1\r\n${GOOD}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: 1\r\n\r\n`,
      null,
      1,
    ],
    [`POST / HTTP/1.1\r\n${GOOD}Content-Length: 3\r\n\r\nab`, null, 0],
  ])('lets %j pass', (stream, fault, requests) =>
    expect(judge(stream)).toMatchObject({ fault, requests }),
  );

  it.each([
    `GET / HTTP/1.1\r\n${GOOD}X : 1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${GOOD}Host: b\r\n\r\n`,
    `GET / HTTP/1.1\n${GOOD}\r\n\r\n`,
    'GET /\0',
    'GET / HT\rx',
    `GET / HTTP/1.1\r\n${GOOD}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    `GET / HTTP/1.1\r\n${GOOD}Content-Length: +1\r\n\r\n`,
    `POST / HTTP/1.1\r\n${GOOD}Transfer-Encoding: chunked\r\n\r\n1;x\r\n`,
    `POST / HTTP/1.1\r\n${GOOD}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n`,
    `GET / HTTP/1.1\r\n${GOOD}X-Ldc-Zone: y\r\n\r\n`,
    `GET /a b HTTP/1.1\r\n${GOOD}\r\n`,
  ])('catches %j', (stream) => expect(judge(stream).fault).not.toBeNull());
});
