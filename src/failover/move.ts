/**
 * Moving shards from one owner to another without two writers: SERVING → FREEZE_PUSHED → FROZEN →
 * CAUGHT_UP → FLIPPED → ROUTED → UNFROZEN. A way back from an elastic zone begins with VERIFYING: it
 * waits, with nothing frozen, for as long as the data of the home is not known to follow. Every arrow is a board of its own, so whoever goes on
 * knows where. Before FLIPPED a move can be dropped, and all is as it was; after it there is only
 * the way back. A gate's word counts as `settled` when no write that its board forbids is still
 * under way, so a slow write can't end at the old owner after the data was level.
 */
import type { ZoneId } from '../model/ids.ts';
import { assertNever } from '../model/result.ts';
import type { GateInFleet, Move, MoveState } from './board.ts';
import { hasFlipped } from './board.ts';
import { asideOf, type Run } from './run.ts';
import type { World } from './safety.ts';

/** What is known, at one moment, beside the board. */
export interface Sight {
  readonly nowMs: number;
  /** This gate. */
  readonly me: string;
  readonly gates: readonly GateInFleet[];
  readonly fencing: 'strict' | 'lease';
  /** A gate that has said nothing for so long has missed its turn to speak. */
  readonly silentMs: number;
  /** Gates that live but can't follow the board: they carry nothing out. */
  readonly stuck: readonly string[];
  /** What the declared check has said of a move last. */
  readonly level: (move: Move) => 'unknown' | 'level' | 'behind';
  /** No check is declared but a person's word. */
  readonly byPerson: boolean;
}

export interface Wait {
  readonly kind: 'wait';
  /** Whose turn it is: nothing goes on before a person has said `continue`. */
  readonly for: 'gates' | 'person' | 'time';
  readonly text: string;
}

export type MoveNext =
  | { readonly kind: 'state'; readonly state: MoveState }
  | { readonly kind: 'over' }
  /** Nothing but asking the declared check can help. */
  | { readonly kind: 'check' }
  | Wait
  /** The freeze has lasted too long: drop the move. */
  | { readonly kind: 'drop'; readonly text: string };

const wait = (whom: Wait['for'], text: string): Wait => ({ kind: 'wait', for: whom, text });
const to = (state: MoveState): MoveNext => ({ kind: 'state', state });
const OVER: MoveNext = { kind: 'over' };
const CHECK: MoveNext = { kind: 'check' };

export function nextOfMove(move: Move, run: Run, world: World, sight: Sight): MoveNext {
  const late = move.state !== 'verifying' && !hasFlipped(move) && sight.nowMs >= move.freezeUntilMs;
  const next = nextState(move, run, world, sight);
  if (!late || next.kind === 'state') return next;
  const why = next.kind === 'wait' ? next.text : 'the data of the new owner is not level';
  return { kind: 'drop', text: `the freeze has reached its deadline: ${why}` };
}

function nextState(move: Move, run: Run, world: World, sight: Sight): MoveNext {
  switch (move.state) {
    case 'verifying':
      return follows(move, run, sight);
    case 'freeze-pushed': {
      const missing = unsettled(move, run, world, sight);
      return missing ?? to('frozen');
    }
    case 'frozen':
      return move.mode === 'reads-only' ? to('flipped') : caughtUp(move, run, sight);
    case 'caught-up':
      return move.mode === 'reads-only' ? OVER : to('flipped');
    case 'flipped': {
      const missing = unrouted(move, run, sight);
      return missing ?? to('routed');
    }
    case 'routed':
      return move.mode === 'reads-only' ? caughtUp(move, run, sight) : OVER;
    default:
      return assertNever(move.state);
  }
}

export const NOT_SAFE = 'the way back is not safe yet';

/**
 * A mere `continue` is no word on it where a check is declared. Whoever sets the rule aside begins the
 * freeze, no more: whether the data is level then is asked like for every move.
 */
function follows(move: Move, run: Run, sight: Sight): MoveNext {
  if (asideOf(run, sight.nowMs).includes('verified-return')) return to('freeze-pushed');
  if (sight.byPerson) {
    if (run.agreed) return to('freeze-pushed');
    return wait('person', `${NOT_SAFE}: somebody must say that the data of ${move.to} follows`);
  }
  return sight.level(move) === 'level' ? to('freeze-pushed') : CHECK;
}

function caughtUp(move: Move, run: Run, sight: Sight): MoveNext {
  if (run.agreed) return to('caught-up');
  if (sight.byPerson) {
    return wait('person', `somebody must say that the data of ${move.to} is level`);
  }
  return sight.level(move) === 'level' ? to('caught-up') : CHECK;
}

/**
 * Gates that may still let a write through to the old owner; null when there are none. A gate that
 * has lost the fleet is left out only where it stands elsewhere: its writes pass a gate of the old
 * owner's IDC, which refuses them. One in that IDC could still write, and nobody here can know, so a
 * person must say that it is fenced, unless leases are declared to be proof enough. One that speaks
 * is waited for, whoever has said what: it lives, or was started anew.
 */
function unsettled(move: Move, run: Run, world: World, sight: Sight): Wait | null {
  const source = world.topology.zones.get(move.from as ZoneId)?.idc;
  const waited: string[] = [];
  const silent: string[] = [];
  for (const g of sight.gates) {
    if (g.settled >= move.stateEpoch || isFenced(g, run, sight)) continue;
    if (g.leaseLeftMs > 0) waited.push(nameWithTrouble(g));
    else if (g.idc === source && sight.fencing === 'strict') silent.push(g.gate);
  }
  if (waited.length > 0) return wait('gates', `waiting for ${waited.join(', ')}`);
  if (silent.length === 0) return null;
  return wait(
    'person',
    `${silent.join(', ')} of the source’s IDC has lost the fleet and may still write: when it is surely dead, continue with --fenced ${silent.join(',')}`,
  );
}

/** A gate without a lease refuses writes of these shards by its last knowledge. */
function unrouted(move: Move, run: Run, sight: Sight): Wait | null {
  const waited = sight.gates.filter(
    (g) => g.leaseLeftMs > 0 && g.epoch < move.stateEpoch && !isFenced(g, run, sight),
  );
  if (waited.length === 0) return null;
  return wait('gates', `waiting for ${waited.map(nameWithTrouble).join(', ')}`);
}

/** A gate that still speaks is not, whoever has said so; that takes a missed word to know. */
const isFenced = (gate: GateInFleet, run: Run, { silentMs }: Sight): boolean =>
  run.fenced.includes(gate.gate) && gate.ageMs > silentMs;

const nameWithTrouble = (g: GateInFleet): string =>
  g.trouble === null ? g.gate : `${g.gate} (${g.trouble})`;
