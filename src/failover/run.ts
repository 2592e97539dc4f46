/**
 * A plan under way, as plain data in the board: any gate can go on with it, because its place is
 * here and nowhere else. A command that moves users is a run of one step.
 */
import type { ReleaseGates } from '../release/gates.ts';
import type { MoveMode, OneApp, ReleaseScope, Scope, Signature } from './board.ts';

/** When to hold: by what the gates have measured of the zones that take the users. */
export interface StopWhen {
  /** Percent of answers that are 5xx or none; null: not judged. */
  readonly errorPercent: number | null;
}

/**
 * Moves users: every shard that the scope owns, or that was taken from it. pop-out: shards, to an
 * elastic zone; pop-back: those that were popped out, by shards or by the elastic zone.
 */
export interface MoveStep {
  readonly do: 'drain' | 'failover' | 'restore' | 'move' | 'pop-out' | 'pop-back';
  readonly scope: Scope;
  /** Only this app of them; null: of pop-back whatever is out, else all that lives with the shard. */
  readonly app: OneApp;
  /**
   * partner: `dr.local`, or `dr.remote` where that can't serve. Else local, remote, a zone. Of a
   * pop-back that is due, the switch: part of its shards may have been popped out anew meanwhile.
   */
  readonly to: string;
  /** 1 … 100 of the shards in scope. */
  readonly percent: number;
  /** Shards moved in all after each stage; behind the last, the rest at once. */
  readonly pace: readonly number[];
  /** Seconds between stages. */
  readonly soakS: number;
  readonly mode: MoveMode;
  readonly stopWhen: StopWhen;
  /** restore, pop-back: only what was ordered for this very scope, and not what lies within it. */
  readonly exact: boolean;
}

/** Changes a standing order, at once. */
export interface OrderStep {
  readonly do: 'freeze' | 'unfreeze' | 'off' | 'on' | 'weigh';
  readonly scope: Scope;
  /** weigh: 0 … 100 of a group, or of a gzone or czone, taken out of service. */
  readonly percent: number;
  /** off, weigh: what is under way there ends after so long; null: as it likes. */
  readonly endWithinS: number | null;
}

/** Moves users from one group to another, stage by stage, while the new group does well. */
export interface ReleaseStep extends ReleaseScope {
  readonly do: 'release';
  /** Percent, rising; the last is where it ends. */
  readonly stages: readonly number[];
  /** Seconds at each stage, at least. */
  readonly soakS: number;
  readonly gates: ReleaseGates;
}

export type Step =
  | MoveStep
  | OrderStep
  | ReleaseStep
  /** Waits until somebody says `continue`. */
  | { readonly do: 'confirm'; readonly text: string }
  | { readonly do: 'soak'; readonly soakS: number }
  /** Until then, by the wall clock. */
  | { readonly do: 'wait'; readonly untilMs: number };

/** zone, IDC, city: what is at stake, and so how many must agree. */
export const LEVELS = ['zone', 'idc', 'city'] as const;
export type Level = (typeof LEVELS)[number];

export interface Plan {
  readonly name: string;
  readonly level: Level;
  readonly steps: readonly Step[];
  /** What becomes of what is done when a run is stopped by its own conditions. */
  readonly onTrouble: 'hold' | 'back';
}

/** Shards on one way. */
export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly app: OneApp;
  readonly shards: readonly number[];
}

export const RUN_STATES = ['waiting', 'running', 'holding', 'aborting', 'done', 'aborted'] as const;
type RunState = (typeof RUN_STATES)[number];

export interface Run extends Signature, Plan {
  /** `r1`, `r2`, … */
  readonly id: string;
  readonly state: RunState;
  /** Why it waits, holds or ended. */
  readonly note: string;
  /** Index of the step under way. */
  readonly at: number;
  /** Legs of this step that have not begun; null before the step has. */
  readonly queue: readonly Leg[] | null;
  /** Shards of this step whose moves are over; of a release, the percent it has come to. */
  readonly moved: number;
  /** Wall clock; null while nothing soaks. */
  readonly soakUntilMs: number | null;
  /** Somebody has agreed what the step waits for, or what a catch-up check asks. */
  readonly agreed: boolean;
  /** Who stands behind it: the first has given the command. */
  readonly approvals: readonly string[];
  /** Gates that an operator says can't write any more: nobody waits for them. */
  readonly fenced: readonly string[];
  /** The gate that carries it out. */
  readonly steward: string | null;
  /** Safety rules set aside for it, and until when. */
  readonly overrode: readonly string[];
  readonly overrodeUntilMs: number;
  /** What has flipped so far, in order. */
  readonly done: readonly (Leg & { readonly step: number })[];
  /** A drill goes back by itself so long after it is done; null: no drill. */
  readonly returnAfterS: number | null;
  readonly returnAtMs: number | null;
  /** When what it ordered ends by itself; null: never. */
  readonly untilMs: number | null;
  readonly endedAtMs: number | null;
  /** The last lines, oldest first. */
  readonly log: readonly { readonly atMs: number; readonly text: string }[];
}

const MOVE_STEPS: readonly string[] = [
  'drain',
  'failover',
  'restore',
  'move',
  'pop-out',
  'pop-back',
];
export const isMoveStep = (step: Step): step is MoveStep => MOVE_STEPS.includes(step.do);

/** Safety rules that do not hold for the run at this moment. */
export const asideOf = (run: Run, nowMs: number): readonly string[] =>
  nowMs < run.overrodeUntilMs ? run.overrode : [];

export const isOver = (run: Run): boolean => run.state === 'done' || run.state === 'aborted';

/** `ops/ann`: what stands before the slash has been proven, the rest is his own word. */
export const personOf = (by: string): string => by.split('/', 1)[0]!;

/** A plan is as grave as its gravest step. */
export function levelOf(steps: readonly Step[]): Level {
  const grave = steps.map((s) => ('scope' in s ? LEVELS.indexOf(s.scope.kind as Level) : 0));
  return LEVELS[Math.max(0, ...grave)]!;
}
