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
  /** null: it never got to an endpoint. */
  readonly endpoint: string | null;
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
        ({ release: r }) => r.id === release.id && r.percent === release.percent,
      );
      return known === undefined ? { release, from: side(), to: side() } : { ...known, release };
    });
  }

  count(r: MeteredRequest): void {
    const { decision } = r;
    if (decision?.kind !== 'forward' || r.endpoint === null || r.status === 101) return;
    if (decision.lane?.kind === 'stress') return;
    if (r.status === 0 && r.endedBy === 'client') return;
    const [{ zone, group, via }] = decision.targets;
    if (via !== 'local') return;
    for (const { release, from, to } of this.#stages) {
      const { app, zones } = release;
      if (!zones.includes(zone.id) || (app !== null && app !== decision.route.app)) continue;
      if (group.id === release.to) add(to, r);
      else if (group.id === release.from) add(from, r);
    }
  }

  read(): Readonly<Record<string, ReleaseMeasure>> {
    return Object.fromEntries(
      this.#stages.map(({ release, from, to }) => [
        release.name,
        { percent: release.percent, from: copyOf(from), to: copyOf(to) },
      ]),
    );
  }
}

function add(to: Side, { status, firstByteMs, durationMs }: MeteredRequest): void {
  to.requests++;
  if (status >= 500 || status === 0) to.failed++;
  const at = timeIndex(firstByteMs < 0 ? durationMs : firstByteMs);
  while (to.times.length <= at) to.times.push(0);
  to.times[at]!++;
}

const copyOf = ({ requests, failed, times }: Side): GroupMeasure => ({
  requests,
  failed,
  times: [...times],
});
