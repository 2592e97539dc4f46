/** Further copies of requests, in turns: a few at a time, fairly, and none once they are not wanted. */
import { expect, it } from 'vitest';
import type { Drawn, RequestCopy } from '../../../src/shell/mirror/request-copy.ts';
import { SeriesLine } from '../../../src/shell/mirror/series.ts';
import { until } from '../../support/until.ts';

function stand(name: string): {
  copy: RequestCopy;
  drawn: Drawn;
  name: string;
  held: () => number;
} {
  let held = 0;
  const copy = { begun: () => held++, ended: () => held-- } as unknown as RequestCopy;
  return { copy, drawn: { name } as unknown as Drawn, name, held: () => held };
}
const nameOf = (drawn: Drawn): string => (drawn as unknown as { name: string }).name;

it('two requests take turns, a few copies to a turn, and let go of theirs at the end', async () => {
  const sent: string[] = [];
  const line = new SeriesLine((_, drawn) => sent.push(nameOf(drawn)) > 0);
  const [a, b] = [stand('a'), stand('b')];
  expect([line.add(a.copy, a.drawn, 10), line.add(b.copy, b.drawn, 3)]).toEqual([true, true]);
  expect([sent.length, a.held(), b.held()]).toEqual([0, 1, 1]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sent.join('')).toBe('abab');
  await until('the rest', () => sent.length === 13);
  expect(sent.join('')).toBe('abababaaaaaaa');
  expect([a.held(), b.held()]).toEqual([0, 0]);
});

it('the rest is forgotten when it is not wanted any more', async () => {
  let sent = 0;
  const line = new SeriesLine(() => ++sent < 6);
  const a = stand('a');
  line.add(a.copy, a.drawn, 99);
  await until('it to be let go', () => a.held() === 0);
  // Another’s copies come in a later turn.
  const b = stand('b');
  line.add(b.copy, b.drawn, 99);
  await until('the other, too', () => b.held() === 0);
  expect(sent).toBe(7);
});

it('only so many requests may wait', () => {
  const line = new SeriesLine(() => false);
  const all = [...Array(257).keys()].map((n) => stand(String(n)));
  expect(all.map((s) => line.add(s.copy, s.drawn, 1)).filter(Boolean)).toHaveLength(256);
  line.clear();
  expect(all.reduce((sum, s) => sum + s.held(), 0)).toBe(0);
});
