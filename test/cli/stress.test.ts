import { describe, expect, it } from 'vitest';
import { readStressPass } from '../../src/stress-tag/token.ts';
import { run } from '../support/command.ts';
import { REFERENCE, reference } from '../support/config.ts';
import { fleet } from '../support/fleet-commands.ts';

const token = (...words: string[]) =>
  run('stress', 'token', '-c', REFERENCE, '--scene', 'double-11', '--qps', '500', ...words);

describe('zonegate stress token', () => {
  it('prints a header line that gates of this configuration believe', async () => {
    const { out, code } = await token('--for', '10m', '--client', '10.9.0.0/16');
    expect(code).toBe(0);
    const [name, text = ''] = out.trim().split(': ');
    expect(name).toBe('x-ldc-stress');
    const pass = readStressPass(text, Date.now(), reference().gate.keys.stress);
    expect(pass).toMatchObject({ scene: 'double-11', qps: 500, network: '10.9.0.0/16' });
    expect(pass!.expiresAtMs - Date.now()).toBeGreaterThan(590_000);
    expect((await token()).out).not.toBe(out);
  });

  it.each([
    ['a scene that there is not', ['--scene', 'single-11'], 'there are double-11'],
    ['no rate', ['--qps', '0'], '--qps is a whole number'],
    ['half a request a second', ['--qps', '0.5'], '--qps is a whole number'],
    ['more than a day', ['--for', '25h'], 'at most 24h'],
    ['no time', ['--for', '0s'], '--for is a time'],
    ['no network', ['--client', '10.9.0.0/40'], '--client is an address'],
  ])('refuses %s', async (_, words, said) => {
    const { code, err } = await token(...words);
    expect([code, err]).toEqual([2, expect.stringContaining(said)]);
  });
});

describe('zonegate stress stop, go and status', () => {
  it('puts the stop on the board, shows who and why, and takes it back', async () => {
    const { desk, give, look } = await fleet();
    expect((await look('stress', 'status')).out).toMatch(/^double-11: on until 2036/);
    const stopped = await give('stress', 'stop', '--scene', 'double-11', '--for', '10m');
    expect(stopped.code, stopped.err).toBe(0);
    expect(desk.current().board.switches).toMatchObject([
      { action: 'stress-stop', scene: 'double-11', by: 'ann', reason: 'a test' },
    ]);
    const { out } = await look('stress', 'status');
    expect(out).toMatch(/^double-11: STOPPED\n {2}stopped by ann .*: a test; /);
    expect((await look('status')).out).toContain('stress-stop of scene double-11');
    expect((await give('stress', 'go', '--scene', 'double-11')).code).toBe(0);
    expect(desk.current().board.switches).toEqual([]);
  });

  it('refuses a name that is mistyped, and changes nothing in a dry run', async () => {
    const { desk, give, look } = await fleet();
    const wrong = await give('stress', 'stop', '--scene', 'double-12');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('one of double-11')]);
    expect((await look('stress', 'stop', '--scene', '*', '--dry-run')).code).toBe(0);
    expect(desk.current().board.epoch).toBe(0);
    const json = await look('stress', 'status', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ scenes: [{ scene: 'double-11', state: 'on' }] });
  });
});
