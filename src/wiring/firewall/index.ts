/** The firewall at the proxy's seam: which requests are judged, by which policy, and who is told. */

import type pino from 'pino';
import type { FirewallGauges } from '../../shell/observe/firewall-counters.ts';
import type { InspectedRequest, Inspection, Inspector } from '../../shell/proxy/inspector.ts';
import type { RequestRecord } from '../../shell/proxy/record.ts';
import { CpuWatch } from '../../shell/waf/cpu-watch.ts';
import { JudgePool } from '../../shell/waf/pool.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { Judgement, type Ruling } from '../../waf/judge.ts';
import { linearBytes, patternTests } from '../../waf/rx/index.ts';
import { Clearance } from '../rate/clearance.ts';
import { Refused } from '../rate/passage.ts';
import type { AuditLog } from './audit-log.ts';
import { requestInput } from './input-of.ts';
import { type Stopwatch, WafInspection } from './inspection.ts';
import { PASSED } from './verdicts.ts';

/** Told once for each request that was judged. */
export interface FirewallListener {
  judged(inspection: WafInspection, record: RequestRecord, snapshot: Snapshot): void;
}

/** What metrics show. */
export interface FirewallParts {
  readonly side: FirewallSide;
  readonly log: AuditLog;
}

export const firewallGauges = ({ side, log }: FirewallParts): FirewallGauges => ({
  counters: log.counters,
  threads: () => side.pool.threads,
  waiting: () => side.pool.waiting,
  restarts: () => side.pool.restarts,
  auditDropped: () => log.dropped,
  patternTests: () => patternTests,
  automataBytes: linearBytes,
});

export interface FirewallOptions {
  readonly listener: FirewallListener;
  readonly trouble: (text: string) => void;
  /** Where an address is, as ISO code; '' where nobody knows. */
  readonly countryOf: (address: string) => string;
}

export class FirewallSide implements Inspector {
  readonly pool: JudgePool;
  readonly #options: FirewallOptions;
  #nextId = 1;

  constructor(options: FirewallOptions) {
    this.#options = options;
    this.pool = new JudgePool(options.trouble);
  }

  /** A snapshot is published: threads compile it too. */
  follow({ firewall }: Snapshot): void {
    this.pool.follow(firewall?.recipe ?? null, firewall?.workers ?? 0);
  }

  stop(): void {
    this.pool.stop();
  }

  begin(request: InspectedRequest): Inspection | null {
    const { decision, snapshot, record } = request;
    const { firewall } = snapshot;
    if (firewall === null) return null;
    const policy = snapshot.policyOf.get(decision.route);
    if (policy === undefined) return null;
    // The gate where it came in has judged it, and its signed hand-over says that it was let pass.
    if (decision.from === 'peer' || decision.copyMark !== null) return null;
    const orders = snapshot.firewallOrders.of(policy, request.sender.client);
    if ((orders.mode ?? policy.mode) === 'off') return null;
    const clearance = Clearance.of(request, policy);
    if (clearance !== null && clearance.back !== null) return new Refused(clearance.back, null);
    const stopwatch = new PhaseWatch(policy.budgetMs);
    const country = this.#options.countryOf(request.sender.client);
    const cleared = clearance?.cleared === true;
    const input = requestInput(request, String(this.#nextId++), country, cleared);
    const judgement = new Judgement(policy, input, orders, stopwatch);
    return new WafInspection(
      judgement,
      {
        pool: this.pool,
        digest: firewall.recipe.digest,
        orders,
        stopwatch,
        // No rule asks for one where there is no clearance.
        challenge: () => clearance?.challenge() ?? PASSED,
        over: (inspection) => this.#options.listener.judged(inspection, record, snapshot),
      },
      request.hasBody,
    );
  }
}

/** Counts only while a phase runs: a request that waits for its body uses nothing up. */
class PhaseWatch extends CpuWatch implements Stopwatch {
  readonly spentMs: [number, number, number, number, number] = [0, 0, 0, 0, 0];

  timed(phase: 1 | 2 | 3 | 4, judge: () => Ruling): Ruling {
    this.start();
    const ruling = judge();
    this.spentMs[phase] += this.stop();
    return ruling;
  }
}

export const openFirewall = (
  audit: AuditLog,
  countryOf: (address: string) => string,
  log: pino.Logger,
): FirewallSide =>
  new FirewallSide({ listener: audit, trouble: (text) => log.error(text), countryOf });
