/** One app of a shard lives elsewhere: who serves, what a freeze refuses, what a late hand-over gets. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/decide/index.ts';
import { type Board, EMPTY_BOARD, type Move } from '../../src/failover/board.ts';
import { factsFrom } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { signHandOver } from '../../src/peer/hand-over.ts';
import { WritesUnderWay } from '../../src/shell/proxy/writes-under-way.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { load, SECRET, scratch } from '../support/config.ts';

const keys = `[{ id: k, secret: ${SECRET} }]`;
const zone = (name: string, type: string): string =>
  `${name}: { type: ${type}, groups: { A: { endpoints: { shop: ["s.${name}.test:80"], cart: ["c.${name}.test:80"] } } } }`;

/** Shards 0 and 1 at RZ1, 2 to 4 at RZ2; EZ1 stands beside RZ2. */
function declared(): Snapshot {
  const directory = scratch();
  const documents = [
    `apiVersion: zonegate/v1\nkind: Topology
sharding: { count: 5, key: { digits: [-1] } }
cities:
  a: { idcs: { i1: { gates: ["i1.test:80"], zones: { ${zone('RZ1', 'rzone')} } } } }
  b: { idcs: { i2: { gates: ["i2.test:80"], zones: { ${zone('RZ2', 'rzone')}, ${zone('EZ1', 'elastic')} } } } }`,
    `apiVersion: zonegate/v1\nkind: Rules\nepoch: 1\nshards: { "0-1": RZ1, "2-4": RZ2 }`,
    `apiVersion: zonegate/v1\nkind: Routes
identities: { user: [{ path: "/u/:uid/*" }, { path: "/cart/u/:uid/*" }] }
routes:
  - { host: "*", path: /, zone: rzone, app: shop, identity: user }
  - { host: "*", path: /cart, zone: rzone, app: cart, identity: user }`,
    `apiVersion: zonegate/v1\nkind: Gate
listeners: [{ address: "127.0.0.1:18081" }]
trust: { peers: ["127.0.0.1"] }
keys: { cookie: ${keys}, peer: ${keys} }`,
  ];
  writeFileSync(join(directory, 'all.yaml'), documents.join('\n---\n'));
  return load(directory);
}

const NOW = Date.parse('2026-11-20T00:00:00Z');
const MOVE: Move = {
  ...{ id: 'm1', run: 'r1', app: 'shop', shards: [1], from: 'EZ1', to: 'RZ1' },
  ...{ mode: 'freeze', state: 'frozen', stateEpoch: 9, frozenAtMs: NOW, freezeUntilMs: NOW + 9 },
};
/** The shop of shard 1 is out at EZ1. */
const board = (more: Partial<Board> = {}): Board => ({
  ...EMPTY_BOARD,
  epoch: 9,
  owners: ['RZ1', 'RZ1', 'RZ2', 'RZ2', 'RZ2'],
  since: [0, 0, 0, 0, 0],
  appOwners: [{ app: 'shop', shard: 1, zone: 'EZ1', since: 7 }],
  ...more,
});

function ask(b: Board, method: string, path: string, idc = 'i2'): string {
  const facts = factsFrom({
    ...{ host: 'any.test', method, path, listener: 'external', remote: '1.2.3.4' },
    ...{ entryIdc: idc as IdcId, receivedAtMs: NOW, dice: 0.5 },
  });
  const decision = decide(facts, withBoard(declared(), b, false));
  return decision.kind === 'respond'
    ? `${decision.status} ${decision.reason.code}`
    : `${decision.targets[0].zone.id} ${decision.reason.code}`;
}

describe('an app that lives apart', () => {
  it.each([
    ['that app of that shard', '/u/1/x', 'EZ1 placed-apart'],
    ['another app of it', '/cart/u/1/x', 'RZ1 placed-by-shard'],
    ['that app of another shard', '/u/0/x', 'RZ1 placed-by-shard'],
  ])('is where its own requests go: %s', (_, path, goes) => {
    for (const method of ['GET', 'POST']) expect(ask(board(), method, path)).toBe(goes);
  });

  it('that is at home again is with its shard', () => {
    const appOwners = [{ app: 'shop', shard: 1, zone: 'RZ1', since: 8 }];
    expect(ask(board({ appOwners }), 'POST', '/u/1/x')).toBe('RZ1 placed-by-shard');
  });
});

describe('a move of one app', () => {
  it.each([
    ['its writes', 'POST', '/u/1/x', '503 write-frozen-moving'],
    ['not its reads', 'GET', '/u/1/x', 'EZ1 placed-apart'],
    ['not the writes of another app', 'POST', '/cart/u/1/x', 'RZ1 placed-by-shard'],
    ['not its writes of another shard', 'POST', '/u/0/x', 'RZ1 placed-by-shard'],
    ['its writes of users whom nobody knows, at home', 'POST', '/x', '503 write-frozen-moving'],
    ['not those of another app', 'POST', '/cart/x', 'RZ1 placed-random'],
  ])('freezes %s', (_, method, path, goes) => {
    expect(ask(board({ moves: [MOVE] }), method, path, 'i1')).toBe(goes);
  });

  it('freezes nothing while the way back is being verified, at a gate that is lost too', () => {
    const moves = [{ ...MOVE, state: 'verifying' as const }];
    expect(ask(board({ moves }), 'POST', '/u/1/x')).toBe('EZ1 placed-apart');
    const lost = withBoard(declared(), board({ moves }), true);
    expect(lost.placement.freezes.any).toBe(false);
  });
});

describe('a move of its shard', () => {
  const whole: Move = { ...MOVE, app: null, from: 'RZ1', to: 'RZ2' };
  it.each([
    ['not the app that lives elsewhere', '/u/1/x', 'EZ1 placed-apart'],
    ['all others', '/cart/u/1/x', '503 write-frozen-moving'],
  ])('freezes %s', (_, path, goes) => {
    expect(ask(board({ moves: [whole] }), 'POST', path)).toBe(goes);
  });

  it('is no excuse for a gate that does not know where the app lives', () => {
    expect(handedOver(board({ moves: [whole] }), 'RZ1', 'i1')).toBe('421');
  });

  it('by order, of shards, is about every app of them', () => {
    const switches: Board['switches'] = [
      {
        ...{ id: 's1', action: 'freeze', scope: { kind: 'shards', shards: [1] }, untilMs: null },
        ...{ overrode: [], by: 'ann', reason: 'index', atMs: NOW },
      },
    ];
    for (const path of ['/u/1/x', '/cart/u/1/x'])
      expect(ask(board({ switches }), 'POST', path)).toBe('503 write-frozen');
  });
});

/** A write of the shop of shard 1, by an older board that has it in `zone`. */
function handedOver(b: Board, name: string, idc: string): string {
  const snapshot = withBoard(declared(), b, false);
  const bound = { method: 'POST', host: 'any.test', path: '/u/1/x', query: '' };
  const from = idc === 'i1' ? 'i2' : 'i1';
  const handOver = signHandOver(
    {
      ...{ fromIdc: from, zone: name, shard: 1, group: 'A', epoch: snapshot.epoch, board: 4 },
      ...{ how: 'table' as const, pinTag: null, requestId: 'a-request-id', lane: null },
    },
    bound,
    NOW - 1,
    snapshot.peer.peerKeys,
  );
  const facts = factsFrom({
    ...{ ...bound, headers: [['x-ldc-decision', handOver]], listener: 'external' },
    ...{ remote: '127.0.0.1', entryIdc: idc as IdcId, receivedAtMs: NOW, dice: 0.5 },
  });
  const decision = decide(facts, snapshot);
  return decision.kind === 'respond' ? String(decision.status) : decision.targets[0].zone.id;
}

it('while a way back is verified, a gate that has missed the way out may not write at home', () => {
  const owners = ['RZ1', 'EZ1', 'RZ2', 'RZ2', 'RZ2'];
  const moves = [{ ...MOVE, app: null, state: 'verifying' as const }];
  expect(handedOver(board({ owners, appOwners: [], moves }), 'RZ1', 'i1')).toBe('421');
  const frozen = [{ ...MOVE, app: null }];
  expect(handedOver(board({ owners, appOwners: [], moves: frozen }), 'RZ1', 'i1')).toBe('503');
});

describe('writes under way', () => {
  const decided = (path: string) => {
    const facts = factsFrom({
      ...{ host: 'any.test', method: 'POST', path, listener: 'external', remote: '1.2.3.4' },
      ...{ entryIdc: 'i2' as IdcId, receivedAtMs: NOW, dice: 0.5 },
    });
    const decision = decide(facts, withBoard(declared(), board(), false));
    if (decision.kind !== 'forward') throw new Error(decision.reason.code);
    return decision;
  };

  it.each([
    ['its own app’s', '/u/1/x', MOVE, true],
    ['not another app’s', '/cart/u/1/x', MOVE, false],
    ['its shard’s', '/cart/u/1/x', { ...MOVE, app: null, from: 'RZ1' }, true],
    [
      'not those of an app that lives elsewhere',
      '/u/1/x',
      { ...MOVE, app: null, from: 'RZ1' },
      false,
    ],
  ] as const)('a move waits for: %s', (_, path, move, waits) => {
    const writes = new WritesUnderWay();
    const { placement } = withBoard(declared(), board({ moves: [move] }), false);
    const decision = decided(path);
    writes.begin(decision);
    expect(writes.anyOf([move], placement)).toBe(waits);
    writes.end(decision);
    expect(writes.anyOf([move], placement)).toBe(false);
  });
});
