/** Fleets of gates without their listeners: the fleet's side of each, on one store. */

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Move, ZoneMeasure } from '../../src/failover/board.ts';
import { commandSchema } from '../../src/failover/commands.ts';
import type { FleetSettings } from '../../src/failover/compile-fleet.ts';
import type { IdcId } from '../../src/model/ids.ts';
import type { ReleaseMeasure } from '../../src/release/measure.ts';
import type { Submitted } from '../../src/shell/fleet/desk.ts';
import { Fleet } from '../../src/shell/fleet/fleet.ts';
import { LastGood } from '../../src/shell/fleet/last-good.ts';
import type { BoardStore } from '../../src/shell/fleet/store.ts';
import { Trail } from '../../src/shell/fleet/trail.ts';
import { Holder } from '../../src/shell/holder.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { reference } from './config.ts';

export interface TestGate {
  readonly fleet: Fleet;
  readonly holder: Holder;
  /** Epochs that came into force, in order. */
  readonly epochs: number[];
  readonly said: string[];
  /** Writes that the gate still has under way. */
  writes: (moves: readonly Move[]) => boolean;
  measures: Record<string, ZoneMeasure>;
  stop(): Promise<void>;
}

export interface TestGateOptions {
  readonly name: string;
  readonly idc: string;
  readonly store: BoardStore;
  /** The gate's own disk. */
  readonly state: string;
  /** The reference configuration when absent. */
  readonly declared?: Snapshot;
  readonly settings?: Partial<FleetSettings>;
  /** What it has counted of releases. */
  readonly releases?: () => Readonly<Record<string, ReleaseMeasure>>;
}

/** Started: it has read the store once, or waited long enough. */
export async function testGate(options: TestGateOptions): Promise<TestGate> {
  const snapshot = options.declared ?? reference();
  const settings = { ...snapshot.fleet!, ...FAST, ...options.settings };
  const holder = new Holder({ ...snapshot, fleet: settings });
  const gate: Omit<TestGate, 'fleet' | 'stop'> = {
    ...{ holder, epochs: [], said: [], measures: {}, writes: () => false },
  };
  const state = join(options.state, options.name);
  const fleet = new Fleet(
    {
      ...{ gate: options.name, idc: options.idc as IdcId, adminUrl: null, store: options.store },
      ...{ disk: new LastGood(state), trail: new Trail(state) },
    },
    () => settings,
    {
      current: holder.current,
      publish: (board, lost) => {
        gate.epochs.push(board.epoch);
        holder.publish(withBoard(holder.current(), board, lost));
      },
      writesUnderWay: (moves) => gate.writes(moves),
      measures: () => gate.measures,
      releases: () => options.releases?.() ?? {},
      log: (level, text, details) =>
        void gate.said.push(`${level} ${text} ${JSON.stringify(details)}`),
    },
  );
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await fleet.stop();
    stopped = true;
  };
  onTestFinished(stop);
  await fleet.start();
  return Object.assign(gate, { fleet, stop });
}

const FAST = { leaseMs: 2000, beatMs: 200, pollMs: 300 } as const;

/** For those who must be obeyed; nothing soaks. */
export async function obeyed(gate: TestGate, c: Record<string, unknown>): Promise<Submitted> {
  const moves = ['drain', 'failover', 'restore', 'move'].includes(String(c.do));
  const whole = { by: 'ann', reason: 'because', ...(moves ? { soakS: 0 } : {}), ...c };
  const submitted = await gate.fleet.submit(commandSchema.parse(whole), null);
  if (submitted.kind !== 'stored') throw new Error(JSON.stringify(submitted).slice(0, 500));
  return submitted;
}
