/** What can be asked. All but gates and audit come from memory, whatever the store does. */
import type { GateInFleet, Switch } from '../../failover/board.ts';
import type { Run } from '../../failover/run.ts';
import { switchText } from '../../failover/switch-text.ts';
import { placesView } from '../../snapshot/places-view.ts';
import type { FleetDesk } from '../fleet/desk.ts';
import { StoreError } from '../fleet/store.ts';
import type { Ask } from './ask.ts';
import { fleetView } from './fleet-view.ts';
import { openApi } from './openapi.ts';
import { etagOf, json, problem, type Reply } from './reply.ts';
import { waitOf } from './run-wait.ts';

type Reader = (ask: Ask) => Reply | Promise<Reply>;

const MOST_LINES = 1000;

export const READERS: Readonly<Record<string, Reader>> = {
  '/v1/board': ({ desk }) => {
    const { board } = desk.current();
    return json(200, { standing: desk.standing(), board }, etagOf(board));
  },
  '/v1/places': ({ desk }) => shown(desk, { cities: placesView(desk.current()) }),
  '/v1/switches': ({ desk }) =>
    shown(desk, { switches: desk.current().board.switches.map(withText) }),
  '/v1/moves': ({ desk }) => shown(desk, { moves: desk.current().board.moves }),
  '/v1/runs': ({ desk }) => shown(desk, { runs: desk.current().board.runs.map(withoutLog) }),
  '/v1/plans': ({ desk }) => json(200, { plans: [...desk.plans().values()] }),
  '/v1/fleet': async ({ desk }) => {
    const gates = await gatesOrWhy(desk);
    return json(200, fleetView(desk.current().board, desk.standing(), gates));
  },
  '/v1/audit': audit,
  '/v1/openapi.json': () => json(200, openApi()),
};

function shown(desk: FleetDesk, more: object): Reply {
  const { board } = desk.current();
  return json(200, { standing: desk.standing(), epoch: board.epoch, ...more }, etagOf(board));
}

export async function readRun({ desk }: Ask, id: string): Promise<Reply> {
  const { board } = desk.current();
  const run = board.runs.find((r) => r.id === id);
  if (run === undefined) {
    const known = board.runs.map((r) => r.id).join(', ') || 'none';
    return problem(404, 'not-found', `the board has no run ${id}; it has ${known}`);
  }
  const gates = await gatesOrWhy(desk);
  const waits = waitOf(run, desk.current(), typeof gates === 'string' ? null : gates);
  return shown(desk, { run, moves: board.moves.filter((m) => m.run === id), ...waits });
}

async function gatesOrWhy(desk: FleetDesk): Promise<readonly GateInFleet[] | string> {
  try {
    return await desk.gates();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return `the store can’t be asked: ${error.message}`;
  }
}

async function audit({ desk, query }: Ask): Promise<Reply> {
  const given = query.get('limit') ?? '50';
  const limit = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > MOST_LINES)
    return problem(400, 'bad-request', `limit is a whole number from 1 to ${MOST_LINES}`);
  return json(200, { standing: desk.standing(), lines: await desk.audit(limit) });
}

const withText = (s: Switch): Switch & { readonly text: string } => ({
  ...s,
  text: switchText(s),
});

/** JSON leaves out what is undefined. */
const withoutLog = (run: Run): object => ({ ...run, log: undefined });
