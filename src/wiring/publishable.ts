/** Whether a configuration may take the place of the one in force without a restart. */
import { judgeFixed } from '../failover/safety.ts';
import type { IdcId } from '../model/ids.ts';
import type { Issue } from '../model/issue.ts';
import { toIssue } from '../snapshot/documents.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { rangesText } from '../zone/compile-rules.ts';

/** What was bound or opened at the start can't be swapped, and an epoch never falls. */
export function notPublishable(
  now: Snapshot,
  next: Snapshot,
  idc: IdcId,
  directory: string,
): Issue[] {
  const { gate } = now;
  const issues: Issue[] = [];
  const say = (path: string[], message: string, code = 'needs-restart'): void => {
    const place = { file: directory, data: null, locate: () => ({ line: 1, column: 1 }) };
    issues.push(toIssue(place, { severity: 'error', path, code, message }));
  };
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  if (!same(gate.listeners, next.gate.listeners))
    say(['listeners'], 'listeners changed: this needs a restart');
  if (!same(gate.admin, next.gate.admin))
    say(['admin'], 'the admin address changed: this needs a restart');
  if (gate.log.access !== next.gate.log.access)
    say(['log', 'access'], 'the access log changed: this needs a restart');
  const { epoch, board } = now;
  if (next.epoch < epoch) {
    say(
      ['epoch'],
      `epoch ${next.epoch} is behind epoch ${epoch}, which is in force: to go back, publish the old rules under a higher one`,
      'epoch-backwards',
    );
  }
  if (!same(storeOf(now), storeOf(next)))
    say(['store'], 'the Fleet document’s store or stateDir changed: this needs a restart');
  // Gates reload one after the other: meanwhile two zones would write for one user.
  const moved = now.fleet !== null && board.owners === null ? differing(now, next) : [];
  if (moved.length > 0) {
    say(
      ['shards'],
      `shards ${rangesText(moved)} would change their owner by a reload: in a fleet that takes a switch (zonegate move SHARDS ZONE); write it down here after it`,
      'owners-by-move',
    );
  }
  const world = { ...next, settings: NO_LIMITS, shardRps: null };
  const [refusal] = judgeFixed(board, world);
  if (refusal !== undefined)
    say(['cities'], `the board does not fit: ${refusal.message}`, 'board-does-not-fit');
  if (!next.topology.idcs.has(idc))
    say(['cities'], `this gate's IDC ${idc} is gone from the topology`);
  return issues;
}

const differing = (a: Snapshot, b: Snapshot): number[] =>
  a.rules.owners.flatMap((owner, shard) => (b.rules.owners[shard] === owner ? [] : [shard]));

const storeOf = ({ fleet }: Snapshot): unknown => fleet && [fleet.store, fleet.stateDir];

/** Of a board that is in force, only whether it can be. */
const NO_LIMITS = {
  safety: { headroom: 1, persons: 1 },
  freeze: { maxMs: 1, budgetMs: 1 },
} as const;

/** What nothing forbids, and somebody should know. */
export function worthSaying(before: Snapshot, next: Snapshot): string[] {
  const said: string[] = [];
  if (next.epoch === before.epoch && rulesText(next) !== rulesText(before))
    said.push('the rules have changed under the same epoch: gates can’t tell who is newer');
  if (before.board.owners !== null && differing(before, next).length > 0)
    said.push(
      'Rules.shards has changed; the board’s owners count: zonegate move declared moves to what is declared',
    );
  return said;
}

const rulesText = ({ rules }: Snapshot): string =>
  JSON.stringify([rules.owners, [...rules.pins], [...rules.weights]]);
