/**
 * What no switch may bring about. Judged when a command is given, for every step it will take, and
 * again by every gate before a board comes into force: only by what both can see, the board itself
 * and the declared configuration. What was broken before is not held against a change that does not
 * make it worse, so that a bad state can be left.
 */
import type { AppId, ZoneId } from '../model/ids.ts';
import { type Rules, rangesText } from '../zone/compile-rules.ts';
import { ownsShards, type Topology, type Zone } from '../zone/topology.ts';
import type { Board } from './board.ts';
import { DAY_MS } from './change.ts';
import type { FleetSettings } from './compile-fleet.ts';
import { apart, holdingsOf, ofApp, ownersOf, shardsOf } from './owners.ts';
import { isIdcOut, isOut, weightsNow } from './places.ts';

/** one-owner and one-move can't be set aside: they are what the gate is for. */
export const SAFETY_RULES = {
  'one-owner': 'Every shard has exactly one owner, a zone that exists and may own shards.',
  'one-move': 'A shard is moved by one move at a time.',
  'last-group': 'A zone that owns shards, and the gzone, keeps a group that serves.',
  'last-zone': 'Shards are never taken from the last zone that could serve them.',
  'last-idc': 'A city and the partners of its zones are never drained together.',
  capacity: 'No zone is given more than its capacity, with headroom.',
  'two-persons': 'A whole city moves only when a second person agrees.',
  'target-health': 'No zone is given users while it is unwell, or nobody can say how it is.',
  'release-health': 'No release goes on while its new group does badly.',
  'verified-return':
    'Shards come back from an elastic zone only when the data of their home is known to be level.',
  'firewall-open':
    'A policy that blocks is opened only for a time, and never for a large part of the world.',
  'freeze-budget': 'No shard’s writes are refused for longer in a day than declared.',
} as const;
export type SafetyRule = keyof typeof SAFETY_RULES;
export const FIXED_RULES: readonly SafetyRule[] = ['one-owner', 'one-move'];
/**
 * What every gate judges again. Not what hangs on measurements, on budgets, or on settings that may
 * have changed since: a gate that comes late must reach the board that the others have.
 */
const GATE_RULES: readonly SafetyRule[] = [...FIXED_RULES, 'last-group', 'last-idc'];

/** A command that is not carried out: which rule, the numbers, what would pass. */
export interface Refusal {
  readonly rule: SafetyRule | 'input' | 'conflict' | 'state';
  readonly message: string;
  /** What would pass. */
  readonly passes: string;
}

/** A refusal as a run's note, and back. */
export const noteOf = (r: Refusal): string => `${r.rule}: ${r.message}; would pass: ${r.passes}`;

export function refusalOf(note: string): Refusal {
  const colon = note.indexOf(': ');
  const passes = note.lastIndexOf('; would pass: ');
  const rule = note.slice(0, colon);
  if (colon < 0 || passes < 0 || !(rule in SAFETY_RULES))
    return { rule: 'state', message: note, passes: 'see the board' };
  return {
    rule: rule as SafetyRule,
    message: note.slice(colon + 2, passes),
    passes: note.slice(passes + '; would pass: '.length),
  };
}

export interface World {
  readonly topology: Topology;
  readonly rules: Rules;
  readonly settings: Pick<FleetSettings, 'safety' | 'freeze'>;
  /** Apps that a zone must run to own users. */
  readonly userApps: readonly AppId[];
  /** Requests per second by shard; null: nobody knows. */
  readonly shardRps: number | null;
  /** Names of the load tests that are declared; absent where nobody knows. */
  readonly scenes?: ReadonlySet<string>;
}

interface Finding extends Refusal {
  readonly rule: SafetyRule;
  /** What it is about: the same finding before and after has the same. */
  readonly about: string;
  /** How bad, for comparison. */
  readonly size: number;
}

/**
 * Refusals that `after` earns and `before` did not.
 * @param aside rules that the command, or its run, has set aside
 */
export function judgeChange(
  before: Board,
  after: Board,
  world: World,
  aside: readonly string[],
): Refusal[] {
  return worse(before, after, world).filter((f) => !aside.includes(f.rule));
}

/**
 * As every gate judges what comes out of the store. A rule counts as set aside while its override is on
 * the board, by the clock of him who made it, and for as long as a switch stands that was given under
 * it: so all gates judge alike, early and late.
 */
export function judgeAsGate(before: Board, after: Board, world: World): Refusal[] {
  const aside = [
    ...after.overrides.filter((o) => o.untilMs > after.atMs).map((o) => o.rule),
    ...after.switches.flatMap((s) => s.overrode),
  ];
  return worse(before, after, world)
    .filter((f) => GATE_RULES.includes(f.rule))
    .filter((f) => FIXED_RULES.includes(f.rule) || !aside.includes(f.rule));
}

/** Whether the board can be at all under these declarations. */
export const judgeFixed = (board: Board, world: World): Refusal[] =>
  findings(board, world).filter((f) => FIXED_RULES.includes(f.rule));

function worse(before: Board, after: Board, world: World): Finding[] {
  const known = new Map(findings(before, world).map((f) => [f.about, f.size]));
  return findings(after, world).filter((f) => f.size > (known.get(f.about) ?? 0));
}

function findings(board: Board, world: World): Finding[] {
  return [
    ...ownerFindings(board, world),
    ...appFindings(board, world),
    ...moveFindings(board),
    ...groupFindings(board, world),
    ...idcFindings(board, world),
    ...capacityFindings(board, world),
  ];
}

/** Why the zone can't own users; null when it can. */
function unfitness(zone: Zone | undefined, userApps: readonly AppId[]): string | null {
  if (zone === undefined) return 'does not exist';
  if (!ownsShards(zone)) return `is a ${zone.type}`;
  const app = userApps.find((a) => !zone.groups.every((g) => g.endpoints.has(a)));
  return app === undefined ? null : `does not run ${app}`;
}

function ownerFindings(board: Board, { topology, rules, userApps }: World): Finding[] {
  if (board.owners === null) return [];
  if (board.owners.length !== rules.owners.length) {
    const message = `the board has ${board.owners.length} shards, the topology ${rules.owners.length}`;
    return [
      { rule: 'one-owner', about: 'count', size: 1, message, passes: 'one shard count everywhere' },
    ];
  }
  const found: Finding[] = [];
  for (const owner of new Set(ownersOf(board, rules))) {
    const zone = topology.zones.get(owner as ZoneId);
    const unfit = unfitness(zone, userApps);
    if (unfit === null) continue;
    const shards = rangesText(shardsOf(board.owners, owner));
    found.push({
      rule: 'one-owner',
      about: `owner ${owner}`,
      size: 1,
      message: `shards ${shards} would belong to ${owner}, which ${unfit}`,
      passes: 'an rzone or an elastic zone that runs all apps of its users',
    });
  }
  return found;
}

/** Apps that live, or have lived, apart from their shards. */
function appFindings(board: Board, { topology }: World): Finding[] {
  const found: Finding[] = [];
  const seen = new Set<string>();
  for (const { app, shard, zone: owner } of board.appOwners) {
    const zone = topology.zones.get(owner as ZoneId);
    const which = `shard ${shard}${ofApp(app)}`;
    const stray = shard >= topology.sharding.count;
    const unfit = unfitness(zone, [app as AppId]);
    const passes = 'an rzone or an elastic zone that runs the app';
    const say = (message: string): void =>
      void found.push({ rule: 'one-owner', about: `owner of ${which}`, size: 1, message, passes });
    if (seen.has(which)) say(`${which} would have two owners`);
    else if (stray) say(`${which} does not exist: there are ${topology.sharding.count}`);
    else if (unfit !== null) say(`${which} would belong to ${owner}, which ${unfit}`);
    seen.add(which);
  }
  return found;
}

function moveFindings(board: Board): Finding[] {
  const seen = new Map<number, string>();
  for (const move of board.moves) {
    for (const shard of move.shards) {
      const other = seen.get(shard);
      if (other !== undefined) {
        const message = `shard ${shard} would be in the moves ${other} and ${move.id} at once`;
        return [
          {
            rule: 'one-move',
            about: 'move',
            size: 1,
            message,
            passes: `wait until ${other} is over`,
          },
        ];
      }
      seen.set(shard, move.id);
    }
  }
  return [];
}

function groupFindings(board: Board, { topology, rules }: World): Finding[] {
  const owning = new Set([...ownersOf(board, rules), ...apart(board, rules).map((o) => o.zone)]);
  const found: Finding[] = [];
  const weightOf = (zone: Zone): number =>
    weightsNow(board, zone, rules, topology).reduce((sum, w) => sum + w, 0);
  const say = (what: string, passes: string): void =>
    void found.push({
      rule: 'last-group',
      about: `groups of ${what}`,
      size: 1,
      message: `${what} would have no group left that serves`,
      passes,
    });
  for (const zone of topology.zones.values()) {
    if (owning.has(zone.id) && weightOf(zone) <= 0)
      say(`zone ${zone.id}, which owns shards,`, 'keep one group, or fail the zone over first');
  }
  for (const type of ['gzone', 'czone'] as const) {
    const all = [...topology.zones.values()].filter((z) => z.type === type);
    if (all.length > 0 && all.every((z) => weightOf(z) <= 0))
      say(`the ${type}`, 'keep one group of it');
  }
  return found;
}

function idcFindings(board: Board, { topology }: World): Finding[] {
  const found: Finding[] = [];
  for (const [city, idcs] of topology.cities) {
    if (idcs.length === 0 || !idcs.every((idc) => isIdcOut(board, idc, topology))) continue;
    for (const zone of topology.zones.values()) {
      if (zone.city !== city || zone.type !== 'rzone') continue;
      const partner = zone.dr.remote === null ? undefined : topology.zones.get(zone.dr.remote);
      if (partner !== undefined && !isOut(board, partner)) continue;
      found.push({
        rule: 'last-idc',
        about: `city ${city} ${zone.id}`,
        size: 1,
        message: `city ${city} would be drained, and ${partner === undefined ? `zone ${zone.id} has no remote partner` : `so would ${partner.id}, the remote partner of ${zone.id}`}`,
        passes: `restore an IDC of ${city}${partner === undefined ? '' : `, or ${partner.id}`} first`,
      });
    }
  }
  return found;
}

function capacityFindings(board: Board, { topology, rules, settings, shardRps }: World): Finding[] {
  if (shardRps === null) return [];
  const { headroom } = settings.safety;
  const found: Finding[] = [];
  for (const zone of topology.zones.values()) {
    if (zone.capacityRps === null) continue;
    // Of one app alone nobody knows the load: it counts as the whole shard, here and at its home.
    const held = holdingsOf(board, rules, zone.id).flatMap((h) => h.shards);
    const shards = new Set(held).size;
    const loadRps = shards * shardRps;
    if (loadRps * headroom <= zone.capacityRps) continue;
    const most = Math.floor(zone.capacityRps / headroom / shardRps);
    found.push({
      rule: 'capacity',
      about: `load of ${zone.id}`,
      size: loadRps,
      message: `zone ${zone.id} would carry ${shards} shards, ${Math.round(loadRps)} rps; with headroom ${headroom} that is ${Math.round(loadRps * headroom)} of its ${zone.capacityRps}`,
      passes: `at most ${most} shards there`,
    });
  }
  return found;
}

/** Shards whose freezes of the last day, and one more, would exceed the budget. */
export function overBudget(
  board: Board,
  shards: readonly number[],
  nowMs: number,
  { freeze }: World['settings'],
): Refusal | null {
  const spent = new Map<number, number>();
  for (const past of board.pastFreezes) {
    if (past.atMs < nowMs - DAY_MS) continue;
    for (const s of past.shards) spent.set(s, (spent.get(s) ?? 0) + past.ms);
  }
  const over = shards.filter((s) => (spent.get(s) ?? 0) + freeze.maxMs > freeze.budgetMs);
  if (over.length === 0) return null;
  const worst = Math.max(...over.map((s) => spent.get(s) ?? 0));
  return {
    rule: 'freeze-budget',
    message: `shards ${rangesText(over)}: writes were refused for up to ${Math.round(worst)} ms in the last day; another freeze of up to ${freeze.maxMs} ms would exceed the budget of ${freeze.budgetMs} ms`,
    passes: 'wait, or raise freeze.budgetMs',
  };
}
