/** Boards, acks and lines of the trail to put into stores; for children too, so nothing of vitest. */
import { createHash } from 'node:crypto';
import type { GateAck } from '../../src/failover/board.ts';
import type { IdcId } from '../../src/model/ids.ts';
import type { AuditLine, StoredBoard } from '../../src/shell/fleet/store.ts';

export function boardOf(epoch: number, what = `board ${epoch}`): StoredBoard {
  const text = JSON.stringify({ epoch, what });
  return { epoch, digest: createHash('sha256').update(text).digest('hex'), text };
}

export const auditOf = (epoch: number, what = `change ${epoch}`): AuditLine => ({
  atMs: 1_700_000_000_000 + epoch,
  by: 'mei',
  gate: 'g1',
  what,
  reason: 'a test',
  outcome: 'stored',
  epoch,
  overrides: [],
});

export const ackOf = (gate: string, epoch = 1): GateAck => ({
  gate,
  idc: 'i1' as IdcId,
  epoch,
  settled: epoch,
  digest: '',
  appliedAtMs: 1,
  trouble: null,
  zones: { RZ01: { rps: 1.5, errors: 0, usable: null } },
  adminUrl: null,
});
