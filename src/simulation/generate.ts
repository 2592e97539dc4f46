/** Makes up a history from a seed: requests, commands, faults, and when. */
import type { World } from '../failover/safety.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { ownsShards, type Zone } from '../zone/topology.ts';
import type { Dice } from './dice.ts';
import type { Fault, Planned, Sketch } from './events.ts';
import type { SimulatedUser } from './users.ts';

/** Shares of all steps, quiet times and rough ones; the rest are requests. */
const COMMAND_PERCENTS = [1.5, 3, 5] as const;
const FAULT_PERCENTS = [0.2, 0.7, 2] as const;
/** A command is given, and just then something goes wrong. */
const TROUBLE_PERCENT = 35;
/** Steps are so far apart, on average. */
const STEP_MS = 30;

export interface Surroundings {
  readonly gates: number;
  readonly base: Snapshot;
  readonly world: World;
  readonly users: readonly SimulatedUser[];
  readonly ways: number;
  /** A plan of the configuration to begin with. */
  readonly plan: string | null;
}

const OPERATORS = ['ann', 'bob', 'eve'] as const;

export function generate(around: Surroundings, steps: number, dice: Dice): Planned[] {
  const planned: Planned[] = [];
  const commands = dice.pick(COMMAND_PERCENTS);
  const faults = dice.pick(FAULT_PERCENTS);
  let atMs = 2000;
  if (around.plan !== null) {
    const command = { do: 'plan', plan: around.plan };
    planned.push({ kind: 'command', atMs, gate: 0, by: 'ann', command });
  }
  for (let i = 0; i < steps; i++) {
    atMs += dice.between(0, 2 * STEP_MS);
    const kind = dice.weighed({
      command: commands,
      fault: faults,
      request: 100 - commands - faults,
    });
    const gate = dice.below(around.gates);
    if (kind === 'command') {
      const by = dice.pick(OPERATORS);
      planned.push({ kind, atMs, gate, by, command: makeCommand(around, dice) });
      if (dice.isIn(TROUBLE_PERCENT)) planned.push(...makeTrouble(around, atMs, dice));
    } else if (kind === 'fault') planned.push({ atMs, ...makeFault(around, gate, dice) });
    else planned.push({ atMs, gate, ...makeRequest(around, dice) });
  }
  return planned.toSorted((a, b) => a.atMs - b.atMs);
}

/** While a command is carried out: a fault where it hurts, and users who come by that very gate. */
function makeTrouble(around: Surroundings, commandMs: number, dice: Dice): Planned[] {
  const gate = dice.below(around.gates);
  const atMs = commandMs + dice.between(0, 1500);
  const fault = { atMs, ...makeFault(around, gate, dice) };
  const requests = Array.from({ length: 8 }, (): Planned => {
    const soonMs = atMs + dice.between(0, 3000);
    return { atMs: soonMs, gate, ...makeRequest(around, dice) };
  });
  return [fault, ...requests];
}

function makeRequest({ users, ways }: Surroundings, dice: Dice) {
  return {
    kind: 'request',
    user: dice.below(users.length),
    way: dice.below(Math.max(1, ways)),
    isWrite: dice.isIn(55),
    takesMs: Math.round(dice.isIn(10) ? dice.between(300, 4000) : dice.between(2, 80)),
    hopMs: Math.round(dice.isIn(5) ? dice.between(200, 3000) : dice.between(1, 30)),
    peer: dice.below(8),
  } as const;
}

function makeFault({ gates, world }: Surroundings, gate: number, dice: Dice): Fault {
  const forMs = Math.round(dice.isIn(40) ? dice.between(5000, 25_000) : dice.between(200, 5000));
  const elastic = elasticOf(world);
  const kind = dice.weighed({
    ...{ restart: 20, kill: 8, 'cut-from-store': 22, 'cut-from-gate': 12, 'lose-nudges': 15 },
    ...{ slow: 14, 'store-down': 3, 'promote-stale': 2 },
    'zone-down': elastic.length === 0 ? 0 : 10,
  });
  switch (kind) {
    case 'restart':
      return { kind, gate, forMs: Math.round(dice.between(50, 3000)) };
    case 'kill':
      return { kind, gate, forMs: 10_000 + forMs };
    case 'cut-from-gate':
      return { kind, gate, other: dice.below(gates), forMs };
    case 'zone-down':
      return { kind, zone: dice.pick(elastic), forMs };
    case 'store-down':
      return { kind, forMs: Math.round(dice.between(100, 8000)) };
    case 'promote-stale':
      return { kind, lost: dice.below(6), forMs: Math.round(dice.between(100, 2000)) };
    default:
      return { kind, gate, forMs };
  }
}

/** Only these die: what they have on loan must not be lost. */
const elasticOf = ({ topology }: World): string[] =>
  [...topology.zones.values()].filter((z) => z.type === 'elastic').map((z) => z.id);

function makeCommand({ base, world, users }: Surroundings, dice: Dice): Sketch {
  const { topology } = world;
  const owning = [...topology.zones.values()].filter(ownsShards);
  const shards = (): number[] =>
    users.length === 0 ? [0] : [...new Set([1, 2, 3].map(() => dice.pick(users).shard))];
  const zone = dice.pick([...topology.zones.values()]);
  const owner = owning.length === 0 ? zone.id : dice.pick(owning).id;
  const uid = users.length === 0 ? '1' : dice.pick(users).uid;
  const which = dice.below(4);
  const plans = [...base.plans.keys()];
  const pace = dice.pick([[], [], [1, 5], [3]]);
  const walk = {
    ...{ pace, soakS: dice.below(3), errorPercent: null, onTrouble: dice.pick(['hold', 'back']) },
    mode: dice.weighed({ freeze: 84, 'reads-only': 12, 'no-freeze': 4 }),
  };
  const how = { ...walk, ...(dice.isIn(15) ? { forS: 5 + dice.below(30) } : {}) };
  const place = dice.pick<Sketch['scope']>([
    { kind: 'zone', zone: owner },
    { kind: 'zone', zone: zone.id },
    { kind: 'group', zone: zone.id, group: dice.pick(zone.groups).id },
    { kind: 'idc', idc: zone.idc },
    { kind: 'city', city: zone.city },
  ]);
  const elastic = elasticOf(world);
  const app = dice.isIn(40) ? { app: dice.pick(world.userApps) } : {};
  const kind = dice.weighed({
    ...(elastic.length === 0 ? { 'pop-out': 0, 'pop-back': 0 } : { 'pop-out': 26, 'pop-back': 8 }),
    ...{ move: 24, home: 4, drain: 10, failover: 10, restore: 14, freeze: 3, unfreeze: 3 },
    ...{ pin: 3, unpin: 1, off: 2, on: 2, plan: plans.length === 0 ? 0 : 5 },
    ...{ approve: 4, continue: 8, fence: 10, hold: 3, abort: 8 },
    ...{ release: 5, promote: 1, rollback: 2, gray: 3, ungray: 1 },
  });
  switch (kind) {
    case 'pop-out': {
      const from = dice.isIn(20) ? { from: `${1 + dice.below(4)}s` } : {};
      const until = dice.isIn(70) ? { until: `${5 + dice.below(8)}s` } : {};
      const to = dice.pick(elastic);
      return { do: kind, shards: shards(), to, ...app, ...from, ...until, ...walk };
    }
    case 'pop-back': {
      const scope = dice.isIn(50)
        ? { kind: 'zone', zone: dice.pick(elastic) }
        : { kind: 'shards', shards: shards() };
      const overrides = dice.isIn(10) ? { overrides: ['verified-return'] } : {};
      return { do: kind, scope, ...app, ...overrides, ...walk };
    }
    case 'move':
      return { do: 'move', shards: shards(), to: owner, ...how };
    case 'home':
      return { do: 'move', shards: [], to: 'declared', ...how };
    case 'drain':
    case 'failover':
    case 'restore':
      return { do: kind, scope: place, ...how };
    case 'freeze':
      return { do: kind, scope: { kind: 'shards', shards: shards() }, forS: 1 + dice.below(10) };
    case 'unfreeze':
      return { do: kind, scope: { kind: 'shards', shards: shards() } };
    case 'pin':
      return { do: kind, uid, zone: owner, forS: 20 };
    case 'unpin':
      return { do: kind, uid };
    case 'off':
    case 'on':
      return {
        do: kind,
        scope: { kind: 'group', zone: zone.id, group: dice.pick(zone.groups).id },
      };
    case 'plan':
      return { do: kind, plan: dice.pick(plans), ...(dice.isIn(30) ? { drillReturnS: 10 } : {}) };
    case 'fence':
      return { do: 'continue', which, fences: true };
    case 'abort':
      return { do: kind, which, back: dice.isIn(50) };
    case 'release':
    case 'promote':
    case 'rollback':
    case 'gray':
    case 'ungray':
      return laneCommand(kind, zone, dice);
    default:
      return { do: kind, which };
  }
}

/** Few names, so that they meet. Nobody counts answers here, so releases ask for none. */
function laneCommand(
  kind: 'release' | 'promote' | 'rollback' | 'gray' | 'ungray',
  { id, groups }: Zone,
  dice: Dice,
): Sketch {
  const name = `lane-${dice.below(3)}`;
  const zones = dice.isIn(70) ? [id] : [];
  const to = dice.pick(groups).id;
  switch (kind) {
    case 'release': {
      const stages = dice.pick([[100], [10, 100], [5, 50]]);
      const how = { stages, soakS: dice.below(3), onTrouble: dice.pick(['hold', 'back']) };
      const from = dice.pick(groups).id;
      return { do: kind, name, zones, from, to, ...how, gates: { minRequests: 0 } };
    }
    case 'gray':
      return { do: kind, name, zones, to, percent: 10 * dice.below(11), forS: 5 + dice.below(20) };
    case 'ungray':
      return { do: kind, gray: name };
    default:
      return { do: kind, release: name };
  }
}
