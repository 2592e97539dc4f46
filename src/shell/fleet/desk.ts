/** What the control API asks of the fleet’s side of a gate; `main.ts` hands it over. */
import type { Board, GateInFleet } from '../../failover/board.ts';
import type { Command } from '../../failover/commands.ts';
import type { Forecast } from '../../failover/forecast.ts';
import type { Plan } from '../../failover/run.ts';
import type { Refusal } from '../../failover/safety.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { AuditLine } from './store.ts';

export type Submitted =
  | {
      readonly kind: 'stored';
      readonly board: Board;
      readonly run: string | null;
      readonly what: string;
      /** Replicas that have it; null where the store has none to ask, or none was asked. */
      readonly copies: number | null;
      readonly replicasWanted: number;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Somebody else was first, or `ifEpoch` is not the epoch any more. */
  | { readonly kind: 'conflict'; readonly board: Board }
  /** Whether it was stored is not known where `unsure`. Nothing else has changed. */
  | { readonly kind: 'store-down'; readonly why: string; readonly unsure: boolean };

export type Rehearsed =
  | {
      readonly kind: 'forecast';
      readonly before: Snapshot;
      readonly forecast: Forecast;
      readonly shardRps: number | null;
      /** For what would be done at once: the board itself. */
      readonly what: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Standing {
  readonly gate: string;
  readonly idc: string;
  readonly store: string;
  /** Epoch of the board in force here. */
  readonly epoch: number;
  readonly digest: string;
  /** Nothing has been read from the store for longer than the lease. */
  readonly stale: boolean;
  /** This gate has never seen a board, in the store or on disk. */
  readonly neverSynced: boolean;
  /** Since the store was last read, in milliseconds; null: never. */
  readonly sinceContactMs: number | null;
  /** What is wrong with the store or the board, in sentences. */
  readonly alarms: readonly string[];
}

export interface FleetDesk {
  current(): Snapshot;
  standing(): Standing;
  /** Declared plans, by name. */
  plans(): ReadonlyMap<string, Plan>;
  /** @param ifEpoch the epoch that the board must have; null: whatever it has */
  submit(command: Command, ifEpoch: number | null): Promise<Submitted>;
  /** The same, in thought: nothing is stored. */
  rehearse(command: Command): Promise<Rehearsed>;
  /** Puts this gate's board into a store that went backwards, under a higher epoch. */
  reassert(by: string, reason: string): Promise<Submitted>;
  /** Rejects with a StoreError when the store can't be asked. */
  gates(): Promise<readonly GateInFleet[]>;
  /** Newest first; from the store, or what this gate has written itself while that is down. */
  audit(limit: number): Promise<readonly AuditLine[]>;
}
