/** What becomes of a command. */
import { fail, type Result } from '../model/result.ts';
import type { Board, WafMode } from './board.ts';
import type { Plan } from './run.ts';
import type { Refusal } from './safety.ts';

export interface Applied {
  readonly board: Board;
  /** The run it began or spoke to; null for what is done at once. */
  readonly run: string | null;
  /** For the trail. */
  readonly what: string;
}

export interface At {
  readonly nowMs: number;
  /** The gate that takes the command: it carries out what it begins. */
  readonly me: string;
  readonly plans: ReadonlyMap<string, Plan>;
  /** Declared rules of mirroring; none where it is absent. */
  readonly mirrors?: readonly string[];
  /** null, or absent: no firewall is declared. */
  readonly firewall?: DeclaredFirewall | null;
}

/** What orders to the firewall can be about. */
export interface DeclaredFirewall {
  /** Of each policy. */
  readonly modes: ReadonlyMap<string, WafMode>;
  /** Policies in which this very rule refuses requests; null: no policy has such a rule. */
  refusing(rule: number): readonly string[] | null;
}

export type Outcome = Result<Applied, Refusal>;

export const input = (message: string, passes: string): Outcome =>
  fail({ rule: 'input', message, passes });
