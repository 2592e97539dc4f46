import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/config.ts';
import { bytesOf, type Step, stepsOf, type WireCase } from '../support/wire-case.ts';
import { classOf, type Difference, type DifferenceClass, firstDifference } from './differences.ts';
import { llhttpReadsAnswer, llhttpReadsRequests } from './llhttp-readings.ts';
import { ANSWER_SEEDS, Dice, makeInput } from './mutate.ts';
import { gateReadsAnswer, gateReadsRequests, type Reading } from './readings.ts';

const read = (file: string): unknown =>
  parse(readFileSync(join(ROOT, 'test', 'cases', file), 'utf8'), { maxAliasCount: -1 });
const classes = read('llhttp-differences.yaml') as DifferenceClass[];
const { cases } = read('wire.yaml') as { cases: WireCase[] };
const textOf = (steps: Step | readonly Step[]): string =>
  stepsOf(steps)
    .map((step) => bytesOf(step) ?? '')
    .join('');

const MUTATED = 8000;
const SEED = 20_261_121;

async function readings(of: 'requests' | 'answers', input: string): Promise<[Reading, Reading]> {
  return of === 'requests'
    ? [gateReadsRequests(input), await llhttpReadsRequests(input)]
    : [gateReadsAnswer(input), await llhttpReadsAnswer(input)];
}

const difference = async (of: 'requests' | 'answers', input: string): Promise<Difference | null> =>
  firstDifference(...(await readings(of, input)));

function inputs(of: 'requests' | 'answers'): string[] {
  const dice = new Dice(SEED);
  const known =
    of === 'requests'
      ? cases.map((c) => textOf(c.send))
      : cases.filter((c) => c.origin?.send !== undefined).map((c) => textOf(c.origin!.send!));
  const seeds = of === 'requests' ? undefined : ANSWER_SEEDS;
  return [...known, ...Array.from({ length: MUTATED }, () => makeInput(dice, seeds))];
}

describe('the gate and llhttp', () => {
  it.each(['requests', 'answers'] as const)(
    'read %s alike, but for the differences explained',
    async (of) => {
      const unexplained: string[] = [];
      const agreed = { read: 0, refused: 0 };
      for (const input of inputs(of)) {
        const [gate, llhttp] = await readings(of, input);
        const found = firstDifference(gate, llhttp);
        if (found === null && gate.messages.length > 0) agreed.read++;
        if (found === null && typeof gate.stop === 'object') agreed.refused++;
        if (found !== null && classOf(found, of, input, classes) === undefined)
          unexplained.push(`${JSON.stringify(found)} in ${JSON.stringify(input.slice(0, 500))}`);
      }
      expect(unexplained).toEqual([]);
      // Enough must be read by both, and refused by both, or nothing has been compared.
      expect(agreed.read).toBeGreaterThan(MUTATED / 10);
      expect(agreed.refused).toBeGreaterThan(MUTATED / 20);
    },
    30_000,
  );

  it.each(classes)('differ on the example of $id', async (c) => {
    const input = textOf(c.example);
    const found = await difference(c.of, input);
    expect(found).not.toBeNull();
    expect(classOf(found!, c.of, input, classes)?.id).toBe(c.id);
  });

  it('every kind of difference is noticed, and none is explained by chance', () => {
    const message = { line: 'GET / 1.1', fields: [['a', '1']] as const, body: 'x', complete: true };
    const one: Reading = { messages: [message], stop: 'waits' };
    const others: Reading[] = [
      { messages: [{ ...message, line: 'GET /b 1.1' }], stop: 'waits' },
      { messages: [{ ...message, fields: [['a', '2']] }], stop: 'waits' },
      { messages: [{ ...message, body: 'y' }], stop: 'waits' },
      { messages: [{ ...message, complete: false }], stop: 'waits' },
      { messages: [message, message], stop: 'waits' },
      { messages: [message], stop: { refused: 'HPE_SOMETHING' } },
      { messages: [], stop: 'waits' },
    ];
    expect(firstDifference(one, one)).toBeNull();
    for (const other of others) {
      const found = firstDifference(one, other);
      expect(found).not.toBeNull();
      expect(classOf(found!, 'requests', 'GET / HTTP/1.1\r\n\r\n', classes)).toBeUndefined();
    }
  });
});
