/** The table of test/cases/upstream-faults.txt, checked; its header says what the columns mean. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './config.ts';
import { FAULTS, type FaultName } from './relay-faults.ts';

const REQUESTS = [
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'chunked',
  'unfinished',
  'chunked unfinished',
  'GET 1.0',
] as const;
export type RequestKind = (typeof REQUESTS)[number];

const rowSchema = z.tuple([
  z.enum(Object.keys(FAULTS) as [FaultName, ...FaultName[]]),
  z.string().transform((text) => z.array(z.enum(REQUESTS)).parse(text.split(', '))),
  z.enum(['new', 'kept']),
  z.string().regex(/^(?:16 × 1xx, |1\d\d, )?[2-5]\d\d(?:, broken off)?$/),
  z.string().regex(/^[a-z-]+$/),
  z.enum(['kept', 'closed']),
  z.enum(['reused', 'destroyed', 'replaced', 'none']),
  z.coerce.number(),
]);

export interface Row {
  readonly fault: FaultName;
  readonly requests: readonly RequestKind[];
  readonly on: 'new' | 'kept';
  readonly sees: string;
  /** 'none' for an answer of the upstream. */
  readonly code: string;
  readonly client: 'kept' | 'closed';
  readonly upstream: 'reused' | 'destroyed' | 'replaced' | 'none';
  readonly tries: number;
}

const lines = readFileSync(join(ROOT, 'test', 'cases', 'upstream-faults.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

export const ROWS: readonly Row[] = lines
  .map((line) => rowSchema.parse(line.split('|').map((cell) => cell.trim())))
  .map(([fault, requests, on, sees, code, client, upstream, tries]) => ({
    fault,
    requests,
    on,
    sees,
    code,
    client,
    upstream,
    tries,
  }));

/** As docs/upstream-faults.md shows it. */
export const rowText = (row: Row): string =>
  `| ${row.fault} | ${row.requests.join(', ')} | ${row.on} | ${row.sees} | ` +
  `${row.code === 'none' ? '–' : `\`${row.code}\``} | ${row.client} | ` +
  `${row.upstream === 'none' ? '–' : row.upstream} | ${row.tries} |`;
