import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/config.ts';

const GUARD = pathToFileURL(join(ROOT, 'src/shell/waf/backtrack-guard.ts')).href;
/** Half an age without the guard, a millisecond with it. */
const ATTEMPT = "/^(?:[Aa]+)+$/.test('a'.repeat(60) + '!')";

/** @returns what the child printed; null if it was ended at its deadline */
function run(program: string, deadlineMs: number): string | null {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: deadlineMs,
  });
  return child.error === undefined ? child.stdout.trim() : null;
}

describe('guardBacktracking', () => {
  it('ends an exponential pattern', () => {
    const program = `import { guardBacktracking } from '${GUARD}'; guardBacktracking(); console.log(${ATTEMPT});`;
    expect(run(program, 20_000)).toBe('false');
  });

  it('is what ends it: without it the child meets its deadline', () => {
    expect(run(`console.log(${ATTEMPT});`, 2_000)).toBeNull();
  });
});
