/** What this gate has seen of the zones beside it since it was asked last: for the fleet. */
import type { ZoneMeasure } from '../failover/board.ts';
import { type Counters, type Series, STATUS_CLASSES } from '../shell/observe/counters.ts';
import type { Upstreams } from '../shell/upstream/index.ts';

const NONE = STATUS_CLASSES.indexOf('none');
const FAILED = STATUS_CLASSES.indexOf('5xx');
/** A rate over less is noise. */
const LEAST_MS = 500;

interface Reading {
  readonly all: number;
  readonly failed: number;
}

export class ZoneMeter {
  readonly #counters: Counters;
  readonly #upstreams: Upstreams;
  #before = new Map<string, Reading>();
  #atMs: number;
  #last: Record<string, ZoneMeasure> = {};

  constructor(counters: Counters, upstreams: Upstreams, nowMs: number) {
    this.#counters = counters;
    this.#upstreams = upstreams;
    this.#atMs = nowMs;
  }

  /** @param nowMs monotonic */
  read(nowMs: number): Readonly<Record<string, ZoneMeasure>> {
    const ms = nowMs - this.#atMs;
    if (ms < LEAST_MS) return this.#last;
    const now = new Map<string, Reading>();
    for (const series of this.#counters.series.values()) {
      if (series.via !== 'local') continue;
      const { all, failed } = count(series);
      const sum = now.get(series.zone) ?? { all: 0, failed: 0 };
      now.set(series.zone, { all: sum.all + all, failed: sum.failed + failed });
    }
    const usable = usableByZone(this.#upstreams);
    this.#last = {};
    for (const zone of new Set([...now.keys(), ...usable.keys()])) {
      const before = this.#before.get(zone) ?? { all: 0, failed: 0 };
      const { all, failed } = now.get(zone) ?? before;
      const requests = all - before.all;
      this.#last[zone] = {
        rps: (requests * 1000) / ms,
        errors: requests === 0 ? 0 : (failed - before.failed) / requests,
        usable: usable.get(zone) ?? null,
      };
    }
    this.#before = now;
    this.#atMs = nowMs;
    return this.#last;
  }
}

function count({ byReason }: Series): Reading {
  let all = 0;
  let failed = 0;
  for (const counts of byReason) {
    if (counts === undefined) continue;
    for (const n of counts) all += n;
    failed += counts[NONE]! + counts[FAILED]!;
  }
  return { all, failed };
}

/** The worst app of a zone speaks for it. */
function usableByZone(upstreams: Upstreams): Map<string, number> {
  const apps = new Map<string, { usable: number; all: number }>();
  for (const roster of upstreams.rosters()) {
    if (roster.ofPeers || roster.ofShadow) continue;
    const [zone = '', , app = ''] = roster.name.split('/');
    const sum = apps.get(`${zone} ${app}`) ?? { usable: 0, all: 0 };
    for (const { endpoint } of roster.shares) {
      sum.all++;
      if (endpoint.usable) sum.usable++;
    }
    apps.set(`${zone} ${app}`, sum);
  }
  const zones = new Map<string, number>();
  for (const [key, { usable, all }] of apps) {
    if (all === 0) continue;
    const zone = key.slice(0, key.indexOf(' '));
    zones.set(zone, Math.min(zones.get(zone) ?? 1, usable / all));
  }
  return zones;
}
