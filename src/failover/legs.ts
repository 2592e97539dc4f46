/** Which shards a step moves, and where to: derived from two tables, never typed by hand. */
import type { ZoneId } from '../model/ids.ts';
import { assertNever, fail, ok, type Result } from '../model/result.ts';
import { rangesText } from '../zone/compile-rules.ts';
import type { Topology, Zone } from '../zone/topology.ts';
import type { Board, OneApp } from './board.ts';
import {
  apart,
  type Drain,
  drainsOf,
  givenBackTo,
  holdingsOf,
  homesOf,
  legsBetween,
  ofApp,
  ownersOf,
  withOwner,
} from './owners.ts';
import { isOut } from './places.ts';
import { backLegs, outLegs } from './pop-out.ts';
import { isOver, type Leg, type MoveStep, type Run } from './run.ts';
import type { Refusal, World } from './safety.ts';
import { holdsZone, sameScope, scopeText } from './scope.ts';

/** @param aside safety rules that are set aside */
export function planLegs(
  step: MoveStep,
  board: Board,
  world: World,
  aside: readonly string[],
): Result<Leg[], Refusal> {
  switch (step.do) {
    case 'restore':
      return restoreLegs(step, board, world, aside);
    case 'pop-back':
      return backLegs(step, board, world, aside);
    case 'move':
    case 'pop-out':
      return namedLegs(step, board, world);
    case 'drain':
    case 'failover':
      return leavingLegs(step, board, world, aside);
    default:
      return assertNever(step.do);
  }
}

/** Shards that somebody has named, to a zone that he has named. */
function namedLegs(step: MoveStep, board: Board, world: World): Result<Leg[], Refusal> {
  if (step.do === 'move' && step.to === 'declared') return ok(declaredLegs(board, world));
  const target = world.topology.zones.get(step.to as ZoneId);
  if (target !== undefined && isOut(board, target)) return fail(drained(target));
  if (step.do === 'pop-out') return outLegs(step, board, world);
  const owners = ownersOf(board, world.rules, step.app);
  const shards = step.scope.kind === 'shards' ? step.scope.shards : [];
  return ok(legsBetween(owners, withOwner(owners, shards, step.to), step.app));
}

/** What is declared knows of no app that lives apart. */
function declaredLegs(board: Board, { rules }: World): Leg[] {
  const apps = new Set(apart(board, rules).map((o) => o.app));
  return [null, ...apps].flatMap((app) =>
    legsBetween(
      app === null ? ownersOf(board, rules) : apartOf(board, rules, app),
      rules.owners,
      app,
    ),
  );
}

/** The app's owners where it lives apart; elsewhere the declared one, so that no leg comes of it. */
function apartOf(board: Board, rules: World['rules'], app: string): readonly string[] {
  const owners: string[] = [...rules.owners];
  for (const o of apart(board, rules)) if (o.app === app) owners[o.shard] = o.zone;
  return owners;
}

/** All that lives in the zones of the scope, each to whoever takes over there. */
function leavingLegs(
  step: MoveStep,
  board: Board,
  world: World,
  aside: readonly string[],
): Result<Leg[], Refusal> {
  const legs = new Map<string, Leg & { shards: number[] }>();
  for (const zone of world.topology.zones.values()) {
    if (!holdsZone(step.scope, zone)) continue;
    for (const { app, shards: own } of holdingsOf(board, world.rules, zone.id)) {
      const shards = own.slice(0, Math.ceil((own.length * step.percent) / 100));
      for (const shard of shards) {
        const to = refugeOf(zone, shard, app, step, board, world);
        if (to === null && aside.includes('last-zone')) continue;
        if (to === null) return fail(nobodyFor(zone, step, shards, app));
        const key = `${zone.id} ${to.id} ${app ?? ''}`;
        const leg = legs.get(key) ?? { from: zone.id, to: to.id, app, shards: [] };
        leg.shards.push(shard);
        legs.set(key, leg);
      }
    }
  }
  return ok([...legs.values()]);
}

/**
 * An elastic zone has no partners: who leaves it by itself goes home, or to his home's partner. Home
 * is where a shard was taken from, and of one app where the rest of its shard is.
 */
function refugeOf(
  zone: Zone,
  shard: number,
  app: OneApp,
  step: MoveStep,
  board: Board,
  { topology, rules }: World,
): Zone | null {
  if (zone.type !== 'elastic' || step.to !== 'partner')
    return partnerOf(zone, step, board, topology);
  const homes = app === null ? homesOf(board, rules) : ownersOf(board, rules);
  const home = topology.zones.get(homes[shard] as ZoneId);
  if (home === undefined || home.id === zone.id) return null;
  const serves = !holdsZone(step.scope, home) && !isOut(board, home);
  return serves ? home : partnerOf(home, step, board, topology);
}

/** The zone that takes over: one that serves, and not itself in what is being left. */
function partnerOf(zone: Zone, step: MoveStep, board: Board, topology: Topology): Zone | null {
  const fits = (id: ZoneId | null): Zone | null => {
    const partner = id === null ? undefined : topology.zones.get(id);
    if (partner === undefined || partner.id === zone.id) return null;
    return holdsZone(step.scope, partner) || isOut(board, partner) ? null : partner;
  };
  if (step.to === 'local') return fits(zone.dr.local);
  if (step.to === 'remote') return fits(zone.dr.remote);
  if (step.to === 'partner') return fits(zone.dr.local) ?? fits(zone.dr.remote);
  return fits(step.to as ZoneId);
}

const drained = (zone: Zone): Refusal => ({
  rule: 'last-zone',
  message: `zone ${zone.id} is drained: users are leaving it`,
  passes: 'restore it first, or name another zone',
});

function nobodyFor(zone: Zone, step: MoveStep, shards: readonly number[], app: OneApp): Refusal {
  const { local, remote } = zone.dr;
  const tried =
    step.to === 'partner'
      ? `its partners (local ${local ?? 'none'}, remote ${remote ?? 'none'}) are`
      : `${step.to === 'local' || step.to === 'remote' ? `its ${step.to} partner ${zone.dr[step.to] ?? ''}` : step.to} is`;
  return {
    rule: 'last-zone',
    message: `zone ${zone.id} would be left without anybody for its shards ${rangesText(shards)}${ofApp(app)}: ${tried} missing, drained, or in ${scopeText(step.scope)} too`,
    passes: 'a zone that serves, by --to',
  };
}

/** Drains that lie within the scope: those that a restore of it takes back. */
export const drainsIn = (board: Board, step: MoveStep, topology: Topology): Drain[] =>
  drainsOf(board).filter(
    (s) => sameScope(s.scope, step.scope) || (!step.exact && isInside(s, step, topology)),
  );

function isInside(s: Drain, { scope }: MoveStep, topology: Topology): boolean {
  const zoneName =
    s.scope.kind === 'zone' || s.scope.kind === 'group' ? (s.scope.zone as ZoneId) : null;
  const zone = zoneName === null ? undefined : topology.zones.get(zoneName);
  if (zone !== undefined) return holdsZone(scope, zone);
  if (s.scope.kind !== 'idc' || scope.kind !== 'city') return false;
  const { idc } = s.scope;
  return [...topology.idcs.values()].some((i) => i.id === idc && i.city === scope.city);
}

function restoreLegs(
  step: MoveStep,
  board: Board,
  world: World,
  aside: readonly string[],
): Result<Leg[], Refusal> {
  const owners = ownersOf(board, world.rules);
  const drains = drainsIn(board, step, world.topology);
  const others = {
    ...board,
    switches: board.switches.filter((s) => !drains.some((d) => d.id === s.id)),
  };
  const apps = new Set(drains.flatMap((d) => d.taken.map((t) => t.app)));
  const legs = [...apps].flatMap((app) => {
    const now = app === null ? owners : ownersOf(board, world.rules, app);
    return legsBetween(now, givenBackTo(now, drains, app), app);
  });
  for (const leg of legs) {
    const home = world.topology.zones.get(leg.to as ZoneId);
    if (home !== undefined && !isOut(others, home)) continue;
    if (aside.includes('last-zone')) continue;
    return fail({
      rule: 'last-zone',
      message: `shards ${rangesText(leg.shards)} would go back to ${leg.to}, which another switch keeps drained`,
      passes: `restore what holds ${leg.to} first: see the board`,
    });
  }
  return ok(legs);
}

/** A shard of these legs that another run has under way or in its queue. */
export function busyShard(legs: readonly Leg[], board: Board, but: string): Refusal | null {
  const mine = new Set(legs.flatMap((l) => l.shards));
  const busy = (run: Run): number | undefined =>
    [
      ...board.moves.filter((m) => m.run === run.id),
      ...(run.state === 'running' || run.state === 'holding' ? (run.queue ?? []) : []),
    ]
      .flatMap((l) => l.shards)
      .find((s) => mine.has(s));
  for (const run of board.runs) {
    if (run.id === but || isOver(run)) continue;
    const shard = busy(run);
    if (shard === undefined) continue;
    return {
      rule: 'one-move',
      message: `shard ${shard} is under way in run ${run.id} (${run.name})`,
      passes: `wait for ${run.id}, or abort it`,
    };
  }
  return null;
}
