/** Bytes that are gathered: as they came, counted as what they take, whatever pieces they come in. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeSpans } from '../../../src/shell/http1/chunked.ts';
import { Budget } from '../../../src/shell/mirror/budget.ts';
import { Gathered } from '../../../src/shell/mirror/bytes.ts';

const BLOCK = 4096;

/** One read: payload in several spans, with something between them. */
function read(gathered: Gathered, pieces: readonly Uint8Array[]): boolean {
  const spans = makeSpans();
  const gap = Buffer.from('\r\n1\r\n');
  const buf = Buffer.concat(pieces.flatMap((p) => [gap, p]));
  let at = 0;
  for (const piece of pieces) {
    at += gap.length;
    spans.at[spans.count * 2] = at;
    spans.at[spans.count++ * 2 + 1] = at + piece.length;
    spans.bytes += piece.length;
    at += piece.length;
  }
  const took = gathered.add(buf, spans);
  buf.fill(0xee);
  return took;
}

it('it is what came, in few blocks, and all that they take is booked', () => {
  const reads = fc.array(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(reads, (all) => {
      const budget = new Budget(10_000_000);
      const gathered = new Gathered(budget);
      for (const pieces of all) expect(read(gathered, pieces)).toBe(true);
      const whole = Buffer.concat(all.flat());
      expect(Buffer.concat(gathered.blocks).equals(whole)).toBe(true);
      expect(gathered.length).toBe(whole.length);
      const allocated = gathered.blocks.reduce((sum, b) => sum + b.buffer.byteLength, 0);
      expect(budget.used).toBe(allocated);
      expect(budget.used).toBeLessThan(whole.length + BLOCK);
      gathered.drop();
      expect([budget.used, gathered.blocks.length]).toEqual([0, 0]);
    }),
  );
});

it('a body that comes a byte at a time takes no more than one that comes whole, but for a block', () => {
  const budget = new Budget(10_000_000);
  const gathered = new Gathered(budget);
  for (let i = 0; i < 50_000; i++) read(gathered, [Uint8Array.of(i)]);
  expect(gathered.blocks.length).toBeLessThan(50_000 / BLOCK + 2);
  expect(budget.used).toBeLessThan(50_000 + BLOCK);
});

it('what has no room is left, and what was there stays', () => {
  const budget = new Budget(5000);
  const gathered = new Gathered(budget);
  expect(read(gathered, [new Uint8Array(100).fill(7)])).toBe(true);
  expect(read(gathered, [new Uint8Array(4950)])).toBe(false);
  expect([gathered.length, budget.used]).toEqual([100, 100]);
  gathered.drop();
  expect(budget.used).toBe(0);
});
