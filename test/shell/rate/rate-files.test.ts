import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/model/ip-address.ts';
import { RateMemory } from '../../../src/rate/memory.ts';
import { type FileNews, RateFiles } from '../../../src/shell/rate/rate-files.ts';
import { scratch } from '../../support/config.ts';
import { mmdb } from '../../support/mmdb-writer.ts';
import { roomOf, SEED } from '../../support/rates.ts';

class Desk {
  readonly directory = scratch();
  readonly memory = new RateMemory(SEED);
  readonly news: FileNews[] = [];
  readonly files = new RateFiles(this.directory, this.memory, (n) => void this.news.push(n));
  #stamp = 0;

  constructor() {
    this.files.follow(roomOf({}, { lists: { bad: { kind: 'deny', file: 'bad.txt' } } }));
  }

  /** As careful writers do, so that no two writings have one stamp. */
  write(name: string, content: string | Buffer): void {
    const path = join(this.directory, name);
    writeFileSync(`${path}.${++this.#stamp}`, content);
    renameSync(`${path}.${this.#stamp}`, path);
  }

  has(ip: string): boolean | undefined {
    return this.memory.files.get('bad.txt')?.has(parseIp(ip)!);
  }

  async look(): Promise<readonly FileNews[]> {
    this.news.length = 0;
    await this.files.look();
    return this.news;
  }
}

describe('a list file', () => {
  it('is read, told of once, and read anew when it changes', async () => {
    const desk = new Desk();
    desk.write('bad.txt', '10.0.0.0/8\n');
    expect(await desk.look()).toEqual([{ kind: 'read', file: 'bad.txt', ranges: 1 }]);
    expect(await desk.look()).toEqual([]);
    expect([desk.has('10.1.1.1'), desk.has('11.1.1.1')]).toEqual([true, false]);
    desk.write('bad.txt', '11.0.0.0/8\n');
    expect(await desk.look()).toHaveLength(1);
    expect([desk.has('10.1.1.1'), desk.has('11.1.1.1')]).toEqual([false, true]);
  });

  it('with a broken line is told of with the line, and the old list stays in force', async () => {
    const desk = new Desk();
    desk.write('bad.txt', '10.0.0.0/8\n');
    await desk.look();
    desk.write('bad.txt', '# new\n10.0.0.0/40\n');
    const problems = [{ line: 2, message: '"10.0.0.0/40" is not a network' }];
    expect(await desk.look()).toEqual([{ kind: 'broken', file: 'bad.txt', problems }]);
    expect(await desk.look()).toEqual([]);
    expect(desk.has('10.1.1.1')).toBe(true);
  });

  it('that goes away is told of once, and the old list stays in force', async () => {
    const desk = new Desk();
    desk.write('bad.txt', '10.0.0.0/8\n');
    await desk.look();
    rmSync(join(desk.directory, 'bad.txt'));
    expect(await desk.look()).toMatchObject([{ kind: 'unreadable' }]);
    expect(await desk.look()).toEqual([]);
    expect(desk.has('10.1.1.1')).toBe(true);
  });

  it('that is none is told of', async () => {
    const desk = new Desk();
    mkdirSync(join(desk.directory, 'bad.txt'));
    expect(await desk.look()).toMatchObject([
      { kind: 'unreadable', message: 'it is not a plain file' },
    ]);
  });

  it('behind a symlink that is swapped is found', async () => {
    const desk = new Desk();
    for (const n of [1, 2]) desk.write(`v${n}`, `${n}0.0.0.0/8\n`);
    symlinkSync('v1', join(desk.directory, 'bad.txt'));
    await desk.look();
    expect(desk.has('10.0.0.1')).toBe(true);
    symlinkSync('v2', join(desk.directory, 'next'));
    renameSync(join(desk.directory, 'next'), join(desk.directory, 'bad.txt'));
    await desk.look();
    expect(desk.has('20.0.0.1')).toBe(true);
  });

  it('of a hundred thousand networks is read in pieces', async () => {
    const desk = new Desk();
    const line = (i: number): string => `10.${i >> 15}.${(i >> 7) & 255}.${(i & 127) * 2}`;
    desk.write('bad.txt', Array.from({ length: 100_000 }, (_, i) => line(i)).join('\n'));
    expect(await desk.look()).toEqual([{ kind: 'read', file: 'bad.txt', ranges: 100_000 }]);
    expect([desk.has('10.1.1.2'), desk.has('10.1.1.3')]).toEqual([true, false]);
  });

  it('that nobody names any more is forgotten', async () => {
    const desk = new Desk();
    desk.write('bad.txt', '10.0.0.0/8\n');
    await desk.look();
    desk.files.follow(roomOf({}));
    expect([desk.memory.files.size, await desk.look()]).toEqual([0, []]);
  });
});

describe('the country database', () => {
  it('is read anew when it changes, and stays where the new one is none', async () => {
    const desk = new Desk();
    const lists = { de: { kind: 'deny', countries: ['DE'] } };
    desk.files.follow(roomOf({}, { lists, countryDatabase: 'geo.mmdb' }));
    const country = () => desk.memory.countries?.of(parseIp('192.0.2.1')!);
    desk.write('geo.mmdb', mmdb({ '192.0.2.0/24': { country: { iso_code: 'DE' } } }));
    expect(await desk.look()).toEqual([{ kind: 'read', file: 'geo.mmdb', ranges: null }]);
    expect(country()).toBe('DE');
    desk.write('geo.mmdb', 'half a fil');
    expect(await desk.look()).toMatchObject([{ kind: 'unreadable' }]);
    expect(country()).toBe('DE');
    desk.write('geo.mmdb', mmdb({ '192.0.2.0/24': { country: { iso_code: 'FR' } } }));
    await desk.look();
    expect(country()).toBe('FR');
    desk.files.follow(roomOf({}));
    expect(desk.memory.countries).toBeNull();
  });
});
