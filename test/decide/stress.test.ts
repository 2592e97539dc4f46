import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { decide } from '../../src/decide/index.ts';
import { EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { signStressPass } from '../../src/stress-tag/token.ts';
import { load, ROOT, reference, referenceWith } from '../support/config.ts';

interface Case {
  readonly name: string;
  readonly at: string;
  readonly path: string;
  readonly method?: string;
  readonly remote?: string;
  readonly from?: 'external' | 'app';
  readonly headers?: Readonly<Record<string, string>>;
  readonly operator?: string;
  readonly stress?: string;
  readonly stopped?: readonly string[];
  readonly forged?: 'normal';
  readonly handOver?: {
    readonly zone: string;
    readonly group: string;
    readonly shard: number;
    readonly scene?: string;
  };
  readonly dice?: number;
  readonly then: Readonly<Record<string, unknown>>;
  readonly why?: readonly string[];
}

const NOW = Date.parse('2026-11-20T00:00:00Z');
const declared = reference();
const lenient = { ...declared, stress: { ...declared.stress!, forged: 'normal' as const } };
const cases = parse(readFileSync(join(ROOT, 'test', 'cases', 'stress.yaml'), 'utf8')) as Case[];

const stopOf = (scene: string): Switch => ({
  ...{ id: 's1', action: 'stress-stop', scene, by: 'ann', reason: 'x', atMs: 0 },
  ...{ untilMs: null, overrode: [] },
});

const snapshotOf = ({ stopped = [], forged }: Case) =>
  withBoard(
    forged === 'normal' ? lenient : declared,
    { ...EMPTY_BOARD, switches: stopped.map(stopOf) },
    false,
  );

function stressOf(value: string): string {
  const good = {
    ...{ scene: 'double-11', qps: 5, id: '0123456789abcdef' },
    ...{ expiresAtMs: NOW + 60_000, network: null as string | null },
  };
  const [key] = declared.gate.keys.stress;
  if (value === 'token') return signStressPass(good, key!);
  if (value === 'bound') return signStressPass({ ...good, network: '10.1.0.0/16' }, key!);
  if (value === 'expired') return signStressPass({ ...good, expiresAtMs: NOW - 1 }, key!);
  if (value === 'forged') return signStressPass(good, { ...key!, secret: 'x'.repeat(32) });
  return value;
}

function factsOf(c: Case) {
  const bound = { method: c.method ?? 'GET', host: 'shop.example', path: c.path, query: '' };
  const headers: [string, string][] = Object.entries(c.headers ?? {});
  if (c.stress !== undefined) headers.push(['X-Ldc-Stress', stressOf(c.stress)]);
  if (c.operator !== undefined) {
    const [key] = declared.gate.keys.operator;
    headers.push(['x-ldc-operator', signOperatorToken(c.operator, NOW + 60_000, key!)]);
  }
  if (c.handOver !== undefined) {
    const { zone, group, shard, scene } = c.handOver;
    const signed = {
      ...{ fromIdc: 'hz2', zone, group, shard, epoch: declared.epoch, board: 0 },
      ...{ how: 'table' as const, pinTag: null, requestId: 'a-request-id' },
      lane: scene === undefined ? null : { kind: 'stress' as const, name: scene },
    };
    headers.push(['x-ldc-decision', signHandOver(signed, bound, NOW, declared.peer.peerKeys)]);
  }
  return factsFrom({
    ...bound,
    headers,
    listener: c.from ?? 'external',
    remote: c.remote ?? '127.0.0.1',
    entryIdc: c.at as IdcId,
    receivedAtMs: NOW,
    dice: c.dice ?? 0.5,
  });
}

describe('of load tests the reference configuration decides', () => {
  it.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const d = decide(factsOf(c), snapshotOf(c));
    const scene = d.lane?.kind === 'stress' ? d.lane.name : null;
    const seen =
      d.kind === 'respond'
        ? { status: d.status, scene }
        : {
            ...{ zone: d.targets[0].zone.id, group: d.targets[0].group.id, scene },
            ...{ via: d.targets[0].via, shadow: d.targets[0].group.isShadow },
            ...{ shard: d.shard, provisional: d.provisional, cookie: d.why.at(-1)!.code },
          };
    expect(seen).toMatchObject(c.then);
    const codes = d.why.map((r) => r.code);
    for (const code of c.why ?? []) expect(codes).toContain(code);
    if (d.kind === 'respond') expect(d.why.at(-1)).toBe(d.reason);
    if (d.kind === 'forward' && scene !== null) {
      expect([d.cookieToSet, d.clearsCookie, d.targets.length]).toEqual([null, false, 1]);
      expect(d.why[1]!.room).toBe('stress-tag');
    }
  });
});

const [pass] = declared.gate.keys.stress.map((key) =>
  signStressPass(
    {
      ...{ scene: 'double-11', qps: 5, id: '0123456789abcdef' },
      ...{ expiresAtMs: NOW + 60_000, network: null },
    },
    key,
  ),
);
const asked = (headers: readonly (readonly [string, string])[], query = '', snapshot = declared) =>
  decide(
    factsFrom({
      ...{ method: 'POST', host: 'shop.example', path: '/', query, listener: 'app' },
      ...{ remote: '127.0.0.1', entryIdc: 'hz1' as IdcId, receivedAtMs: NOW, dice: 0.1 },
      headers: [['X-Ldc-Stress', pass!], ...headers.map(([k, v]): [string, string] => [k, v])],
    }),
    snapshot,
  );

describe('a scene for reserved uids', () => {
  const cookie = ['cookie', `${declared.gate.cookie.name}=${declared.cookieOfShard[68]}`] as const;

  it('refuses the session of a real user, who shows no uid, or hides behind a reserved one', () => {
    for (const query of ['', 'uid=2099000000000010']) {
      const d = asked([cookie], query);
      expect(d).toMatchObject({ kind: 'respond', status: 403, lane: { name: 'double-11' } });
      expect(d.reason.code).toBe('stress-foreign-uid');
    }
  });

  it('takes a trusted uid of its own at its word', () => {
    const d = asked([cookie, ['x-user-id', '2099000000000010']]);
    expect(d).toMatchObject({ kind: 'forward', shard: 1 });
  });

  it('takes a cookie that is none for none', () => {
    const forged = ['cookie', `${cookie[1]}x`] as const;
    expect(asked([forged])).toMatchObject({ kind: 'forward', provisional: true });
  });
});

describe('an operator who forces a group', () => {
  it('gets its shadow, or nothing, never its neighbour’s', () => {
    const line = '                shadow: { shop: ["127.0.0.1:${ZONEGATE_PORTS:-18}522"] }\n';
    const snapshot = load(referenceWith({ 'topology.yaml': [[line, '']] }));
    const token = signOperatorToken('ann', NOW + 1000, snapshot.gate.keys.operator[0]!);
    const operator = ['x-ldc-operator', token] as const;
    const forced = (group: string) =>
      asked([operator, ['x-ldc-zone', 'RZ02'], ['x-ldc-group', group]], '', snapshot);
    expect(forced('A')).toMatchObject({ targets: [{ group: { id: 'A', isShadow: true } }] });
    expect(forced('B')).toMatchObject({ status: 503, reason: { code: 'stress-no-shadow' } });
  });
});

describe('a gate without a Stress document', () => {
  it('takes the mark out, as any internal header, and refuses what is handed over as stress', () => {
    const plain = { ...declared, stress: null };
    const marked = cases.find((c) => c.stress === 'token')!;
    const d = decide(factsOf(marked), plain);
    expect(d).toMatchObject({ kind: 'forward', lane: null, targets: [{ zone: { id: 'RZ01' } }] });
    expect(d.why.map((r) => r.room)).not.toContain('stress-tag');
    const handed = cases.find((c) => c.handOver?.scene !== undefined)!;
    expect(decide(factsOf(handed), plain)).toMatchObject({ kind: 'respond', status: 421 });
  });
});
