/** The house rules that a machine can keep: floors, purity, sizes, words. See ARCHITECTURE.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/config.ts';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((f) => f !== '');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const sources = files.filter((f) => f.startsWith('src/') && f.endsWith('.ts'));

/** Floor of each room; a room imports from itself and from lower floors only. */
const FLOORS: Readonly<Record<string, number>> = {
  model: 0,
  zone: 1,
  gate: 1,
  upstream: 1,
  route: 2,
  peer: 2,
  'uid-router': 2,
  cookie: 2,
  release: 2,
  'stress-tag': 2,
  waf: 2,
  rate: 2,
  mirror: 2,
  failover: 3,
  snapshot: 4,
  decide: 5,
  shell: 6,
  simulation: 6,
  wiring: 7,
  'main.ts': 8,
  cli: 9,
};
/** Rooms of the shell know each other only so far. */
const SHELL_MAY: Readonly<Record<string, readonly string[]>> = {
  proxy: ['http1', 'upstream'],
  upstream: ['http1'],
  mirror: ['http1', 'upstream'],
  control: ['fleet'],
};
const PURE_MAX_FLOOR = 5;
/** Stands higher, and is as pure. */
const PURE_TOO = 'simulation';

const roomOf = (file: string): string => file.split('/')[1]!;
const shellRoomOf = (file: string): string => file.split('/')[2]!;

function importsOf(file: string): string[] {
  const found = [
    ...read(file).matchAll(/^(?:import|export)\b[^'"]*?\bfrom '([^']+)'|\bimport\('([^']+)'\)/gms),
  ];
  return found.map((m) => m[1] ?? m[2]!);
}

const localTargets = (file: string): string[] =>
  importsOf(file)
    .filter((i) => i.startsWith('.'))
    .map((i) => posix.normalize(posix.join(posix.dirname(file), i)));

describe('floors', () => {
  it('every room has one', () => {
    for (const file of sources) expect(FLOORS, file).toHaveProperty([roomOf(file)]);
  });

  it('a room imports only from lower floors, never from its own', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const room = roomOf(file);
      for (const target of localTargets(file)) {
        if (!target.startsWith('src/')) continue;
        const other = roomOf(target);
        if (other !== room && FLOORS[other]! >= FLOORS[room]!) {
          wrong.push(
            `${file} imports ${target}: name it by id, and let ${FLOORS[room]! < 3 ? 'snapshot or decide' : 'main.ts'} join the two`,
          );
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('rooms of the shell are handed functions by main.ts instead of importing each other', () => {
    const wrong: string[] = [];
    for (const file of sources.filter((f) => f.startsWith('src/shell/'))) {
      const room = shellRoomOf(file);
      for (const target of localTargets(file).filter((t) => t.startsWith('src/shell/'))) {
        const other = shellRoomOf(target);
        if (other !== room && !(SHELL_MAY[room] ?? []).includes(other))
          wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('purity', () => {
  const pure = sources.filter(
    (f) => FLOORS[roomOf(f)]! <= PURE_MAX_FLOOR || roomOf(f) === PURE_TOO,
  );

  it('below the shell there is no I/O, clock, chance, process or promise', () => {
    const wrong: string[] = [];
    for (const file of pure) {
      for (const target of importsOf(file)) {
        if (target.startsWith('node:') && target !== 'node:crypto')
          wrong.push(`${file} imports ${target}: only the shell touches the world`);
      }
      const code = read(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'/gm, '');
      for (const banned of [
        /\bDate\.now\b/,
        /\bnew Date\b/,
        /\bMath\.random\b/,
        /\bprocess\./,
        /\bconsole\./,
        /\basync\b/,
        /\bawait\b/,
        /\bperformance\./,
        /\bsetTimeout\b/,
        /\brandomBytes\b/,
      ]) {
        if (banned.test(code))
          wrong.push(`${file} uses ${banned.source}: it arrives inside the facts`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('sizes and words', () => {
  it('a file over 300 lines says at its head why', () => {
    const wrong = files
      .filter((f) => /^(src|test|bench|scripts)\/.*\.(ts|mjs)$/.test(f))
      .filter((f) => {
        const lines = read(f).split('\n');
        return lines.length > 301 && !/over 300 lines/i.test(lines.slice(0, 15).join('\n'));
      });
    expect(wrong).toEqual([]);
  });

  it('there is no any, no utils folder, no default export, no leftover', () => {
    const wrong: string[] = [];
    for (const file of [
      ...sources,
      ...files.filter((f) => f.startsWith('test/') && f.endsWith('.ts')),
    ]) {
      if (/\/utils?\//.test(file)) wrong.push(`${file}: name the folder by what is in it`);
      const code = read(file).replace(
        /\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'|`[^`]*`|\/(?:[^/\\\n]|\\.)+\/[a-z]*/gm,
        '',
      );
      if (/[:<,] ?any\b[\s>,;)]|\bas any\b/.test(code)) wrong.push(`${file}: any`);
      if (/^export default/m.test(code)) wrong.push(`${file}: default export`);
    }
    for (const file of sources)
      if (/\b(TODO|FIXME|XXX|HACK)\b/.test(read(file))) wrong.push(`${file}: leftover note`);
    expect(wrong).toEqual([]);
  });

  it('no test sleeps for luck: only `until` waits', () => {
    const wrong = files
      .filter(
        (f) =>
          /^test\/.*\.ts$/.test(f) && !f.endsWith('support/until.ts') && f !== 'test/tidy.test.ts',
      )
      .filter((f) => /await new Promise\(\(\w+\) => setTimeout/.test(read(f)));
    expect(wrong).toEqual([]);
  });

  it('the words to avoid are avoided', () => {
    const avoid = [...read('CONTEXT.md').matchAll(/^\| .*? \| .*? \| (.*?) \|$/gm)].flatMap((m) =>
      [...m[1]!.matchAll(/`([^`]+)`/g)].map((w) => w[1]!),
    );
    expect(avoid.length).toBeGreaterThan(10);
    const wrong: string[] = [];
    for (const file of sources) {
      const names = new Set(
        read(file)
          .replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'/gm, '')
          .match(/\b[A-Za-z_]+\b/g) ?? [],
      );
      for (const word of avoid) if (names.has(word)) wrong.push(`${file}: ${word}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('the lock file', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }>;
  };

  it('is whole: a registry that lacks a platform must not leave it out, or npm ci fails', () => {
    const missing = Object.values(packages)
      .flatMap((p) => Object.keys(p.optionalDependencies ?? {}))
      .filter((name) => !Object.hasOwn(packages, `node_modules/${name}`));
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    expect(Object.values(packages).filter((p) => p.resolved !== undefined)).toEqual([]);
  });
});
