/** What was looked at is what goes on. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAnswer } from '../../support/answer-reader.ts';
import {
  asked,
  CHUNKED,
  held,
  inspectedGate,
  NEXT,
  PASS,
  UP,
  upload,
  ups,
} from '../../support/inspector.ts';
import { inChunks, noise, pieces, unchunked } from '../../support/pieces.ts';
import { until } from '../../support/until.ts';
import { bodyOf, headOf, Origin, RawClient } from '../../support/wire.ts';

it('what was looked at is what goes on, byte for byte, however it comes', async () => {
  const origin = await Origin.start();
  const gate = await inspectedGate(origin, null);
  const cases = fc.record({
    length: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 60_000 })),
    seed: fc.nat(),
    wants: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 300, max: 70_000 })),
    chunked: fc.boolean(),
    cuts: fc.array(fc.nat(70_000), { maxLength: 8 }),
    later: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ length, seed, wants, chunked, cuts, later }) => {
      const text = noise(length, seed);
      gate.stub.seen.length = 0;
      gate.stub.plan = ups({ wants, body: later ? 'LATER' : PASS });
      const client = new RawClient(gate.port);
      const wire = chunked ? `${CHUNKED}${inChunks(text, cuts)}` : `${upload(text.length)}${text}`;
      const before = origin.requests.length;
      for (const piece of pieces(`${wire}${NEXT}`, cuts)) {
        client.send(piece);
        await new Promise(setImmediate);
      }
      if (later) (await asked(gate)).later!(PASS);
      await until('both answers', () => client.received.split('\r\n\r\nok').length === 3);
      const { bytes: shown, steps } = gate.stub.last;
      expect(shown).toBe(text.slice(0, wants));
      expect(steps[0]).toBe(
        `body ${Math.min(wants, text.length)} ${text.length <= wants ? 'whole' : 'part'}`,
      );
      const arrived = origin.requests[before]!;
      const isChunked = /^transfer-encoding: chunked/im.test(headOf(arrived));
      expect(isChunked).toBe(chunked);
      expect(isChunked ? unchunked(bodyOf(arrived)) : bodyOf(arrived)).toBe(text);
      client.socket.destroy();
    }),
    { numRuns: 100 },
  );
  await until('all to be given back', () => held(gate) === 0);
});

it('an answer reaches the client byte for byte, however it comes', async () => {
  let script: readonly string[] = [];
  const origin = await Origin.start((_, socket) => {
    const send = (n: number): void => {
      if (n === script.length) return;
      socket.write(script[n]!, 'latin1');
      setImmediate(() => send(n + 1));
    };
    send(0);
  });
  const gate = await inspectedGate(origin, null);
  const cases = fc.record({
    length: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 60_000 })),
    wants: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 300, max: 70_000 })),
    chunked: fc.boolean(),
    cuts: fc.array(fc.nat(70_000), { maxLength: 8 }),
    later: fc.boolean(),
  });
  const client = new RawClient(gate.port);
  await fc.assert(
    fc.asyncProperty(cases, async ({ length, wants, chunked, cuts, later }) => {
      const text = Array.from({ length }, (_, i) =>
        String.fromCharCode((i * 31 + length) % 256),
      ).join('');
      const wire = chunked
        ? `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${pieces(text, cuts)
            .map((p) => `${p.length.toString(16)}\r\n${p}\r\n`)
            .join('')}0\r\n\r\n`
        : `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${text}`;
      script = pieces(wire, cuts);
      gate.stub.seen.length = 0;
      gate.stub.plan = { wantsAnswer: wants, answerBody: later ? 'LATER' : PASS };
      client.received = '';
      client.send(UP);
      if (later) (await asked(gate)).later!(PASS);
      await until('the answer', () => readAnswer(client.received, 0, 'GET')?.whole === 'yes');
      expect(readAnswer(client.received, 0, 'GET')!.body === text).toBe(true);
      expect(gate.stub.last.answerBytes).toBe(text.slice(0, wants));
    }),
    { numRuns: 100 },
  );
  await until('all to be given back', () => held(gate) === 0);
});
