/**
 * Load tests on their way through this gate: let in or turned away, and cut when people stop their
 * scene. Nothing here is touched by requests of users.
 */
import type { Forward } from '../../decide/decision.ts';
import { ENDED, endOf, type Refused } from '../../decide/stress.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Scene } from '../../stress-tag/index.ts';
import { answer, type GateAnswer } from './gate-answer.ts';
import { type Over, StressQuota } from './stress-quota.ts';

export type StressRefusal = Over | 'pressure';

/** Somebody whose request belongs to a load test. */
interface StressExchange {
  /** Its scene is to go on no longer. */
  stopStress(why: GateAnswer): void;
}

const END_RETRY_S = 60;

const answerOf = ({ reason }: Refused): GateAnswer =>
  answer(503, reason.code, reason.means, 'destination_unavailable', END_RETRY_S);

export class StressTraffic {
  readonly quota = new StressQuota();
  /** By scene, those under way here; entered here, or handed over. Bounded by declared names. */
  readonly #underWay = new Map<string, Set<StressExchange>>();
  /** By scene and reason: turned away. */
  readonly refused = new Map<string, Record<StressRefusal, number>>();
  /** Requests that were under way when their scene was stopped. */
  cut = 0;

  /** @returns why it is turned away; null: it is under way, until `end` */
  begin(exchange: StressExchange, decision: Forward, snapshot: Snapshot): StressRefusal | null {
    const { lane, pass, from } = decision;
    const scene = lane === null ? undefined : snapshot.stress?.scenes.get(lane.name);
    if (scene === undefined) return null;
    // Behind a hand-over it has been counted where it came in.
    const over = from === 'peer' ? null : this.quota.enter(scene, pass, performance.now());
    if (over !== null) return this.refuse(scene.name, over);
    this.#add(exchange, scene.name);
    return null;
  }

  #add(exchange: StressExchange, scene: string): void {
    let exchanges = this.#underWay.get(scene);
    if (exchanges === undefined) {
      exchanges = new Set();
      this.#underWay.set(scene, exchanges);
    }
    exchanges.add(exchange);
  }

  /** A copy of a user's request that becomes one of the scene. @returns false: it is turned away */
  beginCopy(copy: StressExchange, scene: Scene): boolean {
    const over = this.quota.enter(scene, null, performance.now());
    if (over !== null) this.refuse(scene.name, over);
    else this.#add(copy, scene.name);
    return over === null;
  }

  /** Harmless for one that has not begun. */
  endCopy(copy: StressExchange, { name }: Scene): void {
    if (this.#underWay.get(name)?.delete(copy) === true) this.quota.leave(name);
  }

  refuse(scene: string, why: StressRefusal): StressRefusal {
    let counts = this.refused.get(scene);
    if (counts === undefined) {
      counts = { rate: 0, concurrency: 0, total: 0, token: 0, tokens: 0, pressure: 0 };
      this.refused.set(scene, counts);
    }
    counts[why]++;
    return why;
  }

  /** Harmless for one that has not begun. */
  end(exchange: StressExchange, { lane, from }: Forward): void {
    if (lane === null || this.#underWay.get(lane.name)?.delete(exchange) !== true) return;
    if (from !== 'peer') this.quota.leave(lane.name);
  }

  underWay(scene: string): number {
    return this.#underWay.get(scene)?.size ?? 0;
  }

  /**
   * What is under way of scenes that are to go on no longer ends now, tunnels too. Asked whenever a board
   * comes into force, and with each tick: time and reloads end scenes as well.
   * @param wallMs since 1970
   */
  enforce(snapshot: Snapshot, wallMs: number): void {
    for (const [name, exchanges] of this.#underWay) {
      if (exchanges.size === 0) continue;
      const scene = snapshot.stress?.scenes.get(name);
      const end = scene === undefined ? ENDED : endOf(scene, wallMs, snapshot);
      if (end === null) continue;
      const what = answerOf(end);
      // Each takes itself out as it ends.
      for (const exchange of [...exchanges]) {
        this.cut++;
        exchange.stopStress(what);
      }
    }
  }
}
