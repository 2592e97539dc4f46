/** What the command line shows: as it stands, with the store down, and in thought. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { scratch } from '../support/config.ts';
import { serveControl } from '../support/control.ts';
import { fleetConfig, StandInDesk } from '../support/desk-stand-in.ts';
import { fleet, WHY } from '../support/fleet-commands.ts';
import { zonegate } from '../support/process.ts';

describe('looking', () => {
  it('status shows places, switches with who and why and until when, runs, gates', async () => {
    const { desk, give, look } = await fleet();
    desk.nowMs = Date.now();
    await give('drain', 'zone', 'RZ01', '--for', '30h');
    await give('freeze', 'shards', '20-21');
    const { code, out } = await look('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^ {4}RZ01 +rzone +drained +0 shards, 0 % of users/m);
    expect(out).toMatch(/RZ02 .* partly frozen .*writes of 2 shards are refused/);
    expect(out).toMatch(/s\d+ drain zone RZ01 until .*Z \(in 30 h\); by ann .* ago\): a test/);
    expect(out).toContain('gates 3/3');
    expect(out).not.toContain('STALE');
    expect(JSON.parse((await look('status', '--json')).out)).toHaveProperty('cities');
  });

  it('fleet, audit and board', async () => {
    const { desk, give, look } = await fleet();
    await give('off', 'group', 'RZ01/B');
    desk.lagging.set('g-hz2', 0).set('g-sh1', -1);
    expect((await look('fleet')).out).toMatch(/g-hz2 +hz2 +BEHIND[\s\S]*g-sh1 +sh1 +LOST/);
    expect((await look('audit', '--limit', '1')).out).toMatch(
      /epoch 1 stored: off group RZ01\/B, by ann at g-hz1: a test\n$/,
    );
    expect(JSON.parse((await look('board')).out)).toMatchObject({ epoch: 1 });
    desk.lagging.clear();
    expect((await give('board', 'reassert')).code).toBe(0);
    expect(desk.board).toMatchObject({ epoch: 2, reason: 'a test' });
  });

  it('works from memory with the store down, and says what that means', async () => {
    const { desk, give, look } = await fleet();
    desk.down = 'redis://x does not answer';
    const { code, out } = await look('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^STALE: this gate has not heard from the store for 60 s/);
    expect(out).toContain('ALARM the store has not answered');
    expect(out).toContain('gates not known');
    for (const word of ['fleet', 'audit', 'plan list'])
      expect((await look(...word.split(' '))).out).toContain('STALE');
    const order = await give('off', 'group', 'RZ01/B');
    expect([order.code, order.err]).toEqual([1, expect.stringContaining('Nothing was changed')]);
    expect((await give('board', 'reassert')).code).toBe(1);
  });

  it('says where a gate was looked for', async () => {
    const gone = await run('status', '--admin', 'http://127.0.0.1:1');
    expect([gone.code, gone.err]).toEqual([1, expect.stringContaining('http://127.0.0.1:1')]);
    const { url } = await serveControl({ desk: null });
    const alone = await run('status', '--admin', url);
    expect([alone.code, alone.err]).toEqual([1, expect.stringContaining('no Fleet document')]);
    expect((await run('status', '--admin', 'nonsense')).code).toBe(2);
  });

  it('shows its token', async () => {
    const secret = 's'.repeat(40);
    const control = { tokens: [{ id: 'ops', role: 'write', secret }] as const };
    const desk = new StandInDesk();
    const { url } = await serveControl({ desk, control });
    const file = join(scratch(), 'token');
    writeFileSync(file, `ops.${secret}\n`);
    expect((await run('status', '--admin', url)).code).toBe(1);
    const order = ['off', 'group', 'RZ01/B', '--admin', url, '--token-file', file, ...WHY];
    expect((await run(...order)).code).toBe(0);
    expect(desk.board.by).toBe('ops/ann');
  });
});

describe('in thought', () => {
  it('a dry run prints moves, loads against capacity, hops and users, and changes nothing', async () => {
    const { desk, look } = await fleet();
    const line = 'failover idc hz1 --dry-run --uid 2088000000000050';
    const { code, out } = await look(...line.split(' '));
    expect(code).toBe(0);
    expect(out).toContain('users who change zone: 40 %, IDC: 40 %, city: 0 %');
    expect(out).toContain('shards 0-19: RZ01 → RZ03');
    expect(out).toMatch(/RZ03 +60 shards, 60 % of users +60000 rps of 80000 \(75 %\)/);
    expect(out).toMatch(/hangzhou +60 shards/);
    expect(out).toContain('requests that cross IDCs: 64 %');
    expect(out).toContain('requests that cross IDCs: 72 %');
    expect(out).toMatch(/uid 2088000000000050: RZ01\/[AB] .* → RZ03/);
    expect(desk.board.epoch).toBe(0);
    expect((await look('drain', 'zone', 'RZ99', '--dry-run')).code).toBe(1);
  });

  it('simulate --plan says the same without a gate', () => {
    const directory = fleetConfig();
    const args = ['simulate', '-c', directory, '--plan', 'leave-hz1'];
    const { code, out, err } = zonegate([...args, '--uid', '2088000000000050']);
    expect([code, err]).toEqual([0, expect.any(String)]);
    expect(out).toContain('shards 0-19: RZ01 → RZ03');
    expect(out).toContain('uid 2088000000000050: RZ01');
    const report = JSON.parse(zonegate([...args, '--json']).out) as { percentOfUsers: object };
    expect(report.percentOfUsers).toEqual({ zone: 40, idc: 40, city: 0 });
    expect(zonegate(['simulate', '-c', directory, '--plan', 'nonsense'])).toMatchObject({
      code: 1,
    });
    expect(zonegate(['simulate', '-c', directory])).toMatchObject({ code: 2 });
  });
});
