/** The values that a request of the CRS regression tests puts before a rule, decoded by hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../../support/config.ts';

const CRS = process.env.ZONEGATE_CRS ?? join(ROOT, '../shared/crs');

const ids = z.array(z.number()).default([]);
const fileShape = z.object({
  tests: z.array(
    z.object({
      test_id: z.number(),
      stages: z.array(
        z.object({
          input: z.object({
            uri: z.string().default(''),
            data: z.string().default(''),
            headers: z.record(z.string(), z.unknown()).default({}),
          }),
          output: z.object({
            log: z.object({ expect_ids: ids, no_expect_ids: ids }).partial().optional(),
          }),
        }),
      ),
    }),
  ),
});

export type CrsRequest = Readonly<{
  title: string;
  expects: readonly number[];
  forbids: readonly number[];
  /** Names and values of arguments, attributes of an XML body, User-Agent, Referer. */
  values: readonly string[];
  /** Path and base name. */
  paths: readonly string[];
}>;

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const urlDecoded = (text: string): string =>
  bytes(text.replaceAll('+', ' ')).replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };
export const entityDecoded = (text: string): string =>
  text.replace(/&(?:(lt|gt|quot|amp)|#x([0-9a-f]+)|#([0-9]+));/gi, (_, name, hex, digits) =>
    typeof name === 'string'
      ? NAMED[name.toLowerCase()]!
      : String.fromCharCode(Number.parseInt(String(hex ?? digits), hex === undefined ? 10 : 16)),
  );

const argumentsOf = (query: string): string[] =>
  query === ''
    ? []
    : query.split('&').flatMap((pair) => {
        const at = pair.indexOf('=');
        if (at < 0) return [urlDecoded(pair)];
        return [urlDecoded(pair.slice(0, at)), urlDecoded(pair.slice(at + 1))];
      });

const bodyOf = (data: string): string[] =>
  data.startsWith('<?xml')
    ? [...data.matchAll(/="([^"]*)"/g)].map((m) => entityDecoded(m[1]!))
    : argumentsOf(data);

/** Every request of one rule's tests; undefined when CRS is not there. */
export function crsRequests(folder: string, rule: number): CrsRequest[] | undefined {
  const file = join(CRS, 'tests', folder, `${rule}.yaml`);
  if (!existsSync(file)) return undefined;
  const { tests } = fileShape.parse(parse(readFileSync(file, 'utf8')));
  return tests.flatMap((test) =>
    test.stages.map(({ input, output }): CrsRequest => {
      const queryAt = input.uri.indexOf('?');
      const path = urlDecoded(queryAt < 0 ? input.uri : input.uri.slice(0, queryAt));
      const query = queryAt < 0 ? '' : input.uri.slice(queryAt + 1);
      const headers = Object.entries(input.headers)
        .filter(([name]) => /^(?:user-agent|referer)$/i.test(name))
        .map(([, value]) => urlDecoded(String(value)));
      return {
        title: `${rule}-${test.test_id}`,
        expects: output.log?.expect_ids ?? [],
        forbids: output.log?.no_expect_ids ?? [],
        values: [...argumentsOf(query), ...bodyOf(input.data), ...headers],
        paths: [path, path.slice(path.lastIndexOf('/') + 1)],
      };
    }),
  );
}

/** The rules of one folder that have tests, without those named. */
export function crsRules(folder: string): number[] {
  const place = join(CRS, 'tests', folder);
  return existsSync(place) ? readdirSync(place).map((f) => Number.parseInt(f, 10)) : [];
}
