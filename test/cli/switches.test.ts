/** Orders from the command line: until they are in force, refused, or for somebody to decide. */
import { describe, expect, it } from 'vitest';
import { commandSchema } from '../../src/failover/commands.ts';
import { run } from '../support/command.ts';
import { serveControl } from '../support/control.ts';
import { fleet } from '../support/fleet-commands.ts';

const order = (fields: object) =>
  commandSchema.parse({ by: 'bob', reason: 'another reason', ...fields });

describe('a command that moves users', () => {
  it('is done when the run is, and every living gate has its last board', async () => {
    const { desk, give } = await fleet();
    desk.lagging.set('g-sh1', -1);
    const { code, err } = await give('drain', 'zone', 'RZ01', '--pace', '1,5', '--soak', '2s');
    expect([code, err]).toEqual([0, expect.stringContaining('r1 done; gates 2/2')]);
    expect(err).toContain('lost g-sh1');
    expect(desk.given[0]).toMatchObject({ do: 'drain', pace: [1, 5], soakS: 2, by: 'ann' });
    expect(desk.board.runs[0]).toMatchObject({ state: 'done' });
    expect((await give('restore', 'zone', 'RZ01')).code).toBe(0);
    expect(desk.board.switches).toEqual([]);
  });

  it('is not done while a living gate lacks it, which is named', async () => {
    const { desk, give } = await fleet();
    desk.lagging.set('g-hz2', 0);
    const order = give('off', 'group', 'RZ01/B', '--timeout', '1s');
    const { code, err } = await order;
    expect(code).toBe(4);
    expect(err).toContain('gates 2/3 at epoch 1, waiting for g-hz2');
    expect(err).toContain('is stored and goes on by itself');
    expect((await give('on', 'group', 'RZ01/B', '--no-wait')).code).toBe(0);
  });

  it('that is refused says so as JSON, too, with the rule and what would pass', async () => {
    const { give } = await fleet();
    const { code, out, err } = await give('move', '00-19', 'EZ01', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      exitCode: 1,
      rule: 'capacity',
      passes: 'at most 17 shards there',
    });
    expect(err).toContain('capacity');
  });

  it('takes scopes as words', async () => {
    const { desk, give } = await fleet();
    const words: [string, object][] = [
      ['failover idc hz1 --to remote', { do: 'failover', scope: { kind: 'idc' }, to: 'remote' }],
      ['drain group RZ03/A --percent 30', { scope: { kind: 'group', zone: 'RZ03' }, percent: 30 }],
      ['move 60-61 RZ05 --mode no-freeze', { shards: [60, 61], to: 'RZ05', mode: 'no-freeze' }],
      ['move declared', { do: 'move', shards: [], to: 'declared' }],
      ['freeze shards 60,62-63 --for 2h', { scope: { shards: [60, 62, 63] }, forS: 7200 }],
      ['unfreeze shards 60,62-63', { do: 'unfreeze' }],
      ['off endpoint 127.0.0.1:18451', { scope: { kind: 'endpoint' } }],
      ['on endpoint 127.0.0.1:18451', { do: 'on' }],
      ['pin 2088000000000680 RZ02', { do: 'pin', uid: '2088000000000680', zone: 'RZ02' }],
      ['unpin 2088000000000680', { do: 'unpin' }],
      ['mirror set shadow --percent 2.5 --for 1h', { rule: 'shadow', percent: 2.5, forS: 3600 }],
      ['mirror off shadow', { do: 'mirror', rule: 'shadow', percent: 0 }],
      ['mirror on shadow', { do: 'unmirror', rule: 'shadow' }],
      ['drain zone RZ02 --override capacity', { overrides: ['capacity'] }],
    ];
    for (const [line, expected] of words) {
      const { code, err } = await give(...line.split(' '));
      expect([line, code, err]).toEqual([line, 0, expect.any(String)]);
      expect(desk.given.at(-1)).toMatchObject(expected);
    }
  });

  it('has its help', async () => {
    const words =
      'status drain restore failover move freeze unfreeze off on pin unpin plan audit fleet';
    const more = ['board', 'plan run', 'board reassert', 'mirror', 'mirror set', 'mirror report'];
    for (const word of [...words.split(' '), ...more]) {
      const { code, out } = await run(...word.split(' '), '--help');
      expect([word, code, out]).toEqual([word, 0, expect.stringContaining(`zonegate ${word}`)]);
    }
  });

  it('that can’t be said is told so before anything is asked', async () => {
    const { desk, give, look } = await fleet();
    for (const line of [
      'drain planet earth',
      'drain group RZ01',
      'drain zone RZ01 --pace x',
      'drain zone RZ01 --soak soon',
      'drain zone RZ01 --percent 101',
      'drain zone RZ01 --override nothing',
      'move 0-x RZ02',
      'move 0-9',
    ])
      expect([line, (await give(...line.split(' '))).code]).toEqual([line, 2]);
    const silent = await look('drain', 'zone', 'RZ01');
    expect([silent.code, silent.err]).toEqual([2, expect.stringContaining('--reason')]);
    expect(desk.given).toEqual([]);
  });

  it('that is refused says the rule and what would pass', async () => {
    const { desk, give } = await fleet();
    const { code, err } = await give('drain', 'zone', 'RZ99');
    expect(code).toBe(1);
    expect(err).toContain('zone RZ99 does not exist');
    expect(err).toContain('would pass');
    expect(desk.board.epoch).toBe(0);
  });
});

describe('the progress line', () => {
  it('is written over on a terminal, and whole lines elsewhere', async () => {
    const { desk, give } = await fleet();
    desk.stepsPerAsking = 2;
    const lines = (await give('failover', 'zone', 'RZ01')).err.trim().split('\n');
    const states = lines.filter((l) => l.startsWith('r1 running'));
    expect(states.length).toBeGreaterThan(1);
    expect(new Set(states).size).toBe(states.length);
    const { isTTY, columns } = process.stderr;
    Object.assign(process.stderr, { isTTY: true, columns: 40 });
    try {
      const { err } = await give('off', 'group', 'RZ02/B');
      expect(err).toMatch(/\r\u001b\[2K[^\r\n]{1,39}\n/);
    } finally {
      Object.assign(process.stderr, { isTTY, columns });
    }
  });
});

describe('a conflict', () => {
  it('with a person shows what he did', async () => {
    const { desk, give } = await fleet();
    const scope = { kind: 'group', zone: 'RZ02', group: 'B' };
    desk.interfere = () => void desk.give(order({ do: 'off', scope }));
    const { code, err } = await give('off', 'group', 'RZ01/B');
    expect(code).toBe(1);
    expect(err).toContain('another reason');
    expect(err).toContain('by bob');
    expect(desk.board.switches).toHaveLength(1);
  });

  it('with a run that went on is no conflict', async () => {
    const { desk, give } = await fleet();
    desk.give(order({ do: 'failover', scope: { kind: 'zone', zone: 'RZ01' } }));
    desk.interfere = () => {
      desk.step();
      desk.step();
    };
    const { code } = await give('off', 'group', 'RZ01/B');
    expect(code).toBe(0);
    expect(desk.board.switches.some((s) => s.action === 'off')).toBe(true);
  });

  it('with a person is one even when a run went on after him', async () => {
    const { desk, give } = await fleet();
    desk.give(order({ do: 'failover', scope: { kind: 'zone', zone: 'RZ01' } }));
    const scope = { kind: 'group', zone: 'RZ02', group: 'B' };
    desk.interfere = () => {
      desk.give(order({ do: 'off', scope }));
      desk.step();
    };
    const { code, err } = await give('off', 'group', 'RZ01/B');
    expect([code, err]).toEqual([1, expect.stringContaining('conflict')]);
    expect(desk.board.switches.some((s) => s.by === 'ann')).toBe(false);
  });

  it('with a given epoch is always one', async () => {
    const { desk, give } = await fleet();
    desk.give(order({ do: 'failover', scope: { kind: 'zone', zone: 'RZ01' } }));
    const { epoch } = desk.board;
    desk.step();
    const old = await give('off', 'group', 'RZ01/B', '--if-epoch', String(epoch));
    expect([old.code, old.err]).toEqual([1, expect.stringContaining('conflict')]);
    const now = String(desk.board.epoch);
    expect((await give('off', 'group', 'RZ01/B', '--if-epoch', now)).code).toBe(0);
  });
});

describe('a run that needs somebody', () => {
  it('a second person for a city', async () => {
    const { desk, give, look } = await fleet();
    const asked = await give('failover', 'city', 'hangzhou');
    expect([asked.code, asked.err]).toEqual([
      3,
      expect.stringContaining('zonegate plan approve r1 --reason'),
    ]);
    expect((await give('plan', 'approve', 'r1')).code).toBe(1);
    const { url } = await serveControl({ desk });
    const bob = ['--reason', 'agreed', '--by', 'bob', '--admin', url];
    expect((await run('plan', 'approve', 'r1', ...bob)).code).toBe(0);
    expect((await look('status')).out).toContain('hangzhou  DRAINED');
  });

  it('a word on a step that waits for it; hold, continue, abort and back', async () => {
    const { desk, give, look } = await fleet();
    const begun = await give('plan', 'run', 'by-hand');
    expect(begun.code).toBe(3);
    expect(begun.err).toContain('is the data of RZ03 level?');
    expect(begun.err).toContain('zonegate plan continue r1');
    expect((await give('plan', 'hold', 'r1')).code).toBe(0);
    expect((await look('plan', 'show', 'r1')).out).toContain('waits for: held by ann');
    expect((await give('plan', 'continue', 'r1')).code).toBe(3);
    expect((await give('plan', 'continue', 'r1')).code).toBe(0);
    expect((await give('plan', 'run', 'by-hand')).code).toBe(3);
    expect((await give('plan', 'abort', 'r2', '--back')).code).toBe(1);
    const second = desk.board.runs.find((r) => r.state === 'running')?.id ?? '';
    expect((await give('plan', 'abort', second, '--back')).code).toBe(0);
  });

  it('a word that the data is level, where nobody else knows', async () => {
    const { desk, give, look } = await fleet();
    desk.byPerson = true;
    const { code, err } = await give('failover', 'zone', 'RZ01');
    expect([code, err]).toEqual([
      3,
      expect.stringContaining('somebody must say that the data of RZ03 is level'),
    ]);
    expect((await look('plan', 'show', 'r1')).out).toContain('waits for: somebody must say');
    expect((await give('plan', 'continue', 'r1')).code).toBe(0);
  });

  it('a word that a silent gate is surely dead', async () => {
    const { desk, give } = await fleet();
    desk.lagging.set('g-hz2', -1);
    await give('off', 'group', 'RZ01/B');
    const { code, err } = await give('failover', 'zone', 'RZ03', '--to', 'RZ04');
    expect([code, err]).toEqual([3, expect.stringContaining('continue with --fenced g-hz2')]);
    expect((await give('plan', 'continue', 'r2', '--fenced', 'g-hz2')).code).toBe(0);
    expect(desk.board.owners?.slice(40, 60).every((o) => o === 'RZ04')).toBe(true);
  });

  it('a drill goes back by itself, and leaves a report', async () => {
    const { desk, give, look } = await fleet();
    const { code, err } = await give('plan', 'run', 'leave-hz1', '--drill', '10m');
    expect([code, err]).toEqual([0, expect.stringContaining('goes back in 600 s')]);
    desk.nowMs += 601_000;
    await look('fleet');
    expect(desk.board.owners?.slice(0, 20).every((o) => o === 'RZ01')).toBe(true);
    const report = await look('plan', 'show', 'r1');
    expect(report.out).toContain('went back by run');
    expect(report.out).toContain('flipped: shards');
    expect((await look('plan', 'show', 'leave-hz1')).out).toContain(
      '1. failover idc hz1 to partner',
    );
    expect((await look('plan', 'list')).out).toContain('by-hand');
    expect((await look('plan', 'show', 'nonsense')).code).toBe(1);
  });
});
