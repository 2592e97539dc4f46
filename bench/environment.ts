/** Where and with what a run was made; and what it needs that is not there. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, type as systemName } from 'node:os';
import { join } from 'node:path';
import type { Plan } from './arguments.ts';
import type { CandidateName } from './candidates/candidate.ts';
import { crsVersion } from './candidates/crs.ts';
import { CORES } from './processes.ts';
import type { Environment, LeftOut } from './results.ts';

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

interface Tool {
  readonly name: string;
  readonly debian: string;
  readonly candidate?: CandidateName;
}

const TOOLS: readonly Tool[] = [
  // The origin is one too.
  { name: 'nginx', debian: 'nginx' },
  { name: 'haproxy', debian: 'haproxy', candidate: 'haproxy' },
  { name: 'wrk', debian: 'wrk' },
  { name: 'taskset', debian: 'util-linux' },
];

const has = (tool: string): boolean =>
  PATH.split(':').some((folder) => existsSync(join(folder, tool)));

/** What to tell the user when the run can't begin; null when it can. */
export function lackOf(plan: Plan): string | null {
  if (systemName() !== 'Linux') return 'the benchmark reads /proc: it runs on Linux only';
  if (plan.scenarios.every((s) => s.kind === 'parts')) return null;
  const missing = TOOLS.filter(
    ({ name, candidate }) =>
      !(name === 'taskset' && CORES === null) &&
      (candidate === undefined || plan.candidates.includes(candidate)) &&
      !has(name),
  );
  if (missing.length === 0) return null;
  const names = missing.map((t) => t.name).join(' and ');
  const spare = missing.every((t) => t.candidate !== undefined)
    ? ', or choose others by --candidates'
    : '';
  return `${names} not found. Debian: sudo apt-get install -y ${missing.map((t) => t.debian).join(' ')}${spare}`;
}

/** What an optional tool would have measured. */
export function withoutTools(plan: Plan): { readonly plan: Plan; readonly leftOut: LeftOut[] } {
  const calls = plan.scenarios.find((s) => s.kind === 'calls');
  if (calls === undefined || has('strace')) return { plan, leftOut: [] };
  const why = 'strace not found. Debian: sudo apt-get install -y strace';
  return {
    plan: { ...plan, scenarios: plan.scenarios.filter((s) => s !== calls) },
    leftOut: [{ scenario: calls.name, label: 'all', why }],
  };
}

/** The first number with a point in what a tool says about itself. */
function versionOf(tool: string, flag: string): string {
  const { stdout, stderr } = spawnSync(tool, [flag], {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  });
  return /\d+\.\d[\w.]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}

const packageVersion = (name: string): string => {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
};

export function environmentOf(plan: Plan, args: readonly string[], date: Date): Environment {
  const tools = [
    ['nginx', '-v'],
    ['haproxy', '-v'],
    ['wrk', '-v'],
    ['strace', '-V'],
  ] as const;
  const versions = {
    Node: process.versions.node,
    ...Object.fromEntries(
      tools.filter(([tool]) => has(tool)).map(([tool, flag]) => [tool, versionOf(tool, flag)]),
    ),
    ...(plan.candidates.includes('nginx-modsecurity') ? { CRS: crsVersion() ?? 'none' } : {}),
    'http-proxy': packageVersion('http-proxy'),
    '@fastify/http-proxy': packageVersion('@fastify/http-proxy'),
    fastify: packageVersion('fastify'),
  };
  const { rounds, seconds, quick } = plan;
  return {
    date: date.toISOString(),
    command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    kernel: `${systemName()} ${release()}`,
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    pinned: CORES,
    versions,
    rounds,
    seconds,
    quick,
  };
}
