/** What only a store in Redis can meet with: servers that die, freeze, forget, or hold rubbish. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Committed, StoreError } from '../../../src/shell/fleet/store.ts';
import { opened, ready, redisSettings } from '../../support/boards.ts';
import { auditOf, boardOf } from '../../support/plain-boards.ts';
import { freePort } from '../../support/ports.ts';
import { startRedis } from '../../support/redis.ts';
import { nudgeable } from '../../support/redis-board.ts';
import { until } from '../../support/until.ts';

describe('when the server goes', () => {
  it('starts without one, says so once, and is connected when it comes', async () => {
    const port = await freePort();
    const one = await opened(redisSettings([{ host: '127.0.0.1', port }]));
    await until('the loss to be told', () => one.count('lost') === 1);
    await expect(one.store.read()).rejects.toThrow(
      `redis://127.0.0.1:${port} can't be reached: 127.0.0.1:${port}: connect ECONNREFUSED`,
    );
    await startRedis({ port });
    await until('the store to be connected', () => one.count('connected') > 0);
    expect(one.count('lost')).toBe(1);
    expect(await one.store.read()).toBeNull();
  });

  it('tells of a kill, and reads again after the restart', async () => {
    const server = await startRedis();
    const one = await ready(redisSettings([server.address]));
    await one.store.commit(0, boardOf(1), auditOf(1));
    await server.kill();
    await until('the loss to be told', () => one.count('lost') === 1);
    await expect(one.store.commit(1, boardOf(2), auditOf(2))).rejects.toThrow(StoreError);
    const before = one.count('connected');
    await server.start();
    await until('the store to be connected again', () => one.count('connected') > before);
    // It kept nothing; that this is lower than before is for gates to judge.
    expect(await one.store.read()).toBeNull();
    expect(one.count('lost')).toBe(1);
  });

  it('nudges again after the subscribing connection was killed, and has everybody read', async () => {
    const server = await startRedis();
    const one = await ready(redisSettings([server.address]));
    await nudgeable([server]);
    const before = one.count('connected');
    expect(await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBe(1);
    await until('a new connection', () => one.count('connected') > before);
    expect(one.count('lost')).toBe(0);
    expect(one.count('told: redis://')).toBe(1);
    await one.store.commit(0, boardOf(1), auditOf(1));
    await until('a nudge', () => one.count('nudged') === 1);
  });

  it('notices within five seconds that the server is frozen', { timeout: 30_000 }, async () => {
    const server = await startRedis();
    const one = await ready(redisSettings([server.address]));
    await nudgeable([server]);
    const before = one.count('connected');
    server.freeze();
    await until(
      'both connections to be given up',
      () => one.count('lost') === 1 && one.count('told') === 1,
      5000,
    );
    await expect(one.store.read()).rejects.toThrow("can't be reached");
    server.thaw();
    await until('the store to be connected again', () => one.count('connected') > before);
    let epoch = 0;
    // The second connection may come later than the first.
    await until('a nudge', async () => {
      await one.store.commit(epoch, boardOf(epoch + 1), auditOf(epoch + 1));
      epoch++;
      return one.count('nudged') > 0;
    });
  });

  it('a command that is not answered fails in about a second', async () => {
    const server = await startRedis();
    const one = await ready(redisSettings([server.address]));
    server.freeze();
    await expect(one.store.read()).rejects.toThrow(StoreError);
  });
});

describe('copies', () => {
  it('are counted on the connection of the commit; a replica that is gone is no copy', async () => {
    const [server, replica] = [await startRedis(), await startRedis()];
    await replica.follow(server);
    const { store } = await ready(redisSettings([server.address], { replicas: 1 }));
    const stored = { kind: 'stored', replicasWanted: 1 };
    let epoch = 0;
    const next = async (): Promise<Committed> => {
      epoch++;
      return store.commit(epoch - 1, boardOf(epoch), auditOf(epoch));
    };
    // 500 ms may be short for a replica on a busy machine.
    await until('a commit with a copy', async () => {
      const made = await next();
      expect(made).toMatchObject(stored);
      return made.kind === 'stored' && made.copies === 1;
    });
    // Whoever asks on a connection that has not written this would be told: one copy.
    await replica.inStep(server);
    replica.freeze();
    expect(await next()).toEqual({ ...stored, copies: 0 });
    replica.thaw();
    await replica.kill();
    // Commits that wait at one time hold each other up, but none fails of it.
    const many = await Promise.all([next(), next(), next()]);
    expect(many).toEqual(many.map(() => ({ ...stored, copies: 0 })));
    expect(await store.read()).toEqual(boardOf(epoch));
  });

  it('a stale replica that was promoted shows its lower epoch', async () => {
    const [server, replica] = [await startRedis(), await startRedis()];
    const { store } = await ready(redisSettings([server.address]));
    await store.commit(0, boardOf(1), auditOf(1));
    await replica.follow(server);
    // It hears no more of the master, and is the new one when that dies.
    await replica.command('REPLICAOF', 'NO', 'ONE');
    await store.commit(1, boardOf(2), auditOf(2));
    await server.kill();
    const other = await ready(redisSettings([replica.address]));
    expect(await other.store.read()).toEqual(boardOf(1));
    // What gates do then: assert what they know, higher.
    expect((await other.store.commit(1, boardOf(3), auditOf(3))).kind).toBe('stored');
  });

  it('a server that lacks its replicas refuses, when it is told to', async () => {
    const server = await startRedis({ args: ['--min-replicas-to-write', '1'] });
    const { store } = await ready(redisSettings([server.address]));
    await expect(store.commit(0, boardOf(1), auditOf(1))).rejects.toThrow('NOREPLICAS');
    expect(await store.read()).toBeNull();
  });
});

describe('rubbish', () => {
  const digest = createHash('sha256').update('x').digest('hex');
  const put = (...fields: string[]): string[] => ['HSET', '{zonegate}:board', ...fields];
  const RUBBISH: readonly (readonly [string, readonly string[], string])[] = [
    ['another type', ['SET', '{zonegate}:board', 'x'], 'a value of another type'],
    ['no epoch', put('text', 'x', 'digest', digest), 'its epoch is ""'],
    ['a word for an epoch', put('epoch', '12abc', 'text', 'x', 'digest', digest), '"12abc"'],
    ['an epoch too high', put('epoch', '9007199254740993', 'text', 'x', 'digest', digest), 'epoch'],
    ['an epoch below 1', put('epoch', '0', 'text', 'x', 'digest', digest), 'its epoch is "0"'],
    ['another digest', put('epoch', '1', 'text', 'y', 'digest', digest), 'digest does not match'],
    ['no text', put('epoch', '1', 'digest', digest), 'digest does not match'],
    ['10 MB', put('epoch', '1', 'text', 'x'.repeat(1e7), 'digest', digest), '10000000 bytes'],
  ];

  it.each(RUBBISH)('instead of a board is refused by what is wrong: %s', async (_, words, why) => {
    const server = await startRedis();
    const { store } = await ready(redisSettings([server.address]));
    await server.command(...words);
    const failure = await store.read().catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(StoreError);
    expect((failure as Error).message).toContain(why);
    expect((failure as Error).message).toContain('{zonegate}:board');
  });

  it('in the fleet is named; in the trail it is shown for what it is', async () => {
    const server = await startRedis();
    const { store } = await ready(redisSettings([server.address]));
    await server.command('HSET', '{zonegate}:gates', 'g9', '{"atMs":1}');
    await expect(store.fleet()).rejects.toThrow('its field g9');
    await server.command('DEL', '{zonegate}:gates');
    const stale = '{"atMs":1000,"leaseMs":1,"ack":{}}';
    await server.command('HSET', '{zonegate}:gates', 'g8', stale);
    expect(await store.fleet()).toEqual([]);
    expect(await server.command('HLEN', '{zonegate}:gates')).toBe(0);
    await server.command('LPUSH', '{zonegate}:audit', 'rubbish');
    expect(await store.audit(1)).toMatchObject([{ outcome: 'unreadable' }]);
    await server.command('DEL', '{zonegate}:audit');
    await server.command('SET', '{zonegate}:audit', 'x');
    await expect(store.commit(0, boardOf(1), auditOf(1))).rejects.toThrow('{zonegate}:audit');
    expect(await store.read()).toBeNull();
  });
});
