/**
 * DESIGN. This gate's part in the fleet: keeps its board level with the store's, carries runs on,
 * takes commands. The store may be away for as long as it likes; nothing but freshness suffers.
 * Missing on purpose: anything that a request would have to wait for.
 */
import { performance } from 'node:perf_hooks';
import type {
  Board,
  GateAck,
  GateInFleet,
  Move,
  SceneMeasure,
  ZoneMeasure,
} from '../../failover/board.ts';
import type { Command } from '../../failover/commands.ts';
import type { FleetSettings } from '../../failover/compile-fleet.ts';
import { homesOf } from '../../failover/owners.ts';
import type { World } from '../../failover/safety.ts';
import type { IdcId } from '../../model/ids.ts';
import type { ReleaseMeasure } from '../../release/measure.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { worldOf } from '../../snapshot/world.ts';
import { rangesText } from '../../zone/compile-rules.ts';
import { ownsShards } from '../../zone/topology.ts';
import { Clerk } from './clerk.ts';
import type { FleetDesk, Rehearsed, Standing, Submitted } from './desk.ts';
import { type AlarmKind, BoardKeeper } from './keeper.ts';
import type { LastGood } from './last-good.ts';
import { Lineage } from './lineage.ts';
import { Roll } from './roll.ts';
import { Steward } from './steward.ts';
import type { AuditLine, BoardStore } from './store.ts';
import { Sync } from './sync.ts';
import type { Trail } from './trail.ts';

export interface FleetHooks {
  current(): Snapshot;
  /** The board comes into force. @param lost this gate has lost the fleet for longer than its lease */
  publish(board: Board, lost: boolean, cause: string): void;
  writesUnderWay(moves: readonly Move[]): boolean;
  measures(): Readonly<Record<string, ZoneMeasure>>;
  releases(): Readonly<Record<string, ReleaseMeasure>>;
  /** Load tests by scene. */
  scenes?(): Readonly<Record<string, SceneMeasure>>;
  log(level: 'info' | 'warn' | 'error', text: string, details: Record<string, unknown>): void;
}

export interface FleetParts {
  /** Unique in the fleet. */
  readonly gate: string;
  readonly idc: IdcId;
  readonly adminUrl: string | null;
  readonly store: BoardStore;
  readonly disk: LastGood;
  readonly trail: Trail;
}

/** Requests say it by the thousand. */
const PEER_NEWS_MS = 50;
/** Serving waits no longer for a store that does not answer. */
const FIRST_READ_MS = 2000;

export class Fleet implements FleetDesk {
  readonly #parts: FleetParts;
  readonly #hooks: FleetHooks;
  readonly #settings: () => FleetSettings;
  readonly keeper: BoardKeeper;
  readonly #sync: Sync;
  readonly #steward: Steward;
  readonly #clerk: Clerk;
  readonly #lineage = new Lineage();
  readonly #roll: Roll;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** As the store showed them last. */
  #lastGates: readonly GateInFleet[] = [];

  /** @param settings as declared now; store and stateDir are read once */
  constructor(parts: FleetParts, settings: () => FleetSettings, hooks: FleetHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#settings = settings;
    this.#roll = new Roll(parts.gate);
    this.keeper = new BoardKeeper(parts.disk, {
      world: () => this.#declaredWorld(),
      publish: (board, cause) => this.#enforce(board, cause),
      writesUnderWay: (moves) => hooks.writesUnderWay(moves),
      alarm: (kind, text) => this.#alarm(kind, text),
      changed: () => this.#sync.beat(),
    });
    this.#sync = new Sync(parts.store, settings, {
      ack: () => this.#ack(),
      read: (stored, cause) => {
        this.keeper.take(stored, cause);
        this.#steward.wake();
      },
      unreadable: (why) => this.keeper.garbage(why),
      leaseTurned: (lost) => this.#leaseTurned(lost),
      reached: (why) => this.#reached(why),
      failed: (error) =>
        hooks.log('error', 'a board can’t be put in force: this is a bug', {
          error: String(error),
        }),
    });
    this.#clerk = new Clerk({
      ...{ gate: parts.gate, store: parts.store, trail: parts.trail },
      ...{ keeper: this.keeper, sync: this.#sync },
      current: () => hooks.current(),
      gates: () => this.gates().catch(() => this.#lastGates),
      world: (gates) => this.#measuredWorld(gates),
      stored: () => this.#steward.wake(),
    });
    this.#steward = new Steward({
      me: parts.gate,
      board: () => this.keeper.board,
      world: (gates) => this.#measuredWorld(gates),
      settings,
      gates: () => this.gates(),
      judged: (gate) => this.#lineage.judged(gate),
      commit: (next, what) => this.#clerk.commitRun(next, what),
      log: (text, details) => hooks.log('info', text, details),
      failed: (error) => hooks.log('warn', 'a run can’t go on', { error: String(error) }),
    });
  }

  /** @returns when the gate has the newest board it can get in time */
  async start(): Promise<void> {
    await this.keeper.restore();
    await this.#sync.start(FIRST_READ_MS);
    await this.#adopt();
    if (!this.keeper.everSynced)
      this.#hooks.log('warn', 'no board yet: serving as declared', {
        store: this.#parts.store.name,
      });
  }

  /**
   * The first gate writes the declared table down: from then on only switches change it, whatever files
   * other gates start with, and in whatever order.
   */
  async #adopt(): Promise<void> {
    const { owners } = this.#hooks.current().rules;
    const knows = this.#sync.sinceContactMs !== null && this.#sync.down === null;
    if (!knows || this.keeper.board.epoch > 0 || owners.length === 0) return;
    await this.#clerk.adopt(owners);
  }

  /** Leaves the fleet: nobody waits for this gate any more. */
  async stop(): Promise<void> {
    this.#steward.close();
    await this.#sync.stop();
    await this.#parts.store.leave(this.#parts.gate).catch(() => undefined);
    await this.#parts.store.close().catch(() => undefined);
  }

  /** Another gate knows a newer board. */
  mayBeBehind(): void {
    const nowMs = performance.now();
    if (nowMs - this.#askedMs < PEER_NEWS_MS) return;
    this.#askedMs = nowMs;
    this.#sync.refresh('a peer is ahead');
  }

  #enforce(board: Board, cause: string): void {
    this.#lineage.note(board.epoch, this.keeper.digest);
    this.#hooks.publish(board, this.#sync.lost, cause);
    const { epoch, by, reason, atMs } = board;
    this.#hooks.log('info', 'board in force', { cause, board: epoch, by, reason });
    this.#parts.trail.append({
      ...{ atMs, by, gate: this.#parts.gate, what: `in force (${cause})`, reason },
      ...{ outcome: 'in force', epoch, overrides: board.overrides.map((o) => o.rule) },
    });
  }

  #leaseTurned(lost: boolean): void {
    const level = lost ? 'warn' : 'info';
    const text = lost
      ? 'this gate has lost the fleet: shards under way take no writes here'
      : 'this gate is in the fleet';
    this.#hooks.log(level, text, { leaseMs: this.#settings().leaseMs });
    this.#hooks.publish(this.keeper.board, lost, text);
  }

  #reached(why: string | null): void {
    const { name } = this.#parts.store;
    if (why === null) this.#hooks.log('info', 'the store can be reached', { store: name });
    else {
      this.#roll.doubt(performance.now());
      this.#hooks.log('warn', 'the store can’t be reached; the last board stays', {
        store: name,
        why,
      });
    }
  }

  #alarm(kind: AlarmKind, text: string | null): void {
    if (text === null) this.#hooks.log('info', 'alarm over', { alarm: kind });
    else this.#hooks.log('error', text, { alarm: kind });
  }

  #ack(): GateAck {
    const { gate, idc, adminUrl } = this.#parts;
    const { trouble } = this.keeper;
    return {
      gate,
      idc,
      adminUrl,
      trouble,
      zones: this.#hooks.measures(),
      releases: this.#hooks.releases(),
      ...(this.#hooks.current().stress === null || this.#hooks.scenes === undefined
        ? {}
        : { stress: this.#hooks.scenes() }),
      ...this.keeper.acknowledged,
    };
  }

  /** By what every gate can see: so all judge a board alike. */
  #declaredWorld(): World {
    return worldOf(this.#hooks.current(), null, this.#settings());
  }

  /** Where no peak is declared, what all gates measure together. */
  #measuredWorld(gates: readonly GateInFleet[]): World {
    const { zones } = this.#hooks.current().topology;
    const sharded = new Set<string>([...zones.values()].filter(ownsShards).map((z) => z.id));
    let rps = 0;
    for (const gate of gates.filter((g) => g.leaseLeftMs > 0))
      for (const [zone, seen] of Object.entries(gate.zones)) if (sharded.has(zone)) rps += seen.rps;
    return worldOf(this.#hooks.current(), rps > 0 ? rps : null, this.#settings());
  }

  current(): Snapshot {
    return this.#hooks.current();
  }

  plans(): Snapshot['plans'] {
    return this.#hooks.current().plans;
  }

  standing(): Standing {
    const { gate, idc, store } = this.#parts;
    const { sinceContactMs } = this.#sync;
    const { leaseMs, pollMs } = this.#settings();
    const { board, digest, alarms, everSynced } = this.keeper;
    const stale = sinceContactMs === null || sinceContactMs > Math.max(leaseMs, 3 * pollMs);
    const down = this.#sync.down === null ? [] : [`the store can’t be reached: ${this.#sync.down}`];
    return {
      ...{ gate, idc, store: store.name, epoch: board.epoch, digest, stale, sinceContactMs },
      neverSynced: !everSynced && sinceContactMs === null,
      alarms: [...down, ...alarms.values(), ...this.#drift(board)],
    };
  }

  /** Files that say something else than the board: the board counts, and somebody should know. */
  #drift(board: Board): string[] {
    const { rules } = this.#hooks.current();
    const homes = homesOf(board, rules);
    const other = rules.owners.flatMap((owner, shard) => (homes[shard] === owner ? [] : [shard]));
    if (other.length === 0) return [];
    return [
      `Rules.shards gives shards ${rangesText(other)} other owners than the board, which counts: zonegate move declared, or mend the file`,
    ];
  }

  /** Gauges for metrics. */
  get lost(): boolean {
    return this.#sync.lost;
  }

  get storeUp(): boolean {
    return this.#sync.down === null && this.#sync.sinceContactMs !== null;
  }

  get knownGates(): readonly GateInFleet[] {
    return this.#lastGates;
  }

  async gates(): Promise<readonly GateInFleet[]> {
    const askedMs = performance.now();
    const listed = await this.#parts.store.fleet();
    this.#lastGates = this.#roll.complete(listed, askedMs, performance.now());
    return this.#lastGates;
  }

  async audit(limit: number): Promise<readonly AuditLine[]> {
    return this.#parts.store.audit(limit).catch(() => this.#parts.trail.last(limit));
  }

  submit(command: Command, ifEpoch: number | null): Promise<Submitted> {
    return this.#clerk.submit(command, ifEpoch);
  }

  rehearse(command: Command): Promise<Rehearsed> {
    return this.#clerk.rehearse(command);
  }

  reassert(by: string, reason: string): Promise<Submitted> {
    return this.#clerk.reassert(by, reason);
  }
}
