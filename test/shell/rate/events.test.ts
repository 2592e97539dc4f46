/** Lines about rates: few of a flood, and what is left out is counted. */
import { expect, it } from 'vitest';
import { RequestRecord } from '../../../src/shell/proxy/record.ts';
import { RateEvents } from '../../../src/wiring/rate/events.ts';

const EVENT = { rule: 'r', action: 'reject' };

function recordAt(startedAtMs: number): RequestRecord {
  const record = new RequestRecord();
  record.begin('192.0.2.1');
  return Object.assign(record, { startedAtMs, path: '/u', hasQuery: true });
}

it('five a second of each rule and action are told, the rest with the next line', () => {
  const lines: Record<string, unknown>[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0]) };
  const events = new RateEvents('i1', () => log);
  for (let i = 0; i < 1000; i++) events.tell(EVENT, recordAt(5000 + (i % 900)));
  events.tell({ rule: 'r', action: 'tag' }, recordAt(5999));
  events.tell(EVENT, recordAt(6000));
  expect(lines.map((l) => `${String(l.action)} ${Number(l.unsaid ?? 0)}`)).toEqual([
    ...Array.from({ length: 5 }, () => 'reject 0'),
    ...['tag 0', 'reject 995'],
  ]);
  expect(lines[0]).toMatchObject({ event: 'rate', rule: 'r', 'client.address': '192.0.2.1' });
});

it('nothing is made of them where nobody wants them', () => {
  const events = new RateEvents('i1', () => null);
  expect(() => events.tell(EVENT, recordAt(1))).not.toThrow();
});
