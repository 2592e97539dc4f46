/** A forecast for people: per step who moves, and what every place would carry. */

import { ofApp } from '../../failover/owners.ts';
import type { Home } from '../../snapshot/diff.ts';
import type { ForecastReport, Loads, PlaceLoad } from '../../snapshot/forecast-report.ts';

export function forecastText(r: ForecastReport): string {
  const p = r.percentOfUsers;
  const lines = [
    `${r.what}, from epoch ${r.epoch}: ${r.steps.length} steps; nothing is changed by this`,
    ...(r.stopped === null ? [] : [`it would HOLD: ${r.stopped}`]),
    `users who change zone: ${p.zone} %, IDC: ${p.idc} %, city: ${p.city} %`,
    `load: ${r.shardRps === null ? 'not known (declare safety.peakRps)' : `${Math.round(r.shardRps * 10) / 10} rps a shard`}`,
    ...r.assumptions.map((a) => `assumed: ${a}`),
    '',
    'before:',
    ...loadLines(r.before.loads, null, r.headroom),
    ...homeLines(r, r.before.homes, null),
  ];
  let before = r.before;
  r.steps.forEach((step, i) => {
    lines.push(
      '',
      `${i + 1}. ${step.what}`,
      ...step.moved.map((m) => `  shards ${m.shards}${ofApp(m.app)}: ${m.from} → ${m.to}`),
      ...step.spreads.map((s) => `  ${s}`),
    );
    if (step.moved.length > 0)
      lines.push(
        `  ${step.percentOfUsers} % of users move`,
        ...loadLines(step.loads, before.loads, r.headroom),
      );
    lines.push(...homeLines(r, step.homes, before.homes));
    before = step;
  });
  return `${lines.join('\n')}\n`;
}

/** Only places that change; all of them when there is nothing to compare with. */
function loadLines(now: Loads, before: Loads | null, headroom: number): string[] {
  const lines = (['zones', 'idcs', 'cities'] as const).flatMap((kind) =>
    now[kind].flatMap((load, i) =>
      before !== null && before[kind][i]?.shards === load.shards ? [] : [loadLine(load, headroom)],
    ),
  );
  const same = before !== null && before.crossIdcPercent === now.crossIdcPercent;
  return same ? lines : [...lines, `  requests that cross IDCs: ${now.crossIdcPercent} %`];
}

function loadLine(load: PlaceLoad, headroom: number): string {
  const { rps, capacityRps, percentOfCapacity: used } = load;
  const capacity = capacityRps === null ? 'capacity not known' : `of ${capacityRps}`;
  const carries = rps === null ? `load not known, ${capacity}` : `${rps} rps ${capacity}`;
  const over = used !== null && used * headroom > 100 ? ' OVER, with headroom' : '';
  const share = `${load.shards} shards, ${load.percentOfUsers} % of users`;
  return `  ${load.place.padEnd(10)} ${share.padEnd(32)} ${carries}${used === null ? '' : ` (${used} %)`}${over}`;
}

function homeLines(
  r: ForecastReport,
  homes: readonly (Home | null)[],
  before: readonly (Home | null)[] | null,
): string[] {
  return r.uids.flatMap((uid, i) => {
    const [now, was] = [homeText(homes[i]), homeText(before?.[i])];
    if (before === null) return [`  uid ${uid}: ${now}`];
    return now === was ? [] : [`  uid ${uid}: ${was} → ${now}`];
  });
}

const homeText = (home: Home | null | undefined): string =>
  home === null || home === undefined
    ? 'any zone, at random'
    : `${home.zone}/${home.group} (${home.idc}, ${home.city})`;
