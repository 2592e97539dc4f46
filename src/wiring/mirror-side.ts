/** Joins what makes copies to the gate that it makes them for; what metrics and `/v1/mirrors` show of it. */
import type pino from 'pino';
import type { MirrorRule } from '../mirror/index.ts';
import type { MirrorsAnswer } from '../shell/control/mirror-answers.ts';
import { Mirrors } from '../shell/mirror/index.ts';
import type { MirrorGauge, MirrorGauges } from '../shell/observe/mirror-metrics.ts';
import type { StressCounters } from '../shell/observe/stress-counters.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';
import type { Found } from '../shell/upstream/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { percentOf } from '../snapshot/live-mirrors.ts';

export function openMirrors(
  gateway: Gateway,
  found: Found,
  scenes: StressCounters,
  log: pino.Logger,
): Mirrors {
  let said = false;
  const { idc, clock, upstreams, sockets, hooks, stress } = gateway;
  const mirrors = new Mirrors({
    ...{ idc, clock, upstreams, found, sockets },
    isBusy: () => gateway.pressure.value > 0,
    current: () => hooks.current(),
    scenes: {
      beginCopy: (pass, scene) => stress.beginCopy(pass, scene),
      endCopy: (pass, scene) => stress.endCopy(pass, scene),
      copyAnswered: (scene, status, ms) => scenes.count(scene, 'mirror', status, ms),
    },
    failed: (error) => {
      if (said) return;
      said = true;
      log.error({ error: String(error) }, 'a copy failed: this is a bug; requests go on');
    },
  });
  gateway.copier = mirrors;
  return mirrors;
}

export function mirrorsView(mirrors: Mirrors, { board, mirror }: Snapshot): MirrorsAnswer {
  const { used, limit } = mirrors.budget;
  return {
    buffer: { used, limit },
    rules: (mirror?.rules ?? []).map((rule) => ruleView(rule, percentOf(rule, board), mirrors)),
  };
}

function ruleView(
  rule: MirrorRule,
  percent: number,
  mirrors: Mirrors,
): MirrorsAnswer['rules'][number] {
  const state = mirrors.states.get(rule.name);
  const { drawn = 0, sent = 0, answered, dropped, failed } = state?.counts ?? {};
  return {
    rule: rule.name,
    declaredPercent: rule.percent,
    percent,
    by: rule.by,
    to: targetText(rule),
    inFlight: state?.inFlight ?? 0,
    drawn,
    sent,
    answered: { ...answered },
    dropped: { ...dropped },
    failed: { ...failed },
    compares: rule.compare !== null,
    noiseAsked: state?.counts.noiseAsked ?? 0,
    notCompared: state?.counts.notCompared ?? 0,
    routes: [...(state?.routes ?? [])].map(([route, found]) => ({ route, ...found.report() })),
  };
}

function targetText({ to }: MirrorRule): string {
  if (to.kind === 'group') return `${to.zone}/${to.group}`;
  if (to.kind === 'scene') return `stress ${to.scene}`;
  const { source } = to;
  return source.kind === 'static' ? source.addresses.map((a) => a.address.text).join(', ') : '';
}

/** What the metrics ask at a scrape. */
export const mirrorGauges = (mirrors: Mirrors, current: () => Snapshot): MirrorGauges => ({
  bufferBytes: () => mirrors.budget.used,
  rules: () => {
    const { mirror, board } = current();
    return (mirror?.rules ?? []).map((r) => ruleGauge(r, percentOf(r, board), mirrors));
  },
});

function ruleGauge({ name }: MirrorRule, percent: number, mirrors: Mirrors): MirrorGauge {
  const { routes, counts, inFlight } = mirrors.states.get(name) ?? {};
  return {
    rule: name,
    percent,
    inFlight: inFlight ?? 0,
    sent: counts?.sent ?? 0,
    answered: { ...counts?.answered },
    dropped: { ...counts?.dropped },
    failed: { ...counts?.failed },
    routes: [...(routes ?? [])].map(([route, found]) => ({
      route,
      compared: found.comparisons,
      mismatches: found.mismatches,
    })),
  };
}
