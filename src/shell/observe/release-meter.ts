/**
 * Counts both groups of each release that stands, from the moment its present stage came into force
 * here. Only where the endpoints are asked, so that a hand-over counts once.
 */
import type { Decision } from '../../decide/decision.ts';
import type { Board } from '../../failover/board.ts';
import { type Release, releasesOf } from '../../failover/release-lanes.ts';
import { type GroupMeasure, type ReleaseMeasure, timeIndex } from '../../release/measure.ts';

export interface MeteredRequest {
  readonly decision: Decision | null;
  readonly status: number;
  readonly endedBy: 'done' | 'client' | 'upstream' | 'gate';
  /** Code of the answer the gate made itself; null when the upstream answered. */
  readonly gateCode: string | null;
  readonly firstByteMs: number;
  readonly durationMs: number;
}

interface Side {
  requests: number;
  failed: number;
  readonly times: number[];
}
interface Stage {
  readonly release: Release;
  readonly from: Side;
  readonly to: Side;
  readonly lately: Lately;
}

const side = (): Side => ({ requests: 0, failed: 0, times: [] });

export class ReleaseMeter {
  #stages: readonly Stage[] = [];

  /** Nearly always false: then nothing is asked of a request. */
  get active(): boolean {
    return this.#stages.length > 0;
  }

  follow(board: Board): void {
    this.#stages = releasesOf(board).map((release) => {
      const known = this.#stages.find(
        ({ release: r }) => r.id === release.id && r.atMs === release.atMs,
      );
      return known ?? { release, from: side(), to: side(), lately: new Lately() };
    });
  }

  /** @param nowMs monotonic */
  count(r: MeteredRequest, nowMs: number): void {
    const { decision } = r;
    if (decision?.kind !== 'forward' || decision.lane?.kind === 'stress' || !tells(r)) return;
    const [{ zone, group, via }] = decision.targets;
    if (via !== 'local') return;
    const { spilledFrom } = decision;
    const at = (name: string, id: string): boolean =>
      spilledFrom === null
        ? zone.id === name && group.id === id
        : spilledFrom.zone.id === name && spilledFrom.group.id === id;
    const failed = spilledFrom !== null || isFailed(r);
    for (const { release, from, to, lately } of this.#stages) {
      const { app, zones } = release;
      if (app !== null && app !== decision.route.app) continue;
      const name = (spilledFrom ?? decision.targets[0]).zone.id;
      if (!zones.includes(name)) continue;
      if (at(name, release.to)) {
        add(to, r, failed);
        lately.add(failed, nowMs);
      } else if (at(name, release.from)) add(from, r, failed);
    }
  }

  /** @param nowMs monotonic */
  read(nowMs: number): Readonly<Record<string, ReleaseMeasure>> {
    return Object.fromEntries(
      this.#stages.map(({ release, from, to, lately }) => [
        release.name,
        {
          ...{ percent: release.percent, sinceMs: release.atMs },
          ...{ from: copyOf(from), to: copyOf(to), lately: lately.read(nowMs) },
        },
      ]),
    );
  }
}

/** Does it say anything of the group? Not what a drill did, nor whom the gate itself turned away, nor who left. */
function tells({ status, endedBy, gateCode }: MeteredRequest): boolean {
  if (status === 101 || (status === 0 && endedBy === 'client')) return false;
  return gateCode === null || GROUPS_FAULT.has(gateCode);
}

/** Answers of the gate that speak of the group behind it. */
const GROUPS_FAULT: ReadonlySet<string> = new Set([
  ...['upstream-refused', 'upstream-connect-timeout', 'upstream-saturated', 'upstream-closed'],
  ...['upstream-bad-answer', 'upstream-timeout', 'upstream-write-timeout', 'no-endpoint'],
  ...['no-healthy-endpoint', 'zone-overloaded', 'request-timeout'],
]);

/** Broken off by the upstream is failed, whatever its head has said. */
const isFailed = ({ status, endedBy }: MeteredRequest): boolean =>
  status >= 500 || status === 0 || endedBy === 'upstream';

function add(to: Side, { firstByteMs, durationMs }: MeteredRequest, failed: boolean): void {
  to.requests++;
  if (failed) to.failed++;
  const at = timeIndex(firstByteMs < 0 ? durationMs : firstByteMs);
  while (to.times.length <= at) to.times.push(0);
  to.times[at]!++;
}

const copyOf = ({ requests, failed, times }: Side): GroupMeasure => ({
  requests,
  failed,
  times: [...times],
});

const LATELY_MS = 10_000;

/** The last ten to twenty seconds, in two halves. */
class Lately {
  #sinceMs = Number.NEGATIVE_INFINITY;
  #now = { requests: 0, failed: 0 };
  #before = { requests: 0, failed: 0 };

  add(failed: boolean, nowMs: number): void {
    this.#turn(nowMs);
    this.#now.requests++;
    if (failed) this.#now.failed++;
  }

  read(nowMs: number): GroupMeasure {
    this.#turn(nowMs);
    const { requests, failed } = this.#before;
    return {
      requests: this.#now.requests + requests,
      failed: this.#now.failed + failed,
      times: [],
    };
  }

  #turn(nowMs: number): void {
    const ms = nowMs - this.#sinceMs;
    if (ms < LATELY_MS) return;
    this.#before = ms < 2 * LATELY_MS ? this.#now : { requests: 0, failed: 0 };
    this.#now = { requests: 0, failed: 0 };
    this.#sinceMs = nowMs;
  }
}
