/** The reference configuration with releases and gray rules in RZ01, and who asks there. */
import type { Forward } from '../../src/decide/decision.ts';
import { decide } from '../../src/decide/index.ts';
import { type Board, EMPTY_BOARD, type Switch } from '../../src/failover/board.ts';
import { factsFrom, type RecordedFacts } from '../../src/model/facts.ts';
import type { IdcId, ZoneId } from '../../src/model/ids.ts';
import { signOperatorToken } from '../../src/peer/operator-token.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { reference } from '../support/config.ts';

export const NOW = Date.parse('2026-11-20T00:00:00Z');
const declared = reference();
/** All of RZ01's shards, 00-19, are at A. */
export const base: Snapshot = {
  ...declared,
  rules: {
    ...declared.rules,
    weights: new Map([...declared.rules.weights, ['RZ01' as ZoneId, [100, 0]]]),
  },
};
const given = { by: 'ann', reason: 'x', atMs: NOW, untilMs: null, overrode: [] };
export const release = (percent: number, shards: number[], more: object = {}): Switch => ({
  ...{
    id: 's1',
    action: 'release',
    name: 'rel-77',
    zones: ['RZ01'],
    app: null,
    from: 'A',
    to: 'B',
  },
  ...{ percent, moved: [{ zone: 'RZ01', shards }], run: 'r1', ...given, ...more },
});
export const gray = (more: object, name = 'spring'): Switch => ({
  ...{ id: `s-${name}`, action: 'gray', name, zones: ['RZ01'], app: null, to: 'B', allow: [] },
  ...{ tester: null, clients: [], percent: 0, ...given, ...more },
});
export const off = (group: string): Switch => ({
  ...{ id: 's9', action: 'off', scope: { kind: 'group', zone: 'RZ01', group }, endByMs: null },
  ...given,
});
const boardOf = (...switches: Switch[]): Board => ({ ...EMPTY_BOARD, epoch: 5, switches });
export const standing = (...switches: Switch[]): Snapshot =>
  withBoard(base, boardOf(...switches), false);

/** Shard 03. */
export const UID = '2088000000000030';
export const uidOf = (shard: number, i = 0): string =>
  `2088${String(i).padStart(9, '0')}${String(shard).padStart(2, '0')}0`;

export function ask(snapshot: Snapshot, more: Partial<RecordedFacts> = {}): Forward {
  const facts = { host: 'shop.example', path: `/u/${UID}/x`, receivedAtMs: NOW, dice: 0.5 };
  const decision = decide(factsFrom({ ...facts, entryIdc: 'hz1' as IdcId, ...more }), snapshot);
  if (decision.kind !== 'forward') throw new Error(decision.reason.code);
  return decision;
}
export const group = (d: Forward): string => `${d.targets[0].zone.id}/${d.targets[0].group.id}`;
export const why = (d: Forward): string => d.why.find((r) => r.room === 'release')!.code;
export const as = (uid: string, more: Partial<RecordedFacts> = {}): Partial<RecordedFacts> => ({
  ...{ listener: 'app' as const, path: '/x', headers: [['x-user-id', uid]] },
  ...more,
});
export const operator = (headers: [string, string][]): Partial<RecordedFacts> => ({
  headers: [
    ['x-ldc-operator', signOperatorToken('ann', NOW + 60_000, base.gate.keys.operator[0]!)],
    ...headers,
  ],
});
