/** Results → tables for people (Markdown). Pure. */
import { medianOf, type Round, ratioTo, type Spread, spread } from './figures.ts';
import type {
  CallsResult,
  Environment,
  IdleResult,
  LoadResult,
  PartsResult,
  Report,
  ScenarioResult,
} from './results.ts';
import { type Judgement, judge, socketCalls, TARGETS } from './targets.ts';

type Row = readonly string[];

const NONE = '–';
const MIB = 1024 * 1024;

/** At most three digits behind the point, and no more than the figure bears. */
function short(value: number | null): string {
  if (value === null) return NONE;
  return value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

const range = (found: Spread | null): string =>
  found === null ? NONE : `${short(found.median)} (${short(found.min)}–${short(found.max)})`;

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const millis = (micros: number | null): string => short(micros === null ? null : micros / 1000);

function loadRow(rounds: readonly Round[], reference: readonly Round[]): Row {
  const perCpuSecond = medianOf(rounds, 'requestsPerCpuSecond');
  const resident = medianOf(rounds, 'residentBytes');
  return [
    range(ratioTo(reference, rounds, 'requestsPerCpuSecond')),
    perCpuSecond === null ? NONE : String(Math.round(perCpuSecond)),
    `${short(medianOf(rounds, 'userMicros'))} + ${short(medianOf(rounds, 'systemMicros'))}`,
    millis(medianOf(rounds, 'p50Micros')),
    millis(medianOf(rounds, 'p99Micros')),
    short(resident === null ? null : resident / MIB),
  ];
}

function loadTable({ contestants, reference }: LoadResult): string {
  const first = contestants.find((c) => c.label === reference)?.rounds ?? [];
  return table(
    [
      'who',
      `ratio to ${reference} (range)`,
      'requests per CPU-second',
      'µs user + system',
      'p50 ms',
      'p99 ms',
      'RSS MiB',
    ],
    contestants.map(({ label, rounds }) => [label, ...loadRow(rounds, first)]),
  );
}

const idleTable = ({ contestants, connections }: IdleResult): string =>
  table(
    ['who', `KiB for each of ${connections} connections (range)`],
    contestants.map(({ label, bytesPerConnection }) => [
      label,
      range(spread(bytesPerConnection.map((b) => b / 1024))),
    ]),
  );

const callsTable = ({ contestants }: CallsResult): string =>
  table(
    ['who', 'socket calls per request', 'all calls per request'],
    contestants.map(({ label, requests, calls }) => {
      const all = Object.values(calls).reduce((sum, n) => sum + n, 0);
      return [label, short(socketCalls(calls) / requests), short(all / requests)];
    }),
  );

const partsTable = ({ parts }: PartsResult): string =>
  table(
    ['part', 'ns per call'],
    parts.map(({ name, nanoseconds }) => [name, String(nanoseconds)]),
  );

function tableOf(result: ScenarioResult): string {
  switch (result.kind) {
    case 'load':
      return loadTable(result);
    case 'idle':
      return idleTable(result);
    case 'calls':
      return callsTable(result);
    case 'parts':
      return partsTable(result);
  }
}

function targetRow({ what, scenario, better, goal, aim, unit, ...found }: Judgement): Row {
  const sign = better === 'more' ? '≥' : '≤';
  const wish = aim === null ? '' : `, aim ${sign} ${aim}`;
  const verdict =
    found.verdict === 'hit' && found.aimVerdict === 'hit' ? 'hit, the aim too' : found.verdict;
  return [what, scenario, `${sign} ${goal} ${unit}${wish}`, short(found.measured), verdict];
}

/** Rounds that say nothing, which the tables leave out. */
function badRounds(results: Report['scenarios']): string[] {
  return results.flatMap((result) =>
    result.kind !== 'load'
      ? []
      : result.contestants.flatMap(({ label, rounds }) => {
          const bad = rounds.filter((r) => r.errors > 0);
          const errors = bad.reduce((sum, r) => sum + r.errors, 0);
          return bad.length === 0
            ? []
            : [`- ${result.name}, ${label}: rounds not counted: ${bad.length}, errors: ${errors}`];
        }),
  );
}

function conditions(environment: Environment): string {
  const { date, command, kernel, cpuModel, cores, pinned, versions, rounds, seconds } = environment;
  const pins =
    pinned === null
      ? 'nothing pinned, for there is one core'
      : `proxies on core ${pinned.proxy}, load and origin on core ${pinned.load}`;
  const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Measured ${date.slice(0, 10)} by \`${command}\`: ${rounds} interleaved rounds of ${seconds} s, ${pins}; ${cpuModel}, ${cores} cores, ${kernel}; ${tools.join(', ')}.`;
}

export function markdown({ environment, scenarios, leftOut }: Report): string {
  const blocks = [conditions(environment)];
  if (environment.quick) blocks.push('**A smoke run: these figures mean nothing.**');
  for (const result of scenarios)
    blocks.push(`### ${result.name}: ${result.title}`, tableOf(result));
  const judgements = TARGETS.map((target) => judge(target, scenarios));
  blocks.push(
    '### Goals',
    table(['goal', 'scenario', 'wanted', 'measured', ''], judgements.map(targetRow)),
  );
  const missing = leftOut.map(({ scenario, label, why }) => `- ${scenario}, ${label}: ${why}`);
  const notes = [...badRounds(scenarios), ...missing];
  if (notes.length > 0) blocks.push('### Left out', notes.join('\n'));
  return `${blocks.join('\n\n')}\n`;
}
