/** What the proxy's hooks feed: counters always, the access log unless it is off. */
import { accessLine, type LoggedRequest } from './access-line.ts';
import type { BatchWriter } from './batch-writer.ts';
import { bump, type Counters, observeDuration } from './counters.ts';
import { ReleaseMeter } from './release-meter.ts';
import { StressCounters } from './stress-counters.ts';

interface ObservedRequest extends LoggedRequest {
  readonly endedBy: 'done' | 'client' | 'upstream' | 'gate';
  readonly cookieWritten: 'none' | 'set' | 'corrected' | 'cleared' | 'unreadable';
}

export class Observer {
  readonly counters: Counters;
  readonly releases = new ReleaseMeter();
  readonly stress = new StressCounters();
  readonly #stressLog: () => BatchWriter | null;
  readonly #log: BatchWriter | null;
  readonly #idc: string;

  /** @param stressLog where lines of load tests go, now */
  constructor(
    counters: Counters,
    log: BatchWriter | null,
    idc: string,
    stressLog: () => BatchWriter | null = () => null,
  ) {
    this.#stressLog = stressLog;
    this.counters = counters;
    this.#log = log;
    this.#idc = idc;
  }

  record(r: ObservedRequest): void {
    const lane = r.decision?.lane ?? null;
    if (lane?.kind === 'stress') {
      this.stress.count(lane.name, r.decision!.from, r.status, r.durationMs);
      this.#stressLog()?.write(accessLine(r, this.#idc));
      return;
    }
    const { counters } = this;
    const series = counters.seriesOf(r.decision);
    counters.countRequest(series, r.decision, r.status);
    // How long a tunnel lived says nothing of how fast anything was.
    if (r.status !== 101) observeDuration(series, r.durationMs);
    if (r.decision !== null) counters.countReasons(r.decision);
    if (r.gateCode !== null) bump(counters.gateAnswers, r.gateCode);
    if (r.cookieWritten !== 'none') counters.cookies[r.cookieWritten]++;
    counters.endedBy[r.endedBy]++;
    counters.requestBytes += r.requestBytes;
    counters.responseBytes += r.responseBytes;
    if (this.releases.active) this.releases.count(r, performance.now());
    if (r.attempts > 1) counters.retries += r.attempts - 1;
    this.#log?.write(accessLine(r, this.#idc));
  }

  /** A head that never became a request. */
  refused(
    refusal: { readonly code: string; readonly status: number },
    client: string,
    nowMs: number,
  ): void {
    bump(this.counters.refusals, refusal.code);
    this.#log?.write(
      `{"timestamp":${nowMs},"client.address":${JSON.stringify(client)},"http.response.status_code":${refusal.status}` +
        `,"idc":"${this.#idc}","ended_by":"gate","gate_code":"${refusal.code}"}\n`,
    );
  }
}
