import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REFERENCE, ROOT } from '../support/config.ts';
import { zonegate } from '../support/process.ts';

const simulate = (...more: string[]) => zonegate(['simulate', '-c', REFERENCE, ...more]);
const SHORT = ['--fleet', '4', '--steps', '600'];

describe('zonegate simulate --fleet', () => {
  it('says what has happened, and that every invariant held', () => {
    const { code, out } = simulate(...SHORT, '--seed', '7');
    expect(code).toBe(0);
    expect(out).toContain('4 gates (hz1-1, hz2-1, sh1-1, hz1-2), fencing strict, seed 7');
    expect(out).toContain('every invariant held');
    for (const what of ['commands', 'boards', 'reads', 'writes', 'writes accepted', 'faults: slow'])
      expect(out).toMatch(new RegExp(`^${what} +[1-9]`, 'm'));
    expect(out).toMatch(/^longest way, in borders +1$/m);
  });

  it('plays the same history for the same seed', () => {
    const json = (seed: string): string => simulate(...SHORT, '--json', '--seed', seed).out;
    expect(json('a')).toBe(json('a'));
    expect(JSON.parse(json('a'))).toMatchObject({ broken: null, seed: 'a', steps: 600 });
    expect(json('a')).not.toBe(json('b'));
  });

  it('takes a configuration without shards, and says that nobody asked', () => {
    const { code, out } = zonegate([
      ...['simulate', '-c', join(ROOT, 'configs', 'minimal'), ...SHORT],
    ]);
    expect(code).toBe(0);
    expect(out).toContain('nobody asked anything');
  });

  it('refuses what it can’t do', () => {
    expect(simulate().code).toBe(2);
    expect(simulate('--fleet', '0').code).toBe(2);
    expect(simulate('--fleet', '2', '--steps', 'many').code).toBe(2);
    expect(simulate('--fleet', '2', '--plan', 'none').code).toBe(2);
  });
});
