/** Switches one after the other through any gate, until each is in force at all; and losses of the store. */
import { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { type GateProcesses, IDCS, type IdcName } from './gates.ts';

const SHARDS = 100;
const PATIENCE_MS = 30_000;

export class Spread {
  readonly fleet: GateProcesses;
  /** From the order, and from its answer, to in force at the last gate. */
  readonly fromOrderMs: number[] = [];
  readonly fromAnswerMs: number[] = [];
  readonly faults: string[] = [];
  losses = 0;
  /** Switches that a loss of the store has undone, each with an alarm. */
  undone = 0;
  /** Shards whose writes are refused, as was ordered. */
  #ordered = new Set<number>();

  constructor(fleet: GateProcesses) {
    this.fleet = fleet;
  }

  readonly any = (): IdcName => IDCS[Math.floor(Math.random() * IDCS.length)]!;

  async order(at = this.any()): Promise<number> {
    const shard = Math.floor(Math.random() * SHARDS);
    const lifts = this.#ordered.has(shard);
    const scope = { kind: 'shards', shards: [shard] };
    const taken = await this.fleet.order(at, { do: lifts ? 'unfreeze' : 'freeze', scope });
    if (lifts) this.#ordered.delete(shard);
    else this.#ordered.add(shard);
    return taken.epoch;
  }

  async converged(epoch: number, idcs: readonly IdcName[] = IDCS): Promise<number> {
    const watches = idcs.map((idc) => this.fleet.watches.get(idc)!);
    await until(
      `epoch ${epoch} at ${idcs.join()}`,
      () => watches.every((w) => w.highest >= epoch),
      PATIENCE_MS,
    );
    return Math.max(...watches.map((w) => w.reachedMs(epoch)!));
  }

  async one(): Promise<void> {
    const orderedMs = Date.now();
    const epoch = await this.order();
    const answeredMs = Date.now();
    const lastMs = await this.converged(epoch);
    this.fromOrderMs.push(lastMs - orderedMs);
    this.fromAnswerMs.push(Math.max(0, lastMs - answeredMs));
  }

  /** Killed, and back with nothing: it keeps nothing on disk. */
  async killStore(): Promise<void> {
    await this.fleet.redis.kill();
    const before = this.#alarms();
    await this.fleet.redis.start();
    await this.#mended(before, IDCS);
  }

  /**
   * A replica that has missed the last changes takes the master's place. @param lagging a gate that has
   * missed them too, and is given an order before anybody knows
   */
  async promoteStale(lagging: IdcName | null): Promise<void> {
    const { redis } = this.fleet;
    const replica = new RedisServer({ directory: this.fleet.state }, redis.port + 1);
    const others = IDCS.filter((idc) => idc !== lagging);
    try {
      await replica.start();
      await replica.follow(redis);
      await replica.command('REPLICAOF', 'NO', 'ONE');
      if (lagging !== null) this.fleet.processes.get(lagging)!.kill('SIGSTOP');
      for (let i = 0; i < 3; i++) await this.converged(await this.order(others[0]), others);
      await redis.kill();
      const before = this.#alarms();
      await redis.start();
      await redis.follow(replica);
      await redis.command('REPLICAOF', 'NO', 'ONE');
      if (lagging !== null) {
        this.fleet.processes.get(lagging)!.kill('SIGCONT');
        await until('the gate that lagged to judge an order', () => this.#tried(lagging));
      }
      await this.#mended(before, others);
    } finally {
      await replica.kill();
    }
  }

  async #tried(at: IdcName): Promise<boolean> {
    const scope = { kind: 'shards', shards: [0] };
    const [status] = await this.fleet.post(at, '/v1/commands', { do: 'freeze', scope });
    if (status === 200) this.#ordered.add(0);
    // Refused where the gates that know more have told the store so already.
    return status === 200 || status === 422;
  }

  #alarms(): number {
    return IDCS.reduce((sum, idc) => sum + this.fleet.watches.get(idc)!.alarms.length, 0);
  }

  /** Somebody sees the alarm, and says that a gate knows better. @param knowing such gates */
  async #mended(alarmsBefore: number, knowing: readonly IdcName[]): Promise<void> {
    this.losses++;
    await until('an alarm', () => this.#alarms() > alarmsBefore, PATIENCE_MS);
    const at = knowing[Math.floor(Math.random() * knowing.length)]!;
    const epoch = await until(
      'the board to be asserted',
      async () => {
        const [status, said] = await this.fleet.post(at, '/v1/reassert', {});
        return status === 200 ? Number(said.epoch) : null;
      },
      PATIENCE_MS,
    );
    await this.converged(epoch);
    const inForce = await this.#frozenAt(at);
    const missing = [...this.#ordered].filter((s) => !inForce.has(s));
    this.undone += missing.length;
    this.#ordered = inForce;
  }

  async #frozenAt(idc: IdcName): Promise<Set<number>> {
    const { switches } = await this.fleet.board(idc);
    return new Set(
      switches.flatMap((s) =>
        s.action === 'freeze' && s.scope.kind === 'shards' ? [...s.scope.shards] : [],
      ),
    );
  }

  /** Nothing is lost, nothing fell, and all gates hold the same board. */
  async check(): Promise<void> {
    const standings = await Promise.all(IDCS.map((idc) => this.fleet.standing(idc)));
    const digests = new Set(standings.map((s) => s.digest));
    if (digests.size !== 1) this.faults.push(`gates differ: ${JSON.stringify(standings)}`);
    for (const idc of IDCS) {
      const { fell } = this.fleet.watches.get(idc)!;
      if (fell > 0) this.faults.push(`epochs of ${idc} fell ${fell} times`);
      const inForce = await this.#frozenAt(idc);
      const missing = [...this.#ordered].filter((s) => !inForce.has(s));
      const surplus = [...inForce].filter((s) => !this.#ordered.has(s));
      if (missing.length + surplus.length > 0)
        this.faults.push(`${idc} lacks ${missing.join()} and has ${surplus.join()} too many`);
    }
  }
}
