import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { IDCS, type IdcName, useCluster } from '../support/cluster.ts';

const cluster = useCluster(22);
const USERS = 10_000;
const AT_ONCE = 50;

/** The shard table of the reference configuration, computed anew and apart from the product's code. */
function ownerOf(uid: string): string {
  const shard = Math.floor(Number(BigInt(uid) % 1000n) / 10);
  return `RZ0${Math.floor(shard / 20) + 1}`;
}
const PINNED = '2088000000000420';

const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });

interface Seen {
  readonly status: number;
  readonly zone: string;
  readonly group: string;
  readonly shard: string | null;
  readonly hops: number;
}

function ask(idc: IdcName, path: string, headers: Record<string, string> = {}): Promise<Seen> {
  const { host, port } = cluster.listener(idc, 'external');
  return new Promise((resolve, reject) => {
    const req = http.get(
      { host, port, path, agent, headers: { host: 'shop.example', ...headers } },
      (res) => {
        let body = '';
        res.setEncoding('utf8');
        res.on('data', (d: string) => (body += d));
        res.on('error', reject);
        res.on('end', () => {
          const app = (res.statusCode === 200 ? JSON.parse(body) : {}) as {
            zone: string;
            group: string;
            shard: string | null;
            forwardedFor?: string;
          };
          // Each gate adds the address it was called from.
          const hops = (app.forwardedFor ?? '').split(',').length - 1;
          resolve({
            status: res.statusCode ?? 0,
            zone: app.zone,
            group: app.group,
            shard: app.shard,
            hops,
          });
        });
      },
    );
    req.on('error', reject);
  });
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let i = next++; i < items.length; i = next++) await work(items[i]!);
    }),
  );
}

const randomUid = (): string =>
  `2088${Math.floor(Math.random() * 1e12)
    .toString()
    .padStart(12, '0')}`;

describe('10,000 random users, entering at each gate', () => {
  it.each(IDCS)(
    'meet their own zone from %s, with and without cookie, by at most one hop',
    async (idc) => {
      const uids = Array.from({ length: Math.ceil(USERS / IDCS.length) }, randomUid).filter(
        (u) => u !== PINNED,
      );
      const wrong: string[] = [];
      const zonesLocal = new Set(
        [...cluster.snapshot.topology.zones.values()]
          .filter((z) => z.idc === idc)
          .map((z) => z.id as string),
      );
      await inParallel(uids, async (uid) => {
        const path = `/u/${uid}/orders`;
        const decision = decide(
          factsFrom({
            host: 'shop.example',
            path,
            entryIdc: idc as string as IdcId,
            receivedAtMs: 0,
            dice: 0,
          }),
          cluster.snapshot,
        );
        if (decision.kind !== 'forward') throw new Error('not forwarded');
        const [{ zone, group }] = decision.targets;
        const cookie = `${cluster.snapshot.gate.cookie.name}=${cluster.snapshot.cookieOfShard[decision.shard!]}`;
        for (const seen of [await ask(idc, path), await ask(idc, '/orders', { cookie })]) {
          const good =
            seen.status === 200 &&
            seen.zone === ownerOf(uid) &&
            seen.zone === zone.id &&
            seen.group === group.id &&
            seen.hops === (zonesLocal.has(seen.zone) ? 0 : 1);
          if (!good)
            wrong.push(`${uid}: ${JSON.stringify(seen)} instead of ${zone.id}/${group.id}`);
        }
      });
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});

describe('what crosses gates', () => {
  it('421 with its epoch for a hand-over of a zone that is not served here', async () => {
    const { signHandOver } = await import('../../src/peer/hand-over.ts');
    const bound = { method: 'GET', host: 'shop.example', path: '/orders', query: '' };
    const decision = signHandOver(
      {
        fromIdc: 'hz2',
        zone: 'RZ04',
        shard: 68,
        group: 'A',
        epoch: cluster.snapshot.epoch,
        board: 0,
        requestId: 'test-request-1',
        how: 'table',
        pinTag: null,
        lane: null,
      },
      bound,
      Date.now(),
      cluster.snapshot.peer.peerKeys,
    );
    const { host, port } = cluster.listener('hz1', 'external');
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http
        .get(
          {
            host,
            port,
            path: '/orders',
            headers: { host: 'shop.example', 'x-ldc-decision': decision },
          },
          resolve,
        )
        .on('error', reject);
    });
    answer.resume();
    expect(answer.statusCode).toBe(421);
    expect(answer.headers['x-ldc-epoch']).toBe(String(cluster.snapshot.epoch));
  });

  it('508 for a request that has been here before', async () => {
    expect((await ask('hz1', '/orders', { 'cdn-loop': 'other, zonegate-hz1' })).status).toBe(508);
    expect((await ask('hz1', '/orders', { 'cdn-loop': 'other, zonegate-hz12' })).status).toBe(200);
  });

  it('421 for an unknown host, and a zone for every known path', async () => {
    expect((await ask('hz1', '/', { host: 'evil.example' })).status).toBe(421);
    expect((await ask('hz1', '/%2e%2e/config')).zone).toBe('GZ01');
  });
});
