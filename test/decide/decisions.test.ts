import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { decide } from '../../src/decide/index.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { Epoch, IdcId } from '../../src/model/ids.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import { ROOT, reference } from '../support/config.ts';

interface Case {
  readonly name: string;
  readonly at: string;
  readonly host?: string;
  readonly path: string;
  readonly method?: string;
  readonly remote?: string;
  readonly from?: 'external' | 'app';
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: number | string;
  readonly operator?: string;
  readonly handOver?: {
    readonly zone: string;
    readonly shard: number | null;
    readonly group: string;
    readonly epoch?: number;
    readonly how?: 'table' | 'forced' | 'random';
  };
  readonly dice?: number;
  readonly then: Readonly<Record<string, unknown>>;
  readonly why?: readonly string[];
}

const NOW = Date.parse('2026-11-20T00:00:00Z');
const snapshot = reference();
const cases = parse(readFileSync(join(ROOT, 'test', 'cases', 'decisions.yaml'), 'utf8')) as Case[];

function factsOf(c: Case) {
  const [path = '/', query = ''] = c.path.split('?');
  const host = c.host ?? 'shop.example';
  const method = c.method ?? 'GET';
  const headers: [string, string][] = Object.entries(c.headers ?? {});
  if (typeof c.cookie === 'number')
    headers.push(['cookie', `${snapshot.gate.cookie.name}=${snapshot.cookieOfShard[c.cookie]}`]);
  if (typeof c.cookie === 'string') headers.push(['cookie', c.cookie]);
  if (c.operator !== undefined)
    headers.push([
      'x-ldc-operator',
      signOperatorToken(c.operator, NOW + 60_000, snapshot.gate.keys.operator[0]!),
    ]);
  if (c.handOver !== undefined) {
    const signed = {
      fromIdc: 'hz2',
      requestId: 'a-request-id',
      how: c.handOver.how ?? ('table' as const),
      pinTag: null,
      lane: null,
      board: 0,
      ...c.handOver,
      epoch: (c.handOver.epoch ?? snapshot.epoch) as Epoch,
    };
    headers.push([
      'x-ldc-decision',
      signHandOver(signed, { method, host, path, query }, NOW, snapshot.peer.peerKeys),
    ]);
  }
  return factsFrom({
    host,
    path,
    query,
    method,
    headers,
    listener: c.from ?? 'external',
    remote: c.remote ?? '127.0.0.1',
    entryIdc: c.at as IdcId,
    receivedAtMs: NOW,
    dice: c.dice ?? 0.5,
  });
}

describe('the reference configuration decides', () => {
  it.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    const d = decide(factsOf(c), snapshot);
    const seen =
      d.kind === 'respond'
        ? { status: d.status }
        : {
            zone: d.targets[0].zone.id,
            group: d.targets[0].group.id,
            idc: d.targets[0].group.idc,
            via: d.targets[0].via,
            shard: d.shard,
            provisional: d.provisional,
            write: d.isWrite,
            operator: d.operator,
            drops: d.dropHeaders,
            cookie: d.why.at(-1)!.code,
          };
    expect(seen).toMatchObject(c.then);
    const codes = d.why.map((r) => r.code);
    for (const code of c.why ?? []) expect(codes).toContain(code);
    if (d.kind === 'forward') expect(d.why.map((r) => r.room)).toEqual(ROOMS_IN_ORDER);
  });
});

/** The order of the rooms, as docs/request.md publishes it. */
const ROOMS_IN_ORDER = [
  'peer',
  'loop',
  'route',
  'cookie',
  'uid-router',
  'pin',
  'shard',
  'placement',
  'release',
  'hop',
  'cookie-write',
];
