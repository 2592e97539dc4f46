/** Redis behind passwords, rights and TLS, and as many servers of which one has the board. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../src/shell/fleet/open-store.ts';
import { opened, ready, redisSettings } from '../../support/boards.ts';
import { scratch } from '../../support/config.ts';
import { ackOf, auditOf, boardOf } from '../../support/plain-boards.ts';
import { freePort } from '../../support/ports.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { nudgeable } from '../../support/redis-board.ts';
import { until } from '../../support/until.ts';

describe('rights', () => {
  const PASSWORD = 'only-in-a-file-4711';

  it('the line in docs/stores.md is enough for a gate, and for nothing else', async () => {
    const server = await startRedis({ args: ['--requirepass', 'admin'], auth: ['admin'] });
    const rule = await aclOfDocs();
    await server.command('ACL', 'SETUSER', 'gate', 'on', `>${PASSWORD}`, ...rule);
    const passwordFile = join(scratch(), 'password');
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    const settings = redisSettings([server.address], {
      username: 'gate',
      passwordFile,
      replicas: 1,
    });
    const one = await ready(settings);
    await nudgeable([server]);
    expect(one.store.name).not.toContain(PASSWORD);
    expect((await one.store.commit(0, boardOf(1), auditOf(1))).kind).toBe('stored');
    expect(await one.store.read()).toEqual(boardOf(1));
    expect((await one.store.commit(0, boardOf(1), auditOf(1))).kind).toBe('conflict');
    await one.store.append(auditOf(1));
    await one.store.beat(ackOf('g1'), 1000);
    expect(await one.store.fleet()).toHaveLength(1);
    await one.store.leave('g1');
    expect(await one.store.audit(5)).toHaveLength(2);
    await until('a nudge', () => one.count('nudged') === 1);
    expect(await server.command('ACL', 'LOG')).toEqual([]);
    for (const words of ['FLUSHALL', 'KEYS *', 'CONFIG GET *', 'GET {zonegate}:board'])
      expect(await server.command('ACL', 'DRYRUN', 'gate', ...words.split(' '))).toContain(
        'no perm',
      );
    // Another fleet's keys are out of reach.
    const { store } = await ready({ ...settings, prefix: 'other' } as typeof settings);
    await expect(store.read()).rejects.toThrow('NOPERM');
  });

  it('a wrong password is told without the password', async () => {
    const server = await startRedis({ args: ['--requirepass', 'right'], auth: ['right'] });
    const passwordFile = join(scratch(), 'password');
    writeFileSync(passwordFile, PASSWORD);
    const one = await opened(redisSettings([server.address], { passwordFile }));
    await until('the refusal', () => one.count('lost') === 1 && one.count('told') === 1);
    expect(one.events[0]).toContain('WRONGPASS');
    const failure = await one.store.read().catch((e: unknown) => e);
    expect(JSON.stringify([failure, (failure as Error).message, one.events])).not.toContain(
      PASSWORD,
    );
  });

  it('a password file that is not there is named at once', () => {
    const settings = redisSettings([{ host: '127.0.0.1', port: 1 }], {
      passwordFile: '/nowhere/p',
    });
    expect(() => openStore(settings, () => undefined)).toThrow(/\/nowhere\/p: ENOENT/);
  });
});

describe('TLS', () => {
  it('checks the server, and shows the certificate of the gate', async ({ skip }) => {
    const directory = scratch();
    const file = (name: string): string => join(directory, name);
    const names = 'subjectAltName=IP:127.0.0.1,DNS:board.example';
    const made = spawnSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=board'].concat([
        '-addext',
        names,
        '-keyout',
        file('key.pem'),
        '-out',
        file('cert.pem'),
      ]),
    );
    if (made.status !== 0)
      skip('NOT TESTED: TLS to Redis; there is no openssl to make certificates');
    const tlsPort = await freePort();
    const tlsFiles = ['--tls-cert-file', file('cert.pem'), '--tls-key-file', file('key.pem')];
    const args = [...tlsFiles, '--tls-ca-cert-file', file('cert.pem'), '--tls-port', `${tlsPort}`];
    const server = await startRedis({ args }).catch((error: unknown) => {
      if (/Bad directive|TLS/.test(String(error))) return null;
      throw error;
    });
    if (server === null)
      return skip('NOT TESTED: TLS to Redis; this redis-server is built without');
    const address = { host: '127.0.0.1', port: tlsPort };
    const tls = {
      caFile: file('cert.pem'),
      certFile: file('cert.pem'),
      keyFile: file('key.pem'),
      serverName: 'board.example',
    };
    const one = await ready(redisSettings([address], { tls }));
    expect(one.store.name).toBe(`rediss://127.0.0.1:${tlsPort}`);
    await nudgeable([server]);
    expect((await one.store.commit(0, boardOf(1), auditOf(1))).kind).toBe('stored');
    await until('a nudge', () => one.count('nudged') === 1);
    const refused = async (wrong: Partial<typeof tls> | { caFile: null }): Promise<string> => {
      const other = await opened(redisSettings([address], { tls: { ...tls, ...wrong } }));
      await until('the refusal', () => other.count('lost') === 1);
      return other.events.join();
    };
    expect(await refused({ serverName: 'other.example' })).toContain('other.example');
    expect(await refused({ caFile: null })).toMatch(/self.signed/);
  });
});

async function aclOfDocs(): Promise<string[]> {
  const docs = await readFile(new URL('../../../docs/stores.md', import.meta.url), 'utf8');
  const line = /^ACL SETUSER gate on >PASSWORD (.*)$/m.exec(docs)?.[1];
  expect(line).toBeTruthy();
  return line!.split(' ');
}

/** Watches it under the name `board`, and wants a password. */
async function sentinelOf(server: RedisServer): Promise<RedisServer> {
  const configFile = join(scratch(), 'sentinel.conf');
  writeFileSync(
    configFile,
    `sentinel monitor board 127.0.0.1 ${server.port} 1
sentinel down-after-milliseconds board 500
sentinel failover-timeout board 3000
requirepass watcher
`,
  );
  return startRedis({
    configFile,
    args: ['--sentinel', '--bind', '127.0.0.1'],
    auth: ['watcher'],
  });
}

describe('many servers', () => {
  it('follows the sentinels to the new master', { timeout: 30_000 }, async () => {
    const [server, replica] = [await startRedis(), await startRedis()];
    await replica.follow(server);
    const sentinel = await sentinelOf(server);
    const sentinelPasswordFile = join(scratch(), 'password');
    writeFileSync(sentinelPasswordFile, 'watcher');
    const dead = { host: '127.0.0.1', port: await freePort() };
    const one = await ready(
      redisSettings([dead, sentinel.address], {
        mode: 'sentinel',
        sentinelName: 'board',
        sentinelPasswordFile,
        replicas: 1,
      }),
    );
    expect(one.store.name).toBe(
      `redis+sentinel://127.0.0.1:${dead.port},127.0.0.1:${sentinel.port}/board`,
    );
    expect((await one.store.commit(0, boardOf(1), auditOf(1))).kind).toBe('stored');
    await replica.inStep(server);
    await until(
      'the sentinel to know the replica',
      async () =>
        ((await sentinel.command('SENTINEL', 'replicas', 'board')) as unknown[]).length === 1,
    );
    const before = one.count('connected');
    await server.kill();
    await until('the store to be connected again', () => one.count('connected') > before, 20_000);
    expect(await one.store.read()).toEqual(boardOf(1));
    expect((await one.store.commit(1, boardOf(2), auditOf(2))).kind).toBe('stored');
    expect(one.count('lost')).toBe(1);
  });

  it('leaves a master that answers, but that the sentinels no longer name', {
    timeout: 30_000,
  }, async () => {
    const [server, other] = [await startRedis(), await startRedis()];
    const sentinel = await sentinelOf(server);
    const sentinelPasswordFile = join(scratch(), 'password');
    writeFileSync(sentinelPasswordFile, 'watcher');
    const one = await ready(
      redisSettings([sentinel.address], {
        mode: 'sentinel',
        sentinelName: 'board',
        sentinelPasswordFile,
      }),
    );
    await nudgeable([server]);
    await sentinel.command('SENTINEL', 'REMOVE', 'board');
    await sentinel.command('SENTINEL', 'MONITOR', 'board', '127.0.0.1', String(other.port), '1');
    await until('both connections to move', () => one.count('lost') + one.count('told') === 2);
    expect(one.events.join()).toContain(`the board has moved to 127.0.0.1:${other.port}`);
    await nudgeable([other]);
    // The other connection of the two may need a moment longer.
    await until('a commit', async () => {
      const committed = await one.store.commit(0, boardOf(1), auditOf(1)).catch(() => null);
      return committed?.kind === 'stored';
    });
    await until('a nudge', () => one.count('nudged') === 1);
  });

  it('finds the owner in a cluster, and again when the slot has moved', {
    timeout: 30_000,
  }, async () => {
    const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
    const nodes = await Promise.all([1, 2, 3].map(() => startRedis({ args })));
    const ranges = [
      ['0', '5460'],
      ['5461', '10922'],
      ['10923', '16383'],
    ] as const;
    for (const [i, node] of nodes.entries()) {
      await node.command('CLUSTER', 'ADDSLOTSRANGE', ...ranges[i]!);
      // So that none of two nodes that meet claims the epoch of the other.
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
    }
    for (const node of nodes.slice(1))
      await nodes[0]!.command('CLUSTER', 'MEET', '127.0.0.1', String(node.port));
    await until('all nodes to agree', async () => {
      const infos = await Promise.all(nodes.map((n) => n.command('CLUSTER', 'INFO')));
      return infos.every((i) => /cluster_state:ok.*known_nodes:3/s.test(String(i)));
    });
    const one = await ready(
      redisSettings(
        nodes.map((n) => n.address),
        { mode: 'cluster', replicas: 1 },
      ),
    );
    await nudgeable(nodes);
    expect(await one.store.commit(0, boardOf(1), auditOf(1))).toMatchObject({ copies: 0 });
    await until('a nudge', () => one.count('nudged') === 1);
    const slot = String(await nodes[0]!.command('CLUSTER', 'KEYSLOT', '{zonegate}:board'));
    await moveSlot(nodes, slot);
    const before = one.count('connected');
    await expect(one.store.read()).rejects.toThrow('MOVED');
    await until('the new owner', () => one.count('connected') > before);
    expect(one.events.find((e) => e.startsWith('lost'))).toContain('MOVED');
    expect(await one.store.read()).toEqual(boardOf(1));
    expect((await one.store.commit(1, boardOf(2), auditOf(2))).kind).toBe('stored');
  });
});

/** With all its keys, to the next node. */
async function moveSlot(nodes: readonly RedisServer[], slot: string): Promise<void> {
  const ids = await Promise.all(nodes.map(async (n) => String(await n.command('CLUSTER', 'MYID'))));
  const counts = await Promise.all(
    nodes.map((n) => n.command('CLUSTER', 'COUNTKEYSINSLOT', slot).then(Number)),
  );
  const from = counts.findIndex((count) => count > 0);
  const to = (from + 1) % nodes.length;
  await nodes[to]!.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from]!);
  await nodes[from]!.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to]!);
  const keys = (await nodes[from]!.command('CLUSTER', 'GETKEYSINSLOT', slot, '10')) as string[];
  const target = ['127.0.0.1', String(nodes[to]!.port), '', '0', '2000', 'KEYS'];
  await nodes[from]!.command('MIGRATE', ...target, ...keys);
  for (const node of nodes) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]!);
}
