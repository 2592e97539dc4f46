/** Gates that share counts by a real Redis, which is killed, frozen and brought back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RedisSettings } from '../../../src/failover/store-settings.ts';
import { judgeRate } from '../../../src/rate/judge.ts';
import { RateMemory } from '../../../src/rate/memory.ts';
import { rateStatus } from '../../../src/rate/status.ts';
import { RedisLink } from '../../../src/shell/fleet/redis-link.ts';
import { RedisPlace } from '../../../src/shell/fleet/redis-place.ts';
import { RateExchange } from '../../../src/shell/rate/exchange.ts';
import { redisSettings } from '../../support/boards.ts';
import { ROOT, scratch } from '../../support/config.ts';
import { ask, roomOf } from '../../support/rates.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const LIMIT = 100;
const PASSWORD = 'only-in-a-file-4711';

class Gate {
  readonly memory: RateMemory;
  readonly exchange: RateExchange;
  readonly events: string[] = [];
  readonly room;

  constructor(
    name: string,
    server: RedisServer,
    more: Partial<RedisSettings> = {},
    rate: { limit: number; windowS: number } = { limit: LIMIT, windowS: 3600 },
  ) {
    this.room = roomOf({ r: { ...rate, scope: 'fleet' } });
    this.memory = new RateMemory({ k0: name.charCodeAt(0), k1: 7 });
    this.memory.counters.adopt(this.room.counters, this.room.keys);
    const settings = redisSettings([server.address], more);
    if (settings.kind !== 'redis') throw new Error('not Redis');
    const link = new RedisLink(new RedisPlace(settings), '{zonegate}:rate', {
      prepare: async (redis) => {
        await redis.ping();
      },
      up: () => undefined,
      down: () => undefined,
    });
    link.start();
    const means = {
      redis: () => (link.isUp ? link.redis : null),
      nowMs: () => Date.now(),
      lost: (why: string) => void this.events.push(`lost: ${why}`),
      shared: () => void this.events.push('shared'),
    };
    this.exchange = new RateExchange(this.memory, { gate: name, prefix: 'zonegate' }, means);
    onTestFinished(() => {
      this.exchange.close();
      link.close();
    });
  }

  get isShared(): boolean {
    return this.memory.counters.fleet?.isShared === true;
  }

  ask(times: number, ip = '192.0.2.1'): number {
    let passed = 0;
    for (let i = 0; i < times; i++)
      if (judgeRate(ask({ ip }), this.room, this.memory, Date.now()).kind === 'pass') passed++;
    return passed;
  }

  async connected(): Promise<this> {
    await until('the first exchange', async () => {
      await this.exchange.exchange();
      return this.isShared;
    });
    return this;
  }
}

/** Two that know of each other. */
async function two(server: RedisServer): Promise<[Gate, Gate]> {
  const gates: [Gate, Gate] = [new Gate('a', server), new Gate('b', server)];
  for (const gate of gates) await gate.connected();
  for (const gate of gates) await gate.exchange.exchange();
  expect(gates.map((g) => g.memory.counters.fleet?.gates)).toEqual([2, 2]);
  return gates;
}

describe('two gates with one Redis', () => {
  it('share a limit: of 400 requests pass 100, and at most what one is asked in two intervals', async () => {
    const [a, b] = await two(await startRedis());
    let total = 0;
    for (let round = 0; round < 20; round++)
      for (const gate of [a, b]) {
        total += gate.ask(10);
        await gate.exchange.exchange();
      }
    expect(total).toBeGreaterThanOrEqual(LIMIT);
    expect(total).toBeLessThanOrEqual(LIMIT + 20);
    expect([a.ask(5), b.ask(5)]).toEqual([0, 0]);
  });

  it('hear of each other by themselves, without being told to', async () => {
    const [a, b] = await two(await startRedis());
    for (const gate of [a, b]) gate.exchange.start();
    expect(a.ask(LIMIT)).toBe(LIMIT);
    let passed = 0;
    await until('the other to refuse', () => {
      if (b.ask(1) === 0) return true;
      passed++;
      return false;
    });
    // It asks every 10 ms, and they exchange every 200 at the latest; this is no matter of luck but of order.
    expect(passed).toBeLessThan(LIMIT);
  });

  it('keep each to its half while Redis is gone, and share again when it is back', async () => {
    const server = await startRedis();
    const [a, b] = await two(server);
    expect(a.ask(30)).toBe(30);
    for (const gate of [a, b, a]) await gate.exchange.exchange();
    await server.kill();
    for (const gate of [a, b])
      await until('the loss to be noticed', async () => {
        await gate.exchange.exchange();
        return !gate.isShared;
      });
    expect([a.ask(LIMIT), b.ask(LIMIT)]).toEqual([20, 50]);
    expect(a.ask(LIMIT, '192.0.2.7') + b.ask(LIMIT, '192.0.2.7')).toBe(LIMIT);
    expect(a.events.map((e) => e.split(':')[0])).toEqual(['shared', 'lost']);

    await server.start();
    for (const gate of [a, b])
      await until('sharing again', async () => {
        await gate.exchange.exchange();
        return gate.isShared;
      });
    // What was let through meanwhile is told, and heard once a gate is asked again: no more than that.
    const late: number[] = [];
    for (const gate of [a, b, a, b]) {
      late.push(gate.ask(1, '192.0.2.7'));
      await gate.exchange.exchange();
    }
    expect(late.slice(2)).toEqual([0, 0]);
    // A new key is shared by both from its first request.
    expect(a.ask(60, '192.0.2.8')).toBe(60);
    for (const gate of [a, b]) await gate.exchange.exchange();
    b.ask(1, '192.0.2.8');
    await b.exchange.exchange();
    expect(b.ask(LIMIT, '192.0.2.8')).toBe(39);
    expect(a.events.at(-1)).toBe('shared');
  });

  it('notice a Redis that is frozen', async () => {
    const server = await startRedis();
    const [a] = await two(server);
    a.exchange.start();
    server.freeze();
    await until('the loss to be noticed', () => !a.isShared);
    server.thaw();
    await until('sharing again', () => a.isShared);
    expect(a.events.map((e) => e.split(':')[0])).toEqual(['shared', 'lost', 'shared']);
  });

  it('tell thousands of keys in bounded batches, under names that say nothing', async () => {
    const server = await startRedis();
    const [a] = await two(server);
    for (let i = 0; i < 5000; i++) a.ask(1, `10.0.${i >> 8}.${i & 255}`);
    const queued = () => rateStatus(a.room, a.memory, Date.now()).fleet?.queued;
    await a.exchange.exchange();
    expect(queued()).toBe(3000);
    await a.exchange.exchange();
    await a.exchange.exchange();
    expect(queued()).toBe(0);
    const keys = (await server.command('KEYS', '*')) as string[];
    expect(keys).toHaveLength(5001);
    for (const key of keys) expect(key).toMatch(/^\{zonegate\}:rate:(?:gates|[0-9a-f]{16})$/);
    expect(await server.command('PTTL', keys.find((k) => !k.endsWith('gates'))!)).toBeGreaterThan(
      3600_000,
    );
  });

  it('leave behind in Redis what is older than a window', async () => {
    const server = await startRedis();
    const a = await new Gate('a', server, {}, { limit: 100_000, windowS: 2 }).connected();
    const from = performance.now();
    await until('a window and a half', async () => {
      a.ask(1);
      await a.exchange.exchange();
      return performance.now() - from > 3000;
    });
    const keys = (await server.command('KEYS', '*')) as string[];
    const count = keys.find((k) => !k.endsWith('gates'))!;
    expect(await server.command('HLEN', count)).toBeLessThanOrEqual(8);
  });

  it('count another value under their key as a failure, and go on alone', async () => {
    const server = await startRedis();
    const [a] = await two(server);
    await server.command('SET', '{zonegate}:rate:gates', 'x');
    await a.exchange.exchange();
    expect([a.isShared, a.exchange.failures]).toEqual([false, 1]);
    expect(a.events.at(-1)).toContain('WRONGTYPE');
    expect(a.ask(LIMIT)).toBe(LIMIT / 2);
    await a.exchange.exchange();
    await server.command('DEL', '{zonegate}:rate:gates');
    await a.exchange.exchange();
    // Nobody asked again, and what could not be told is told all the same.
    const keys = (await server.command('KEYS', '*')) as string[];
    const count = keys.find((k) => !k.endsWith('gates'))!;
    expect(await server.command('HVALS', count)).toEqual([String(LIMIT / 2)]);
  });

  it('take silence for a loss, should the connection never give up', async () => {
    const memory = new RateMemory({ k0: 1, k1: 2 });
    const room = roomOf({ r: { limit: LIMIT, scope: 'fleet' } });
    memory.counters.adopt(room.counters, room.keys);
    const events: string[] = [];
    let asked = 0;
    const means = {
      redis: () => ({
        eval: () => (asked++ === 0 ? Promise.resolve([3]) : new Promise(() => undefined)),
      }),
      nowMs: () => Date.now(),
      lost: (why: string) => void events.push(why),
      shared: (gates: number) => void events.push(`shared by ${gates}`),
    };
    const exchange = new RateExchange(memory, { gate: 'a', prefix: 'p' }, means);
    onTestFinished(() => exchange.close());
    exchange.start();
    await until('the loss to be noticed', () => events.length === 2);
    expect(events).toEqual(['shared by 3', 'no answer']);
    expect(memory.counters.fleet).toMatchObject({ isShared: false, gates: 3 });
  });

  it('need these rights and no more', async () => {
    const server = await startRedis();
    const docs = readFileSync(join(ROOT, 'docs', 'stores.md'), 'utf8');
    const rights = /^ACL SETUSER gate (~{zonegate}:rate:.*)$/m.exec(docs)?.[1] ?? '';
    const rule = `on >${PASSWORD} resetkeys -@all ${rights}`;
    await server.command('ACL', 'SETUSER', 'gate', ...rule.split(' '));
    const passwordFile = join(scratch(), 'password');
    writeFileSync(passwordFile, PASSWORD);
    const a = await new Gate('a', server, { username: 'gate', passwordFile }).connected();
    a.ask(3);
    await a.exchange.exchange();
    expect([a.isShared, a.exchange.failures, a.exchange.exchanges > 1]).toEqual([true, 0, true]);
    expect(await server.command('ACL', 'LOG')).toEqual([]);
  });
});
