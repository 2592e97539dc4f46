/** What becomes of a judged request: counters, audit events, the code in its access line. */
import type pino from 'pino';
import { BatchWriter } from '../../shell/observe/batch-writer.ts';
import { FirewallCounters, type FirewallVerdict } from '../../shell/observe/firewall-counters.ts';
import type { RequestRecord } from '../../shell/proxy/record.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { type AuditedRequest, auditLine } from '../../waf/audit.ts';
import type { Hit } from '../../waf/engine/hit.ts';
import { headerOf } from '../../waf/engine/members.ts';
import type { Judgement } from '../../waf/judge.ts';
import type { FirewallListener } from './index.ts';
import type { WafInspection } from './inspection.ts';

/** Events are few, and somebody may be waiting for them. */
const FLUSH_MS = 20;

export class AuditLog implements FirewallListener {
  readonly counters = new FirewallCounters();
  readonly #idc: string;
  readonly #access: BatchWriter | null;
  readonly #accessPath: string;
  readonly #log: pino.Logger;
  #path = 'off';
  #own: BatchWriter | null = null;

  /** @param access where access lines go, under the name of `accessPath`: two writers to one place would cut each other's lines */
  constructor(idc: string, access: BatchWriter | null, accessPath: string, log: pino.Logger) {
    this.#idc = idc;
    this.#access = access;
    this.#accessPath = accessPath;
    this.#log = log;
  }

  get dropped(): number {
    return this.#own?.dropped ?? 0;
  }

  get #writer(): BatchWriter | null {
    return this.#path === this.#accessPath ? this.#access : this.#own;
  }

  /** For events of others, which need no firewall: then they stand among the access lines. */
  get writer(): BatchWriter | null {
    return this.#path === 'off' ? this.#access : this.#writer;
  }

  follow({ firewall }: Snapshot): void {
    const path = firewall?.audit.to ?? 'off';
    if (path === this.#path) return;
    try {
      const own =
        path === 'off' || path === this.#accessPath
          ? null
          : new BatchWriter(path === 'stdout' ? null : path, FLUSH_MS);
      this.#own?.end();
      this.#own = own;
      this.#path = path;
    } catch (error) {
      this.#log.error({ path, error: String(error) }, 'the firewall’s audit log can’t be opened');
    }
  }

  reopen(): void {
    this.#own?.reopen();
  }

  end(): void {
    this.#own?.end();
    this.#own = null;
  }

  judged(inspection: WafInspection, record: RequestRecord, snapshot: Snapshot): void {
    const { judgement } = inspection;
    this.#count(inspection);
    const writer = this.#writer;
    const told = refusalOf(inspection);
    const quiet = judgement.hits.length === 0 && judgement.shadowHits.length === 0;
    if (writer === null || (quiet && told === null)) return;
    const request = this.#requestOf(judgement, record, snapshot);
    const { values } = snapshot.firewall!.audit;
    const { score } = judgement;
    for (const hit of judgement.hits)
      if (hit.log)
        writer.write(auditLine(request, { hit, action: actionOf(hit, judgement), score }, values));
    if (told !== null) {
      const action = judgement.blocks ? 'block' : 'detect';
      writer.write(auditLine(request, { hit: told, action, score }, values));
    }
    for (const hit of judgement.shadowHits)
      if (hit.log) writer.write(auditLine(request, { hit, action: 'shadow', score: 0 }, values));
  }

  #count(inspection: WafInspection): void {
    const { judgement, bench, byWorker, truncated, unjudged, wantsBytes } = inspection;
    const { counters } = this;
    const policy = judgement.policy.name;
    const verdict = verdictOf(inspection);
    counters.request(policy, verdict);
    const code = codeOf(inspection);
    if (verdict === 'block' && code !== null)
      counters.refusals.set(code, (counters.refusals.get(code) ?? 0) + 1);
    counters.scores.add(judgement.score);
    counters.spent(bench.stopwatch.spentMs);
    if (judgement.overBudget) counters.overBudget++;
    if (wantsBytes > 0) counters.bodies[unjudged ? 'unjudged' : byWorker ? 'worker' : 'inline']++;
    if (truncated) counters.bodies.truncated++;
    for (const hit of judgement.hits)
      if (hit.log) counters.hit(policy, hit.id, actionOf(hit, judgement));
    for (const hit of judgement.shadowHits) if (hit.log) counters.hit(policy, hit.id, 'shadow');
  }

  #requestOf(
    { request, policy, mode }: Judgement,
    record: RequestRecord,
    snapshot: Snapshot,
  ): AuditedRequest {
    const headers = snapshot.firewall!.audit.headers.flatMap((name) => {
      const value = headerOf(request.headers, name.toLowerCase());
      return value === null ? [] : [[name.toLowerCase(), value] as const];
    });
    const route = record.decision?.kind === 'forward' ? record.decision.route.name : '';
    return {
      timestampMs: record.startedAtMs,
      requestId: record.requestId,
      client: request.remote,
      method: request.method,
      host: record.host,
      path: request.path,
      route,
      zone: request.zone,
      idc: this.#idc,
      policy: policy.name,
      mode,
      headers,
    };
  }
}

/** Of the answer that a refusal is, or would be; null: there is none. */
function codeOf({ bodyRefusal, judgement: { ruling } }: WafInspection): string | null {
  return bodyRefusal ?? (ruling.kind === 'refuse' ? ruling.code : null);
}

/** Refusals that no rule is the reason of, as events have them: rule 0. */
function refusalOf(inspection: WafInspection): Hit | null {
  const { judgement, bodyRefusal } = inspection;
  const { ruling, fault } = judgement;
  const code = codeOf(inspection);
  if (code === null || (bodyRefusal === null && ruling.kind === 'refuse' && ruling.rule !== 0))
    return null;
  const why =
    code === 'waf-ambiguous-body' && fault !== null ? `: ${fault.code}, ${fault.message}` : '';
  return {
    ...{ id: 0, phase: 2, msg: `${code}${why}`, data: '', severity: null, tags: [], paranoia: 0 },
    ...{ target: 'REQUEST_BODY', value: '', disposition: 'deny', log: true },
  };
}

function verdictOf({ bodyRefusal, judgement: { ruling, blocks } }: WafInspection): FirewallVerdict {
  if (ruling.kind === 'pass' && bodyRefusal === null) return 'pass';
  if (!blocks) return 'detect';
  return ruling.kind === 'challenge' ? 'challenge' : 'block';
}

/** block: this rule is why; detect: it would be; count: it only counts towards a score, or not even that. */
function actionOf(hit: Hit, { ruling, blocks }: Judgement): 'block' | 'detect' | 'count' {
  if (ruling.kind === 'pass' || ruling.rule !== hit.id) return 'count';
  return blocks ? 'block' : 'detect';
}
