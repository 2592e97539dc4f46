/**
 * DESIGN. A whole fleet in one process, with a clock that is only a number: gates, their disks, the
 * store, operators, clients, applications, and what goes wrong between them. What decides is the code
 * that decides in earnest: `apply`, `advance`, `decide`, `withBoard`, the signed hand-over. A history
 * is a list of events made from a seed, so it can be played again, and with events left out: one that
 * breaks an invariant is made short before anybody has to read it. Missing on purpose: bytes, and any
 * clock or chance of the machine.
 */
import type { Snapshot } from '../snapshot/index.ts';
import { Dice } from './dice.ts';
import type { Planned } from './events.ts';
import type { Behaviour, Fleet, Line } from './fleet.ts';
import { generate } from './generate.ts';
import { AS_IT_IS, play, prepare } from './play.ts';
import { shrink } from './shrink.ts';

export interface SimulationOptions {
  readonly snapshot: Snapshot;
  readonly gates: number;
  readonly seed: string;
  readonly steps: number;
  /** The plan to begin with; null: none. */
  readonly plan: string | null;
  /** Faulty parts, for tests. */
  readonly behaviour?: Partial<Behaviour>;
}

export interface SimulationOutcome {
  /** null: every invariant held. */
  readonly broken: string | null;
  readonly seed: string;
  readonly steps: number;
  readonly gates: readonly string[];
  readonly fencing: 'strict' | 'lease';
  readonly counts: Readonly<Record<string, number>>;
  /** Of virtual time. */
  readonly seconds: number;
  readonly users: number;
  /** In which they can show who they are. */
  readonly ways: number;
  /** The shortest history found that breaks one. */
  readonly events: readonly Planned[];
  readonly history: readonly Line[];
  /** Histories tried to find it. */
  readonly trials: number;
}

const MOST_TRIALS = 400;

export function simulateFleet(options: SimulationOptions): SimulationOutcome {
  const behaviour = { ...AS_IT_IS, ...options.behaviour };
  const setting = { ...options, behaviour };
  const fleet = prepare(setting);
  const around = {
    ...{ gates: fleet.gates.length, base: fleet.base, world: fleet.world, users: fleet.users },
    ...{ ways: fleet.ways.length, plan: options.plan },
  };
  const all = generate(around, options.steps, new Dice(`${options.seed} events`));
  play(fleet, all);
  if (fleet.broken === null) return outcome(fleet, options.steps, [], 0);
  const rule = ruleOf(fleet.broken);
  let trials = 0;
  const trial = (events: readonly Planned[]): Fleet => {
    trials++;
    const again = prepare(setting);
    play(again, events);
    return again;
  };
  const until = all.filter((e) => e.atMs <= fleet.clock.nowMs);
  const events = shrink(until, (some) => ruleOf(trial(some).broken ?? '') === rule, MOST_TRIALS);
  return outcome(trial(events), options.steps, events, trials);
}

/** A shorter history counts when it breaks the same invariant. */
const ruleOf = (broken: string): string => broken.split(':', 1)[0]!;

const outcome = (
  fleet: Fleet,
  steps: number,
  events: readonly Planned[],
  trials: number,
): SimulationOutcome => ({
  broken: fleet.broken,
  seed: fleet.seed,
  steps,
  gates: fleet.gates.map((g) => g.name),
  fencing: fleet.settings.fencing,
  counts: Object.fromEntries([...fleet.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  seconds: Math.round(fleet.clock.nowMs / 1000),
  users: fleet.users.length,
  ways: fleet.ways.length,
  events,
  history: fleet.history,
  trials,
});
