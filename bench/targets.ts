/** The project's own goals, and whether a run meets them. Pure; a run never fails because of one. */
import { type Figure, medianOf, type Round, ratioTo, spread } from './figures.ts';
import type { CallsResult, IdleResult, LoadResult, PartsResult, Report } from './results.ts';

export interface Target {
  readonly what: string;
  readonly scenario: string;
  readonly goal: number;
  readonly better: 'less' | 'more';
  /** Further than the goal: what we should like. */
  readonly aim?: number;
  readonly unit: string;
  /** null when the run has not measured it. */
  readonly measured: (results: Report['scenarios']) => number | null;
}

export interface Judgement {
  readonly what: string;
  readonly scenario: string;
  readonly goal: number;
  readonly better: 'less' | 'more';
  readonly aim: number | null;
  readonly unit: string;
  readonly measured: number | null;
  readonly verdict: 'hit' | 'miss' | 'not measured';
  readonly aimVerdict: 'hit' | 'miss' | null;
}

/** Calls that move bytes over a socket. */
const SOCKET_CALL =
  /^(?:read|readv|recv|recvfrom|recvmsg|write|writev|send|sendto|sendmsg|sendfile|splice)$/;

export const socketCalls = (calls: Readonly<Record<string, number>>): number =>
  Object.entries(calls).reduce((sum, [name, n]) => sum + (SOCKET_CALL.test(name) ? n : 0), 0);

type Results = Report['scenarios'];

const find = <T extends Results[number]>(
  results: Results,
  kind: T['kind'],
  scenario: string,
): T | undefined => results.find((r): r is T => r.kind === kind && r.name === scenario);

function roundsOf(results: Results, scenario: string, label: string): readonly Round[] {
  const found = find<LoadResult>(results, 'load', scenario);
  return found?.contestants.find((c) => c.label === label)?.rounds ?? [];
}

const ratio =
  (scenario: string, figure: Figure, reference = 'nginx', label = 'zonegate') =>
  (results: Results): number | null =>
    ratioTo(roundsOf(results, scenario, reference), roundsOf(results, scenario, label), figure)
      ?.median ?? null;

function idleKib(results: Results): number | null {
  const found = find<IdleResult>(results, 'idle', 'idle-10000');
  const bytes = found?.contestants.find((c) => c.label === 'zonegate')?.bytesPerConnection;
  const median = spread(bytes ?? [])?.median;
  return median === undefined ? null : median / 1024;
}

function socketCallsEach(results: Results): number | null {
  const found = find<CallsResult>(results, 'calls', 'socket-calls');
  const zonegate = found?.contestants.find((c) => c.label === 'zonegate');
  if (zonegate === undefined || zonegate.requests === 0) return null;
  return socketCalls(zonegate.calls) / zonegate.requests;
}

/** The dearest of the decisions. */
function decisionMicros(results: Results): number | null {
  const parts = find<PartsResult>(results, 'parts', 'pure-parts')?.parts ?? [];
  const decisions = parts.filter((p) => p.name.startsWith('decide')).map((p) => p.nanoseconds);
  return decisions.length === 0 ? null : Math.max(...decisions) / 1000;
}

const PER_CPU = 'requestsPerCpuSecond';

/** A ratio to nginx doing the same, in requests per CPU-second. */
const ofNginx = (what: string, scenario: string, goal: number, aim?: number): Target => ({
  what,
  scenario,
  goal,
  better: 'more',
  ...(aim === undefined ? {} : { aim }),
  unit: '× nginx',
  measured: ratio(scenario, PER_CPU),
});

const less = (
  what: string,
  scenario: string,
  goal: number,
  unit: string,
  measured: Target['measured'],
): Target => ({ what, scenario, goal, better: 'less', unit, measured });

export const TARGETS: readonly Target[] = [
  ofNginx('small GET, kept connections', 'keepalive-100', 0.9, 1.1),
  ofNginx('the same with access log', 'access-log-100', 0.85),
  ofNginx('plain forwarding', 'plain-100', 0.78),
  ofNginx('short connections', 'short-100', 0.45),
  ofNginx('1 MiB down, nginx tuned', 'large-down', 1.3),
  ofNginx('1 MiB up, nginx tuned', 'large-up', 1),
  {
    what: 'small GET against http-proxy',
    scenario: 'keepalive-100',
    goal: 4.5,
    better: 'more',
    unit: '× http-proxy',
    measured: ratio('keepalive-100', PER_CPU, 'http-proxy'),
  },
  {
    what: '50,000 routes against 10',
    scenario: 'routing-tables',
    goal: 0.9,
    better: 'more',
    unit: '× 10 routes',
    measured: ratio('routing-tables', PER_CPU, '10 routes', '50,000 routes'),
  },
  less(
    'p99 at 100 connections',
    'keepalive-100',
    1.5,
    '× nginx',
    ratio('keepalive-100', 'p99Micros'),
  ),
  less('p50 at one connection', 'keepalive-1', 1.2, '× nginx', ratio('keepalive-1', 'p50Micros')),
  less('user CPU per routed request', 'keepalive-100', 9, 'µs', (results) =>
    medianOf(roundsOf(results, 'keepalive-100', 'zonegate'), 'userMicros'),
  ),
  less('socket calls per request', 'socket-calls', 4.1, 'calls', socketCallsEach),
  less('memory of an idle connection', 'idle-10000', 10, 'KiB', idleKib),
  less('the dearest decision', 'pure-parts', 1, 'µs', decisionMicros),
];

export function judge(target: Target, results: Results): Judgement {
  const { what, scenario, goal, better, aim = null, unit } = target;
  const measured = target.measured(results);
  const common = { what, scenario, goal, better, aim, unit, measured };
  if (measured === null) return { ...common, verdict: 'not measured', aimVerdict: null };
  const reached = (bound: number): 'hit' | 'miss' =>
    (better === 'more' ? measured >= bound : measured <= bound) ? 'hit' : 'miss';
  return { ...common, verdict: reached(goal), aimVerdict: aim === null ? null : reached(aim) };
}
