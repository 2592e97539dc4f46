/** The parts of the benchmark that can be wrong without a clock: reading, reckoning, judging. */
import { describe, expect, it } from 'vitest';
import { medianOf, type Round, ratioTo, spread } from '../bench/figures.ts';
import {
  coresFrom,
  cpuTicksFrom,
  residentBytesFrom,
  straceCounts,
  wrkResult,
} from '../bench/parse.ts';
import { markdown } from '../bench/report.ts';
import type { LoadResult, Report } from '../bench/results.ts';
import { SCENARIOS } from '../bench/scenarios.ts';
import { judge, socketCalls, TARGETS } from '../bench/targets.ts';

const WRK = `Running 2s test @ http://127.0.0.1:29010/api/orders
  1 threads and 100 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     4.41ms    2.35ms  31.00ms   88.60%
    Req/Sec    23.39k     2.90k   27.33k    65.00%
  Latency Distribution
     50%  850.00us
     75%    4.96ms
     90%    6.42ms
     99%    1.50s 
  46638 requests in 2.01s, 56.13MB read
Requests/sec:  23226.85
Transfer/sec:     27.95MB
`;

describe('what the tools print', () => {
  it('wrk: requests, time and percentiles, in whatever unit', () => {
    expect(wrkResult(WRK)).toEqual({
      requests: 46_638,
      seconds: 2.01,
      p50Micros: 850,
      p99Micros: 1_500_000,
      errors: 0,
    });
  });

  it('wrk: failed sockets and bad answers are errors', () => {
    const bad = `${WRK}  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\n`;
    expect(wrkResult(bad).errors).toBe(54_321);
  });

  it('wrk: output without a figure is an error, not a zero', () => {
    expect(() => wrkResult('unable to connect')).toThrow('requests in');
    expect(() => wrkResult(WRK.replace(/^ +99%.*$/m, ''))).toThrow('99%');
  });

  it('strace: calls by name, with and without errors, and no total', () => {
    const table = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 52.10    0.030000          15      2000           write
 40.00    0.020000          10      2100        12 read
  7.90    0.001000           1        40           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.051000           5      4140        12 total
`;
    const calls = straceCounts(table);
    expect([...calls]).toEqual([
      ['write', 2000],
      ['read', 2100],
      ['epoll_wait', 40],
    ]);
    expect(socketCalls(Object.fromEntries(calls))).toBe(4100);
  });

  it('the kernel: CPU ticks behind any program name, memory, cores', () => {
    const fields = Array.from({ length: 50 }, (_, i) => String(i + 3));
    expect(cpuTicksFrom(`7 (a) b (c) ${fields.join(' ')}`)).toEqual({ user: 14, system: 15 });
    expect(residentBytesFrom('Name:\tx\nVmRSS:\t    2048 kB\nVmSwap:\t 0 kB\n')).toBe(
      2 * 1024 ** 2,
    );
    expect(coresFrom('Cpus_allowed_list:\t0-1\n')).toEqual([0, 1]);
    expect(coresFrom('Cpus_allowed:\tf\nCpus_allowed_list:\t2,5-7\n')).toEqual([2, 5, 6, 7]);
  });
});

const round = (requestsPerCpuSecond: number, more: Partial<Round> = {}): Round => ({
  requests: 1000,
  requestsPerSecond: 1000,
  requestsPerCpuSecond,
  userMicros: 10,
  systemMicros: 20,
  p50Micros: 100,
  p99Micros: 1000,
  residentBytes: 1024 ** 2,
  errors: 0,
  ...more,
});

describe('figures', () => {
  it('the median is the one in the middle, or the mean of two', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spread([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
    expect(spread([])).toBeNull();
  });

  it('a ratio is taken within each round, not between medians', () => {
    const reference = [round(100), round(1000), round(10)];
    const rounds = [round(50), round(900), round(20)];
    expect(ratioTo(reference, rounds, 'requestsPerCpuSecond')).toEqual({
      median: 0.9,
      min: 0.5,
      max: 2,
    });
  });

  it('a round with errors, or unseen by the clock, is not counted on either side', () => {
    const reference = [round(100), round(100, { errors: 1 }), round(100), round(100)];
    const rounds = [round(80), round(500), round(1, { errors: 3 }), round(Infinity)];
    expect(ratioTo(reference, rounds, 'requestsPerCpuSecond')?.median).toBe(0.8);
    expect(medianOf(rounds.slice(2), 'p50Micros')).toBeNull();
  });
});

function loadResult(
  name: string,
  zonegate: Partial<Round>,
  nginx: Partial<Round> = {},
): LoadResult {
  const contestants = [
    { label: 'nginx', candidate: 'nginx' as const, rounds: [round(100, nginx)] },
    { label: 'zonegate', candidate: 'zonegate' as const, rounds: [round(100, zonegate)] },
  ];
  return { kind: 'load', name, title: '', reference: 'nginx', contestants };
}

const verdictOf = (what: string, results: Report['scenarios']) => {
  const target = TARGETS.find((t) => t.what === what);
  if (target === undefined) throw new Error(`no target ${what}`);
  const { measured, verdict, aimVerdict } = judge(target, results);
  return { measured, verdict, aimVerdict };
};

describe('goals', () => {
  it('each is of a scenario that there is', () => {
    const names = SCENARIOS.map((s) => s.name);
    for (const target of TARGETS) expect(names, target.what).toContain(target.scenario);
  });

  it('more is better: met at the bound, missed below; the aim is told apart', () => {
    const verdict = (requestsPerCpuSecond: number) =>
      verdictOf('small GET, kept connections', [
        loadResult('keepalive-100', { requestsPerCpuSecond }),
      ]);
    expect(verdict(89)).toEqual({ measured: 0.89, verdict: 'miss', aimVerdict: 'miss' });
    expect(verdict(90)).toEqual({ measured: 0.9, verdict: 'hit', aimVerdict: 'miss' });
    expect(verdict(110)).toEqual({ measured: 1.1, verdict: 'hit', aimVerdict: 'hit' });
  });

  it('less is better: met at the bound, missed above', () => {
    const verdict = (p99Micros: number) =>
      verdictOf('p99 at 100 connections', [loadResult('keepalive-100', { p99Micros })]).verdict;
    expect(verdict(1500)).toBe('hit');
    expect(verdict(1501)).toBe('miss');
  });

  it('what was not measured is neither met nor missed', () => {
    for (const target of TARGETS) expect(judge(target, []).verdict).toBe('not measured');
    const broken = [loadResult('keepalive-100', {}, { errors: 1 })];
    expect(verdictOf('small GET, kept connections', broken).verdict).toBe('not measured');
  });

  it('memory, system calls and pure parts are read from their own results', () => {
    const bytesPerConnection = [9 * 1024, 12 * 1024, 10 * 1024];
    const calls = { read: 210, write: 200, epoll_pwait: 500 };
    const parts = [
      { name: 'decide, a', nanoseconds: 300 },
      { name: 'decide, b', nanoseconds: 1200 },
      { name: 'parse', nanoseconds: 5000 },
    ];
    const results: Report['scenarios'] = [
      {
        kind: 'idle',
        name: 'idle-10000',
        title: '',
        connections: 1,
        contestants: [{ label: 'zonegate', bytesPerConnection }],
      },
      {
        kind: 'calls',
        name: 'socket-calls',
        title: '',
        contestants: [{ label: 'zonegate', requests: 100, calls }],
      },
      { kind: 'parts', name: 'pure-parts', title: '', parts },
    ];
    expect(verdictOf('memory of an idle connection', results)).toMatchObject({
      measured: 10,
      verdict: 'hit',
    });
    expect(verdictOf('socket calls per request', results)).toMatchObject({
      measured: 4.1,
      verdict: 'hit',
    });
    expect(verdictOf('the dearest decision', results)).toMatchObject({
      measured: 1.2,
      verdict: 'miss',
    });
  });
});

describe('the report', () => {
  it('shows ratios, goals and what was left out', () => {
    const text = markdown({
      environment: {
        date: '2026-11-21T00:00:00.000Z',
        command: 'npm run bench',
        kernel: 'Linux 6',
        cpuModel: 'a CPU',
        cores: 2,
        pinned: { proxy: 0, load: 1 },
        versions: { nginx: '1.22.1' },
        rounds: 1,
        seconds: 1,
        quick: true,
      },
      scenarios: [
        loadResult('keepalive-100', { requestsPerCpuSecond: 95 }),
        loadResult('plain-100', { errors: 7 }),
      ],
      leftOut: [{ scenario: 'socket-calls', label: 'all', why: 'strace not found' }],
    });
    expect(text).toContain(
      '| zonegate | 0.95 (0.95–0.95) | 95 | 10.0 + 20.0 | 0.10 | 1.00 | 1.00 |',
    );
    expect(text).toContain('| keepalive-100 | ≥ 0.9 × nginx, aim ≥ 1.1 | 0.95 | hit |');
    expect(text).toContain('| short-100 | ≥ 0.45 × nginx | – | not measured |');
    expect(text).toContain('- plain-100, zonegate: rounds not counted: 1, errors: 7');
    expect(text).toContain('- socket-calls, all: strace not found');
    expect(text).toContain('these figures mean nothing');
  });
});
