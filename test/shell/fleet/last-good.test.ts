import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EMPTY_BOARD } from '../../../src/failover/board.ts';
import { LastGood } from '../../../src/shell/fleet/last-good.ts';
import { toStored } from '../../../src/shell/fleet/stored-board.ts';
import { scratch } from '../../support/config.ts';

const board = (epoch: number) => toStored({ ...EMPTY_BOARD, epoch });
const quiet = (): void => undefined;

it('writes of many boards that come at once the newest, not all', async () => {
  const directory = scratch();
  const disk = new LastGood(directory);
  await Promise.all(Array.from({ length: 50 }, (_, i) => disk.save(board(i + 1))));
  expect((await new LastGood(directory).load(quiet))?.board.epoch).toBe(50);
  expect(readdirSync(directory).length).toBeLessThanOrEqual(2);
});

it('says of no board that it is on disk while it is not', async () => {
  const directory = join(scratch(), 'state');
  writeFileSync(directory, 'in the way');
  const disk = new LastGood(directory);
  const saves = await Promise.allSettled([disk.save(board(1)), disk.save(board(2))]);
  expect(saves.map((s) => s.status)).toEqual(['rejected', 'rejected']);
  rmSync(directory);
  await disk.save(board(3));
  expect((await disk.load(quiet))?.board.epoch).toBe(3);
});

it('removes what a kill has left half-written, and passes over a broken file', async () => {
  const directory = scratch();
  mkdirSync(directory, { recursive: true });
  await new LastGood(directory).save(board(1));
  writeFileSync(join(directory, '.board.0000000000000002.json.4711'), '{"epo');
  writeFileSync(
    join(directory, 'board.0000000000000002.json'),
    '{"epoch":2,"digest":"x","text":"{}"}',
  );
  const said: string[] = [];
  const kept = await new LastGood(directory).load((m) => said.push(m));
  expect(kept?.board.epoch).toBe(1);
  expect(said).toEqual([expect.stringContaining('board.0000000000000002.json')]);
  expect(readdirSync(directory).filter((n) => n.startsWith('.'))).toEqual([]);
});
