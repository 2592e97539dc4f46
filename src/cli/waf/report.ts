/** `zonegate waf report`: what hits where, and the exclusion that would end it. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { EXIT, usageError } from '../exit.ts';
import { exclusionFor } from './exclusion-text.ts';
import { type Row, Tally } from './tally.ts';

export interface ReportArguments {
  readonly since?: string | undefined;
  readonly min: string;
  readonly top: string;
  readonly json?: boolean | undefined;
}

/** A longer line is none of ours. */
const MAX_LINE_BYTES = 1024 * 1024;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60e3, h: 3600e3, d: 86_400e3 };

export async function wafReport(files: readonly string[], args: ReportArguments): Promise<number> {
  const min = countOf(args.min, '--min');
  const top = countOf(args.top, '--top');
  const tally = new Tally(args.since === undefined ? 0 : Date.now() - spanOf(args.since));
  for (const file of files) await readLines(file, (line) => tally.line(line));
  const rows = tally.rows().filter((r) => r.count >= min);
  const shown = rows.slice(0, top).map(rowTold);
  const { events, others, mayMiss } = tally;
  const [from, to] = events === 0 ? [null, null] : [tally.oldestMs, tally.newestMs].map(timeText);
  const told = { events, from, to, others, mayMiss, more: rows.length - shown.length, rows: shown };
  process.stdout.write(args.json === true ? `${JSON.stringify(told, null, 2)}\n` : textOf(told));
  return EXIT.ok;
}

function countOf(text: string, option: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`${option} is a number from 1`);
  return Number(text);
}

function spanOf(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (match === null) throw usageError('--since is a time as 30m, 24h or 7d');
  return Number(match[1]) * UNIT_MS[match[2]!]!;
}

async function readLines(file: string, take: (line: string) => void): Promise<void> {
  const stream: Readable = file === '-' ? process.stdin : createReadStream(file);
  stream.setEncoding('utf8');
  let rest = '';
  let tooLong = false;
  try {
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        take(tooLong ? '(too long)' : line);
        tooLong = false;
      }
      if (rest.length <= MAX_LINE_BYTES) continue;
      tooLong = true;
      rest = '';
    }
  } catch (error) {
    throw usageError(`can't read ${file}: ${(error as Error).message}`);
  }
  take(tooLong ? '(too long)' : rest);
}

type RowTold = ReturnType<typeof rowTold>;

function rowTold(row: Row) {
  const { rule, message, policy, route, target, count, clients, samples } = row;
  const { yaml, why } = exclusionFor(row);
  const actions = Object.fromEntries(row.actions);
  return {
    rule,
    message,
    policy,
    route,
    target,
    count,
    actions,
    clients,
    samples,
    exclusion: yaml,
    why,
  };
}

const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

interface ReportTold {
  readonly events: number;
  readonly from: string | null | undefined;
  readonly to: string | null | undefined;
  readonly others: number;
  readonly mayMiss: number;
  readonly more: number;
  readonly rows: readonly RowTold[];
}

function textOf({ events, from, to, others, mayMiss, more, rows }: ReportTold): string {
  const when = events === 0 ? '' : `, ${from} to ${to}`;
  const lines = [`${events} events${when}`];
  if (others > 0) lines.push(`${others} other lines`);
  if (mayMiss > 0)
    lines.push(`too many different rows: some with up to ${mayMiss} events are missing`);
  for (const row of rows) lines.push('', ...rowLines(row));
  if (more > 0) lines.push('', `and ${more} more rows: --top, --min`);
  return `${lines.join('\n')}\n`;
}

function rowLines(row: RowTold): string[] {
  const actions = Object.entries(row.actions).map(([action, n]) => `${action} ${n}`);
  return [
    `${row.rule}  ${row.message}`,
    `  at ${row.target}, route ${row.route}, policy ${row.policy}`,
    `  ${row.count} times (${actions.join(', ')}), about ${row.clients} clients`,
    ...row.samples.map((sample) => `  as ${JSON.stringify(sample)}`),
    ...(row.exclusion === null
      ? []
      : row.exclusion
          .trimEnd()
          .split('\n')
          .map((l) => `    ${l}`)),
    ...(row.why === null ? [] : [`  ${row.why}`]),
  ];
}
