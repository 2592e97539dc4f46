/** What the command line says of copies: against a gate that makes them. */
import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';
import { fleet } from '../support/fleet-commands.ts';
import { mirroringGate } from '../support/mirror.ts';
import { until } from '../support/until.ts';
import { Origin, RawClient, respond } from '../support/wire.ts';

describe('zonegate mirror', () => {
  it('shows rules, counts, and where answers differ, without a fleet', async () => {
    const origin = await Origin.start(respond('{"price":1}'));
    const target = await Origin.start(respond('{"price":2}'));
    const compare = ', compare: { learn: 0, noisePercent: 0 }';
    const gate = await mirroringGate(origin, target, compare);
    await new RawClient(gate.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').sees('price');
    await until('it to be compared', async () => (await gate.rule()).routes[0]?.compared === 1);
    const look = (...words: string[]) =>
      run('mirror', ...words, '--admin', `http://127.0.0.1:${gate.admin}`);
    const { out } = await look('status');
    expect(out).toContain(`m: 100 % of users to 127.0.0.1:${target.port}\n`);
    expect(out).toContain('  drawn 1, sent 1, in flight 0\n  answered 2xx 1\n  dropped none\n');
    const report = await look('report');
    expect(report.out).toMatch(
      /^m:\n {2}\*\/: 1 compared, 1 with mismatches\n {4}differs {2}\$\.price: 1 times, as number → number in request [0-9a-f]{32}\n$/,
    );
    expect((await look('report', 'm')).out).toBe(report.out);
    expect(JSON.parse((await look('report', '--json')).out)).toHaveProperty('rules');
    const unknown = await look('report', 'nobody');
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('there are m')]);
  });

  it('says so where nothing is declared', async () => {
    const { look } = await fleet();
    expect((await look('mirror', 'status')).out).toContain('no Mirror document is declared');
  });

  it('a switch stands in the status with its percentage', async () => {
    const { give, look } = await fleet();
    await give('mirror', 'set', 'shadow', '--percent', '12.5');
    expect((await look('status')).out).toMatch(/s\d+ mirror shadow 12\.5 %; by ann/);
    const wrong = await give('mirror', 'set', 'shade', '--percent', '1');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('one of shadow')]);
  });
});
