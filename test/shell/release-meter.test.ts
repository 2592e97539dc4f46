/** What a gate counts of a release: which request speaks of which group, and since when. */
import { describe, expect, it } from 'vitest';
import type { Forward } from '../../src/decide/decision.ts';
import { EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { type MeteredRequest, ReleaseMeter } from '../../src/shell/observe/release-meter.ts';
import type { Target } from '../../src/snapshot/index.ts';
import { release as standing } from '../decide/lane-fixture.ts';

const release = (atMs: number): Switch => standing(5, [], { moved: [], atMs });
const target = (group: string, via: 'local' | 'peer' = 'local'): Target =>
  ({ zone: { id: 'RZ01' }, group: { id: group }, via }) as unknown as Target;
const going = (to: Target, more: object = {}): Forward =>
  ({
    ...{ kind: 'forward', lane: null, spilledFrom: null, targets: [to], route: { app: 'shop' } },
    ...more,
  }) as unknown as Forward;
const request = (decision: Forward, more: Partial<MeteredRequest> = {}): MeteredRequest => ({
  ...{ decision, status: 200, endedBy: 'done', gateCode: null, firstByteMs: 3, durationMs: 5 },
  ...more,
});

function counted(requests: readonly MeteredRequest[]) {
  const meter = new ReleaseMeter();
  meter.follow({ ...EMPTY_BOARD, switches: [release(1000)] });
  for (const r of requests) meter.count(r, 0);
  const { from, to } = meter.read(0)['rel-77']!;
  return [from.requests, from.failed, to.requests, to.failed];
}

const atB = going(target('B'));
describe('of a release a gate counts', () => {
  it.each<[string, MeteredRequest, number[]]>([
    ['a good answer of the new group', request(atB), [0, 0, 1, 0]],
    ['a good answer of the old group', request(going(target('A'))), [1, 0, 0, 0]],
    ['a 5xx', request(atB, { status: 500 }), [0, 0, 1, 1]],
    ['a 4xx as good: the user asked amiss', request(atB, { status: 404 }), [0, 0, 1, 0]],
    ['an answer that breaks off', request(atB, { endedBy: 'upstream' }), [0, 0, 1, 1]],
    ['nobody there', request(atB, { status: 502, gateCode: 'upstream-refused' }), [0, 0, 1, 1]],
    [
      'nobody healthy',
      request(atB, { status: 503, gateCode: 'no-healthy-endpoint' }),
      [0, 0, 1, 1],
    ],
    ['nobody with room', request(atB, { status: 503, gateCode: 'zone-overloaded' }), [0, 0, 1, 1]],
    [
      'a spill as a failure of the group that was meant',
      request(going(target('A'), { spilledFrom: target('B') })),
      [0, 0, 1, 1],
    ],
    [
      'nothing of whom the gate itself turned away',
      request(atB, { status: 503, gateCode: 'gate-overloaded' }),
      [0, 0, 0, 0],
    ],
    ['nothing of a drill', request(atB, { status: 503, gateCode: 'fault-injected' }), [0, 0, 0, 0]],
    ['nothing of a client who left', request(atB, { status: 0, endedBy: 'client' }), [0, 0, 0, 0]],
    [
      'nothing of a hand-over: the next gate does',
      request(going(target('B', 'peer'))),
      [0, 0, 0, 0],
    ],
    [
      'nothing of a load test',
      request(going(target('B'), { lane: { kind: 'stress', name: 'x' } })),
      [0, 0, 0, 0],
    ],
  ])('%s', (_, r, expected) => {
    expect(counted([r])).toEqual(expected);
  });

  it('anew when the stage is written anew, and on when the board changes elsewhere', () => {
    const meter = new ReleaseMeter();
    meter.follow({ ...EMPTY_BOARD, switches: [release(1000)] });
    meter.count(request(atB), 0);
    meter.follow({ ...EMPTY_BOARD, epoch: 7, switches: [release(1000)] });
    expect(meter.read(0)['rel-77']).toMatchObject({ sinceMs: 1000, to: { requests: 1 } });
    meter.follow({ ...EMPTY_BOARD, epoch: 8, switches: [release(2000)] });
    expect(meter.read(0)['rel-77']).toMatchObject({ sinceMs: 2000, to: { requests: 0 } });
  });

  it('the last seconds apart', () => {
    const meter = new ReleaseMeter();
    meter.follow({ ...EMPTY_BOARD, switches: [release(1000)] });
    for (let i = 0; i < 100; i++) meter.count(request(atB), i * 100);
    for (let i = 0; i < 50; i++) meter.count(request(atB, { status: 500 }), 60_000 + i);
    expect(meter.read(60_100)['rel-77']).toMatchObject({
      to: { requests: 150, failed: 50 },
      lately: { requests: 50, failed: 50 },
    });
    expect(meter.read(90_000)['rel-77']).toMatchObject({ lately: { requests: 0 } });
  });
});
