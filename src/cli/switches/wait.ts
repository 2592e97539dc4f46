/** Asks until a command is done and every living gate has it, or until it can't go on by itself. */
import type { Run } from '../../failover/run.ts';
import {
  type FleetAnswer,
  fleetAnswer,
  runAnswer,
  type StoredAnswer,
} from '../../shell/control/answers.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Control } from './control.ts';
import { gatesText, isInForce, Progress, type Seen } from './progress.ts';

export interface Waiting {
  readonly timeoutMs: number;
  readonly json: boolean;
}

interface Outcome {
  readonly outcome: 'done' | 'failed' | 'pending' | 'timeout';
  readonly text: string;
}

interface Look extends Seen {
  readonly needsPerson: boolean;
}

/** Where all gates have to be; it moves once, when the run ends. */
interface Goal {
  readonly epoch: number;
  readonly over: boolean;
}

const ASK_MS = 200;
const CODES = { done: EXIT.ok, failed: EXIT.failure, pending: EXIT.pending, timeout: EXIT.timeout };

/** @param said the word of the command: whoever says hold or abort wants a run to stop */
export async function waitUntilInForce(
  control: Control,
  stored: StoredAnswer,
  said: string,
  { timeoutMs, json }: Waiting,
): Promise<number> {
  const end = performance.now() + timeoutMs;
  const progress = new Progress();
  let goal: Goal = { epoch: stored.epoch, over: false };
  let look: Look | null = null;
  const interrupted = (): void => {
    process.stderr.write(`\n${goesOn(stored)}\n`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', interrupted);
  for (;;) {
    look = (await lookAt(control, stored, goal, () => progress.silent())) ?? look;
    if (look !== null) {
      goal = { epoch: look.epoch, over: look.run !== null && hasEnded(look.run) };
      progress.show(look);
    }
    const late = performance.now() >= end;
    const judged = look === null ? null : judge(look, said);
    if (judged === null && !late) {
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      continue;
    }
    progress.end();
    process.off('SIGINT', interrupted);
    return tell(judged ?? tooLate(look, stored), stored, look, json);
  }
}

/** null: the gate can't be asked just now, or has not read the board yet. */
async function lookAt(
  control: Control,
  stored: StoredAnswer,
  { epoch, over }: Goal,
  unanswered: () => void,
): Promise<Look | null> {
  try {
    if (stored.run === null) {
      const fleet = await control.get('/v1/fleet', fleetAnswer);
      return { run: null, waitsFor: null, needsPerson: false, fleet, epoch };
    }
    const found = await control.find(`/v1/runs/${stored.run}`, runAnswer);
    if (found === null || found.epoch < stored.epoch) return null;
    const fleet = await control.get('/v1/fleet', fleetAnswer);
    const { run, waitsFor, needsPerson } = found;
    // All gates need the board in which it was first seen to be over; later ones are others' business.
    const goal = over || !hasEnded(run) ? epoch : Math.max(epoch, found.epoch);
    return { run, waitsFor, needsPerson, fleet, epoch: goal };
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.failure) {
      unanswered();
      return null;
    }
    throw error;
  }
}

const hasEnded = (run: Run): boolean => run.endedAtMs !== null;

/** null: it goes on. */
function judge(look: Look, said: string): Outcome | null {
  const { run, fleet, epoch } = look;
  const inForce = isInForce(fleet, epoch);
  const everywhere = gatesText(fleet, epoch);
  if (run === null) return inForce ? orderedText(fleet, epoch, said, everywhere) : null;
  if (said === 'hold' || said === 'abort') {
    const stopped = said === 'hold' ? run.state === 'holding' : hasEnded(run);
    if (stopped && inForce)
      return { outcome: 'done', text: `${run.id} ${run.state}: ${run.note}; ${everywhere}` };
  }
  if (run.state === 'aborted' && said !== 'abort')
    return { outcome: 'failed', text: `${run.id} was aborted: ${run.note}` };
  if (run.state === 'running' && run.steps[run.at]?.do === 'wait' && look.waitsFor !== null)
    return inForce ? { outcome: 'done', text: `${run.id} is planned: ${look.waitsFor}` } : null;
  if (run.state === 'done')
    return inForce ? { outcome: 'done', text: `${run.id} ${run.note}; ${everywhere}` } : null;
  if (look.needsPerson && said !== 'hold') return { outcome: 'pending', text: nextText(look, run) };
  return null;
}

/** A freeze that a silent gate does not know is none there. */
function orderedText(fleet: FleetAnswer, epoch: number, said: string, everywhere: string): Outcome {
  const deaf = (fleet.gates ?? []).filter((g) => !g.living && g.epoch < epoch).map((g) => g.gate);
  if (said !== 'freeze' || deaf.length === 0)
    return { outcome: 'done', text: `done: ${everywhere}` };
  const text = `${everywhere}; ${deaf.join(', ')} may still let writes through: switch it off, or cut it off from its users`;
  return { outcome: 'pending', text };
}

function nextText({ waitsFor }: Look, run: Run): string {
  const why = `${run.id} ${run.state}: ${waitsFor ?? run.note}`;
  const step = run.steps[run.at];
  if (run.state === 'holding' && step?.do === 'release')
    return next(why, [`release resume ${step.name}`, `release rollback ${step.name}`]);
  const words =
    run.state === 'waiting'
      ? [`plan approve ${run.id}`, `plan abort ${run.id}`]
      : [
          `plan continue ${run.id}${fencedIn(why)}`,
          `plan abort ${run.id}`,
          `plan abort ${run.id} --back`,
        ];
  return next(why, words);
}

const next = (why: string, words: readonly string[]): string =>
  [why, 'next:', ...words.map((w) => `  zonegate ${w} --reason "…"`)].join('\n');

/** The gates that the reason names, ready to be typed. */
function fencedIn(why: string): string {
  const names = /--fenced (\S+)/.exec(why)?.[1];
  return names === undefined ? '' : ` --fenced ${names}`;
}

const goesOn = ({ what, run }: StoredAnswer): string =>
  `${what} is stored and goes on by itself; look with: zonegate status${run === null ? '' : `, stop it with: zonegate plan hold ${run} or plan abort ${run}`}`;

function tooLate(look: Look | null, stored: StoredAnswer): Outcome {
  const how =
    look === null ? 'the gate does not answer any more' : gatesText(look.fleet, look.epoch);
  return {
    outcome: 'timeout',
    text: `the time is over: ${how}. ${goesOn(stored)}`,
  };
}

function tell(ending: Outcome, stored: StoredAnswer, look: Look | null, json: boolean): number {
  process.stderr.write(`${ending.text}\n`);
  if (json) {
    const { outcome } = ending;
    const report = { outcome, stored, run: look?.run ?? null, fleet: look?.fleet ?? null };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  }
  return CODES[ending.outcome];
}
