/** A command in this process, so that it can speak to a listener of the same test. */
import { vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { CommandResult } from './process.ts';

export async function run(...argv: string[]): Promise<CommandResult> {
  let out = '';
  let err = '';
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  try {
    const code = await main(argv);
    return { code, out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}
