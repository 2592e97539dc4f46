/** What can be ordered: commands, in earnest or in thought, and the break-glass of a lost store. */
import { z } from 'zod';
import type { Board } from '../../failover/board.ts';
import { type Command, commandSchema, signedFields } from '../../failover/commands.ts';
import type { Refusal } from '../../failover/safety.ts';
import { assertNever } from '../../model/result.ts';
import { forecastReport } from '../../snapshot/forecast-report.ts';
import type { Submitted } from '../fleet/desk.ts';
import { StoreError } from '../fleet/store.ts';
import type { StoredAnswer } from './answers.ts';
import { type Ask, readSigned } from './ask.ts';
import { etagOf, json, problem, type Reply } from './reply.ts';

export const reassertSchema = z.strictObject({
  by: signedFields.by,
  reason: signedFields.reason,
});

export const RUN_VERBS = ['continue', 'hold', 'abort', 'approve'] as const;

/** @param fixed what the path says already */
export async function command(
  ask: Ask,
  nowMs: number,
  fixed: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const read = await readSigned(ask, commandSchema, fixed);
  if (!read.ok) return read.reply;
  if (ask.query.has('dry-run') && ask.query.get('dry-run') !== '0')
    return rehearse(ask, read.value, nowMs);
  return submit(ask, (ifEpoch) => ask.desk.submit(read.value, ifEpoch));
}

export async function reassert(ask: Ask): Promise<Reply> {
  const read = await readSigned(ask, reassertSchema);
  if (!read.ok) return read.reply;
  const { by, reason } = read.value;
  return submit(ask, (ifEpoch) => {
    const { board } = ask.desk.current();
    if (ifEpoch !== null && ifEpoch !== board.epoch)
      return Promise.resolve({ kind: 'conflict', board });
    return ask.desk.reassert(by, reason);
  });
}

async function rehearse({ desk, query }: Ask, order: Command, nowMs: number): Promise<Reply> {
  const rehearsed = await desk.rehearse(order);
  if (rehearsed.kind === 'refused') return refused(rehearsed.refusal);
  return json(
    200,
    forecastReport({ ...rehearsed, uids: query.getAll('uid').slice(0, 100), nowMs }),
  );
}

async function submit(
  ask: Ask,
  act: (ifEpoch: number | null) => Promise<Submitted>,
): Promise<Reply> {
  const ifEpoch = epochIn(ask.ifMatch);
  if (ifEpoch === undefined)
    return problem(400, 'bad-request', 'If-Match is an epoch in quotes, as "12", or *');
  try {
    return answerTo(await act(ifEpoch), ifEpoch);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return storeDown(error.message, true);
  }
}

/** undefined: it can't be read. */
function epochIn(field: string | undefined): number | null | undefined {
  if (field === undefined || field.trim() === '*') return null;
  const match = /^\s*"(\d{1,15})"\s*$/.exec(field);
  return match === null ? undefined : Number(match[1]);
}

function answerTo(submitted: Submitted, ifEpoch: number | null): Reply {
  switch (submitted.kind) {
    case 'stored':
      return json(200, storedAnswerOf(submitted), etagOf(submitted.board));
    case 'refused':
      return refused(submitted.refusal);
    case 'conflict':
      return ifEpoch !== null && ifEpoch !== submitted.board.epoch
        ? conflict(412, submitted.board, `the board is not at epoch ${ifEpoch} any more`)
        : conflict(409, submitted.board, 'somebody else was first');
    case 'store-down':
      return storeDown(submitted.why, submitted.unsure);
    default:
      return assertNever(submitted);
  }
}

function storedAnswerOf(stored: Extract<Submitted, { kind: 'stored' }>): StoredAnswer {
  const { run, what, copies, replicasWanted, board } = stored;
  const replicated = replicasWanted === 0 || (copies ?? 0) >= replicasWanted;
  const note = replicated
    ? 'stored'
    : `stored, not replicated: ${copies ?? 0} of ${replicasWanted} replicas have it; a failover of the store now could lose it, and gates would raise an alarm`;
  return {
    kind: 'stored',
    epoch: board.epoch,
    run,
    what,
    copies,
    replicasWanted,
    replicated,
    note,
  };
}

const refused = ({ rule, message, passes }: Refusal): Reply =>
  problem(422, 'refused', `${rule}: ${message}; would pass: ${passes}`, { rule, message, passes });

function conflict(status: 409 | 412, board: Board, why: string): Reply {
  const at = new Date(board.atMs).toISOString();
  const detail = `${why}: it is at epoch ${board.epoch}, by ${board.by} at ${at}: ${board.reason}`;
  const code = status === 409 ? 'conflict' : 'precondition';
  return problem(status, code, detail, { board }, etagOf(board));
}

const storeDown = (why: string, unsure: boolean): Reply =>
  problem(
    503,
    'store-down',
    unsure
      ? `${why}. Whether this was stored is not known: read the board before you say it again. Requests go on by the last board.`
      : `${why}. Nothing was changed, and nothing can be until the store is back. Requests go on by the last board.`,
    { why, unsure },
  );
