/** What only the store in a directory can meet with: torn files, dead writers, a disk that refuses. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FileTrail } from '../../../src/shell/fleet/file-trail.ts';
import { openStore } from '../../../src/shell/fleet/open-store.ts';
import { StoreError } from '../../../src/shell/fleet/store.ts';
import { opened, ready } from '../../support/boards.ts';
import { scratch } from '../../support/config.ts';
import { ackOf, auditOf, boardOf } from '../../support/plain-boards.ts';
import { until } from '../../support/until.ts';

/** What others do just before and just after a name is given. */
const others = vi.hoisted(() => ({
  before: (): Promise<void> => Promise.resolve(),
  after: (): Promise<void> => Promise.resolve(),
}));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const link = async (from: string, to: string): Promise<void> => {
    await others.before();
    await real.link(from, to);
    await others.after();
  };
  return { ...real, link };
});

const WRITER = fileURLToPath(new URL('file-writer.ts', import.meta.url));
const fileOf = (directory: string, epoch: number): string =>
  join(directory, `board.${String(epoch).padStart(16, '0')}.json`);
const makeOld = (directory: string, epochs: readonly number[]): void => {
  for (const epoch of epochs) utimesSync(fileOf(directory, epoch), new Date(0), new Date(0));
};
const boardsIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((f) => f.startsWith('board.'))
    .sort();

it('a hundred writers killed in the middle leave a whole board, and never a lower epoch', {
  timeout: 60_000,
}, async () => {
  const directory = scratch();
  const { store } = await ready({ kind: 'file', directory });
  let said = 0;
  let children: ChildProcess[] = [];
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  for (let killed = 0; killed < 100; killed += children.length) {
    let commits = 0;
    children = [1, 2, 3, 4].map(() => {
      const child = spawn(process.execPath, [WRITER, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout.on('data', (d: Buffer) => {
        for (const line of d.toString().trim().split('\n')) said = Math.max(said, Number(line));
        commits++;
      });
      return child;
    });
    const enough = 1 + Math.floor(Math.random() * 8);
    await until('the writers to write', () => commits >= enough);
    await Promise.all(
      children.map((child) => {
        const gone = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        return gone;
      }),
    );
    const board = (await store.read())!;
    expect(board.epoch).toBeGreaterThanOrEqual(said);
    expect(board).toEqual(boardOf(board.epoch));
    said = board.epoch;
  }
  const trail = (await store.audit(10_000)).map((l) => l.epoch);
  expect(trail.sort((a, b) => a - b)).toEqual(Array.from({ length: said }, (_, i) => i + 1));
  expect((await store.commit(said, boardOf(said + 1), auditOf(said + 1))).kind).toBe('stored');
});

it('skips a torn board, tells so once, and goes on from the one before', async () => {
  const directory = scratch();
  const { store, count } = await ready({ kind: 'file', directory });
  for (const epoch of [1, 2, 3]) await store.commit(epoch - 1, boardOf(epoch), auditOf(epoch));
  truncateSync(fileOf(directory, 3), 60);
  expect(await store.read()).toEqual(boardOf(2));
  expect(await store.read()).toEqual(boardOf(2));
  expect(count(`told: ${fileOf(directory, 3)} is broken`)).toBe(1);
  expect((await store.commit(2, boardOf(4), auditOf(4))).kind).toBe('stored');
  expect(await store.read()).toEqual(boardOf(4));
  // The name of the broken file is not given again, but the epoch may be.
  truncateSync(fileOf(directory, 4), 0);
  expect((await store.commit(2, boardOf(3), auditOf(3))).kind).toBe('stored');
  expect(await store.read()).toEqual(boardOf(3));
});

it('does not believe a board whose bytes were changed', async () => {
  const directory = scratch();
  const { store } = await ready({ kind: 'file', directory });
  await store.commit(0, boardOf(1), auditOf(1));
  await store.commit(1, boardOf(2), auditOf(2));
  const path = fileOf(directory, 2);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"mei"', '"eve"'));
  expect(await store.read()).toEqual(boardOf(1));
});

it('keeps the last ten boards and young ones, and no temporary file of the dead', async () => {
  const directory = scratch();
  const { store } = await ready({ kind: 'file', directory });
  const dead = join(directory, '.tmp-1-dead');
  const young = join(directory, '.tmp-1-young');
  writeFileSync(dead, '');
  writeFileSync(young, '');
  utimesSync(dead, new Date(0), new Date(0));
  for (let epoch = 1; epoch <= 15; epoch++)
    await store.commit(epoch - 1, boardOf(epoch), auditOf(epoch));
  expect(boardsIn(directory)).toHaveLength(15);
  makeOld(directory, [1, 2, 4]);
  // Its writer has died before it wrote this.
  const trail = join(directory, 'audit.jsonl');
  writeFileSync(trail, readFileSync(trail, 'utf8').replace(/.*"change 2".*\n/, ''));
  await store.commit(15, boardOf(16), auditOf(16));
  expect(boardsIn(directory)[0]).toBe('board.0000000000000003.json');
  expect(boardsIn(directory)).toHaveLength(14);
  makeOld(directory, [3, 5, 6, 7, 8, 9]);
  await store.commit(16, boardOf(17), auditOf(17));
  expect(boardsIn(directory)).toHaveLength(10);
  expect(readFileSync(trail, 'utf8')).toContain('"change 2"');
  expect(await store.audit(100)).toHaveLength(17);
  expect(existsSync(dead)).toBe(false);
  expect(existsSync(young)).toBe(true);
  expect(await store.read()).toEqual(boardOf(17));
});

it('a writer so late that the name it wants was used and cleaned up does not win', async () => {
  const directory = scratch();
  const settings = { kind: 'file', directory } as const;
  const [late, quick] = [(await ready(settings)).store, (await ready(settings)).store];
  others.before = async () => {
    others.before = () => Promise.resolve();
    for (let epoch = 1; epoch <= 12; epoch++) {
      if (epoch === 12) makeOld(directory, [1]);
      await quick.commit(epoch - 1, boardOf(epoch), auditOf(epoch));
    }
    expect(existsSync(fileOf(directory, 1))).toBe(false);
  };
  await expect(late.commit(0, boardOf(1, 'late'), auditOf(1))).rejects.toThrow('read again');
  expect(await late.read()).toEqual(boardOf(12));
  expect(existsSync(fileOf(directory, 1))).toBe(false);
});

it('a writer that others have built upon before it looked again has won', async () => {
  const settings = { kind: 'file', directory: scratch() } as const;
  const [first, second] = [(await ready(settings)).store, (await ready(settings)).store];
  others.after = async () => {
    others.after = () => Promise.resolve();
    expect((await second.commit(1, boardOf(2), auditOf(2))).kind).toBe('stored');
  };
  expect((await first.commit(0, boardOf(1), auditOf(1))).kind).toBe('stored');
  expect(await first.read()).toEqual(boardOf(2));
});

it('the trail has the change of a writer that died before it wrote the line', async () => {
  const directory = scratch();
  const { store } = await ready({ kind: 'file', directory });
  for (const epoch of [1, 2, 3]) await store.commit(epoch - 1, boardOf(epoch), auditOf(epoch));
  const trail = join(directory, 'audit.jsonl');
  const lines = readFileSync(trail, 'utf8').split('\n');
  writeFileSync(trail, `${lines[0]}\n${lines[2]}\n{"torn\n`);
  const shown = await store.audit(10);
  expect(shown.map((l) => l.what)).toEqual([
    'a line that can\'t be read: {"torn',
    'change 3',
    'change 2',
    'change 1',
  ]);
});

it('the trail is bounded: a full file is put aside, whole', async () => {
  const directory = scratch();
  const trail = new FileTrail(directory, 1000);
  for (let i = 1; i <= 12; i++) await trail.append(auditOf(i));
  const bytes = (file: string): number => readFileSync(join(directory, file)).length;
  expect(bytes('audit.jsonl')).toBeLessThan(1000);
  expect(bytes('audit.1.jsonl')).toBeLessThan(1400);
  const shown = (await trail.last(100, [])).map((l) => l.epoch);
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, i) => 12 - i));
  expect(shown.length).toBeGreaterThan(7);
  expect(readdirSync(directory).sort()).toEqual(['audit.1.jsonl', 'audit.jsonl']);
});

it('forgets a gate thirty days after its last word', async () => {
  const directory = scratch();
  const { store } = await ready({ kind: 'file', directory });
  await store.beat(ackOf('g1'), 1000);
  await store.beat(ackOf('g2'), 1000);
  const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
  utimesSync(join(directory, 'gates', 'g1.json'), hoursAgo(721), hoursAgo(721));
  utimesSync(join(directory, 'gates', 'g2.json'), hoursAgo(719), hoursAgo(719));
  expect(await store.fleet()).toMatchObject([{ gate: 'g2' }]);
  expect(readdirSync(join(directory, 'gates'))).toEqual(['g2.json']);
});

it('says so when the file of a gate holds something else', async () => {
  const directory = scratch();
  const { store } = await ready({ kind: 'file', directory });
  await store.beat(ackOf('g1'), 1000);
  writeFileSync(join(directory, 'gates', 'g1.json'), '{"ack":{"gate":"g1"}}');
  await expect(store.fleet()).rejects.toThrow('g1.json holds something else than a gate');
});

it('says what is wrong with a directory that can not be used', async () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  const { store, events } = await opened({ kind: 'file', directory: file });
  expect(events).toEqual([expect.stringMatching(/^lost: file:.*can't be watched/)]);
  await expect(store.commit(0, boardOf(1), auditOf(1))).rejects.toThrow(StoreError);
  await expect(store.beat(ackOf('g1'), 1000)).rejects.toThrow(/\((ENOTDIR|EEXIST)\)/);
  // Nobody may write into /proc, not even root.
  const readOnly = openStore({ kind: 'file', directory: '/proc/self' }, () => undefined);
  await expect(readOnly.beat(ackOf('g1'), 1000)).rejects.toThrow(StoreError);
});

it('a full disk is a failure with a sentence, and leaves the last board as it was', () => {
  const directory = scratch();
  const script = `
    import { openStore } from '${new URL('../../../src/shell/fleet/open-store.ts', import.meta.url).href}';
    import { auditOf, boardOf } from '${new URL('../../support/plain-boards.ts', import.meta.url).href}';
    const store = openStore({ kind: 'file', directory: process.argv[1] }, () => undefined);
    await store.commit(0, boardOf(1), auditOf(1));
    try { await store.commit(1, boardOf(2, 'x'.repeat(50000)), auditOf(2)); } catch (e) { console.log(e.message); }
    console.log((await store.read()).epoch);`;
  // No file may grow beyond this, which to a writer is what a full disk is.
  const run = spawnSync(
    'sh',
    [
      '-c',
      'ulimit -f 16; exec "$@"',
      'sh',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
      directory,
    ],
    { encoding: 'utf8' },
  );
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/the board was not stored: .*\((EFBIG|ENOSPC)\)\n1\n$/);
  expect(readdirSync(directory).filter((f) => f.startsWith('.tmp-'))).toEqual([]);
});

it('finds a directory again that was away, and makes no empty one in its place', async () => {
  const directory = join(scratch(), 'board');
  const { store, count } = await ready({ kind: 'file', directory });
  await store.commit(0, boardOf(1), auditOf(1));
  renameSync(directory, `${directory}.away`);
  await until('the loss to be seen', () => count('lost') === 1);
  await expect(store.read()).rejects.toThrow('the directory is not there');
  renameSync(`${directory}.away`, directory);
  await until('the directory to be watched again', () => count('connected') === 2);
  expect((await store.read())?.epoch).toBe(1);
});
