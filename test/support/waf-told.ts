/** Requests for `zonegate waf test`, and what it tells of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Told } from '../../src/cli/waf/told-text.ts';
import { run } from './command.ts';
import { scratch } from './config.ts';

export function fileOf(text: string): string {
  const file = join(scratch(), 'message');
  writeFileSync(file, text, 'latin1');
  return file;
}
export const get = (target: string, more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: shop.example\r\n${more}\r\n`;
export const post = (type: string, body: string, more = ''): string =>
  `POST /search HTTP/1.1\r\nHost: shop.example\r\nContent-Type: ${type}\r\n${more}\r\n${body}`;
export const FORM = 'application/x-www-form-urlencoded';
export const SQLI = '1%27%20or%201=1--%20';

export async function told(
  config: string,
  request: string,
  ...more: string[]
): Promise<Told & { code: number | null }> {
  const done = await run('waf', 'test', '-c', config, fileOf(request), '--json', ...more);
  expect(done.err).toBe('');
  return { ...(JSON.parse(done.out) as Told), code: done.code };
}
