/**
 * The fleet's side of a gate, in memory: the real rules and the real runs, gates that oblige, and
 * time that flies. A few steps are taken whenever somebody asks for the gates, so nothing waits.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { advance } from '../../src/failover/advance.ts';
import { apply } from '../../src/failover/apply.ts';
import { type Board, EMPTY_BOARD, type GateInFleet } from '../../src/failover/board.ts';
import type { Command } from '../../src/failover/commands.ts';
import { forecast } from '../../src/failover/forecast.ts';
import type { Sight } from '../../src/failover/move.ts';
import type { Applied } from '../../src/failover/outcome.ts';
import type { Refusal } from '../../src/failover/safety.ts';
import type { IdcId } from '../../src/model/ids.ts';
import type { Result } from '../../src/model/result.ts';
import type { FleetDesk, Rehearsed, Standing, Submitted } from '../../src/shell/fleet/desk.ts';
import { type AuditLine, StoreError } from '../../src/shell/fleet/store.ts';
import { declaredFirewall } from '../../src/snapshot/declared-firewall.ts';
import type { Snapshot } from '../../src/snapshot/index.ts';
import { withBoard } from '../../src/snapshot/with-board.ts';
import { worldOf } from '../../src/snapshot/world.ts';
import { load, referenceWith } from './config.ts';

const PLANS = `apiVersion: zonegate/v1
kind: Fleet
store: { file: state }
stateDir: state
safety: { peakRps: 100000 }
---
apiVersion: zonegate/v1
kind: Plan
name: leave-hz1
steps:
  - { failover: { idc: hz1 } }
---
apiVersion: zonegate/v1
kind: Plan
name: by-hand
steps:
  - { confirm: is the data of RZ03 level? }
  - { failover: { zone: RZ01 } }
`;

/** The reference configuration with a fleet and two plans. */
export function fleetConfig(): string {
  const directory = referenceWith({ 'routes.yaml': [['      firewall: shop,\n', '']] });
  rmSync(join(directory, 'firewall.yaml'));
  rmSync(join(directory, 'plans'), { recursive: true });
  writeFileSync(join(directory, 'fleet.yaml'), PLANS);
  return directory;
}

const SILENT = { ageMs: 6000, leaseLeftMs: -1 };
const SPEAKING = { ageMs: 10, leaseLeftMs: 5000 };

export class StandInDesk implements FleetDesk {
  readonly #declared: Snapshot;
  #snapshot: Snapshot;
  nowMs = 1_800_000_000_000;
  readonly lines: AuditLine[] = [];
  /** Gates that stay at an epoch; negative: they have lost the fleet. */
  readonly lagging = new Map<string, number>();
  /** Why the store can't be reached. */
  down: string | null = null;
  unsure = false;
  replicas = { copies: null as number | null, wanted: 0 };
  stepsPerAsking = 50;
  /** Called once, between somebody's reading and his writing. */
  interfere: (() => void) | null = null;
  readonly given: Command[] = [];
  /** Nobody but a person knows whether data is level. */
  byPerson = false;

  constructor(snapshot: Snapshot = load(fleetConfig())) {
    this.#declared = snapshot;
    this.#snapshot = withBoard(snapshot, EMPTY_BOARD, false);
  }

  get board(): Board {
    return this.#snapshot.board;
  }

  current(): Snapshot {
    return this.#snapshot;
  }

  plans(): Snapshot['plans'] {
    return this.#declared.plans;
  }

  standing(): Standing {
    const down = this.down !== null;
    return {
      ...{ gate: 'g-hz1', idc: 'hz1', store: 'memory:', epoch: this.board.epoch, digest: 'd' },
      ...{ stale: down, neverSynced: false, sinceContactMs: down ? 60_000 : 5 },
      alarms: down ? ['the store has not answered for 60 s'] : [],
    };
  }

  store(board: Board, what: string, gate = 'g-hz1'): void {
    this.#snapshot = withBoard(this.#snapshot, board, false);
    const { by, reason, atMs, epoch } = board;
    const overrides = board.overrides.map((o) => o.rule);
    this.lines.unshift({ atMs, by, gate, what, reason, outcome: 'stored', epoch, overrides });
  }

  /** As if given at another gate. */
  give(command: Command): Applied {
    const given = this.#apply(command);
    if (!given.ok) throw new Error(given.error.message);
    this.store(given.value.board, given.value.what);
    return given.value;
  }

  submit(command: Command, ifEpoch: number | null): Promise<Submitted> {
    const { interfere } = this;
    this.interfere = null;
    interfere?.();
    if (this.down !== null) return Promise.resolve(this.#down());
    if (ifEpoch !== null && ifEpoch !== this.board.epoch)
      return Promise.resolve({ kind: 'conflict', board: this.board });
    this.given.push(command);
    const given = this.#apply(command);
    if (!given.ok) return Promise.resolve({ kind: 'refused', refusal: given.error });
    this.store(given.value.board, given.value.what);
    return Promise.resolve(this.#stored(given.value.run, given.value.what));
  }

  reassert(by: string, reason: string): Promise<Submitted> {
    if (this.down !== null) return Promise.resolve(this.#down());
    const epoch = this.board.epoch + 1;
    this.store({ ...this.board, epoch, by, reason, atMs: this.nowMs }, 'reassert');
    return Promise.resolve(this.#stored(null, 'reassert'));
  }

  rehearse(command: Command): Promise<Rehearsed> {
    const world = worldOf(this.#snapshot, null);
    const given = this.#apply(command);
    if (!given.ok) return Promise.resolve({ kind: 'refused', refusal: given.error });
    const { board, run, what } = given.value;
    const once = { boards: [{ board, what }], last: board, stopped: null };
    return Promise.resolve({
      kind: 'forecast',
      before: this.#snapshot,
      forecast: run === null ? once : forecast(board, run, world),
      shardRps: world.shardRps,
      what,
    });
  }

  gates(): Promise<readonly GateInFleet[]> {
    if (this.down !== null) return Promise.reject(new StoreError(this.down));
    for (let i = 0; i < this.stepsPerAsking; i++) if (!this.step()) break;
    return Promise.resolve(this.#gates());
  }

  audit(limit: number): Promise<readonly AuditLine[]> {
    return Promise.resolve(this.lines.slice(0, limit));
  }

  /** One step of whatever runs; false when there is nothing to do. */
  step(): boolean {
    const sight: Sight = {
      ...{
        nowMs: this.nowMs,
        me: 'g-hz1',
        gates: this.#gates(),
        fencing: 'strict',
        silentMs: 1500,
        stuck: [],
      },
      byPerson: this.byPerson,
      level: () => 'level',
    };
    const next = advance(this.board, worldOf(this.#snapshot, null), sight);
    if (next?.kind === 'commit') this.store(next.board, next.what);
    else if (next?.kind === 'wait' && next.text === 'soaking') this.nowMs += 1000;
    else return false;
    return true;
  }

  #gates(): GateInFleet[] {
    return ['hz1', 'hz2', 'sh1'].map((idc) => {
      const gate = `g-${idc}`;
      const late = this.lagging.get(gate);
      const epoch = late === undefined ? this.board.epoch : Math.abs(late);
      return {
        ...{ gate, idc: idc as IdcId, epoch, settled: epoch, trouble: null, zones: {} },
        ...{ adminUrl: null, ...(late !== undefined && late < 0 ? SILENT : SPEAKING) },
        digest: '',
        appliedAtMs: this.board.atMs + (gate === 'g-sh1' ? 40 : 10),
      };
    });
  }

  #apply(command: Command): Result<Applied, Refusal> {
    const mirrors = this.#snapshot.mirror?.rules.map((r) => r.name) ?? [];
    const firewall = declaredFirewall(this.#snapshot.firewall);
    const at = { nowMs: this.nowMs, me: 'g-hz1', plans: this.plans(), mirrors, firewall };
    return apply(this.board, command, worldOf(this.#snapshot, null), at);
  }

  #stored(run: string | null, what: string): Submitted {
    const { copies, wanted } = this.replicas;
    return { kind: 'stored', board: this.board, run, what, copies, replicasWanted: wanted };
  }

  #down(): Submitted {
    return { kind: 'store-down', why: this.down ?? '', unsure: this.unsure };
  }
}
