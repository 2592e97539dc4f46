/**
 * What load tests change in the walk: who speaks of a scene, whether it may go on, and where it goes.
 * Without a Stress document a request pays one look at a null.
 */
import { pick } from '../failover/index.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { Lane } from '../model/lane.ts';
import type { Reason } from '../model/reason.ts';
import type { Speaker } from '../peer/index.ts';
import { pointOfShard } from '../release/index.ts';
import { GROUP } from '../release/reasons.ts';
import type { Snapshot } from '../snapshot/index.ts';
import {
  judgeUids,
  type Mark,
  markHandedOver,
  markOf,
  type Scene,
  UNKNOWN_SCENE,
} from '../stress-tag/index.ts';
import { STRESS, STRESS_GROUP, STRESS_PLACE } from '../stress-tag/reasons.ts';
import { type Group, SHADOW_MARK, type Zone } from '../zone/topology.ts';
import type { Asking, Placed } from './place.ts';
import type { User } from './user.ts';

/** Who speaks, and which load test he belongs to. */
export interface Caller extends Speaker {
  /** Absent for nearly all. */
  readonly mark?: Mark;
}

/** An end of the walk. */
export interface Refused {
  readonly status: 403 | 421 | 503;
  readonly reason: Reason;
}

/** By header, or by the lane that another gate has signed: a header beside that is as good as absent. */
export function hear(facts: RequestFacts, speaker: Speaker, { stress }: Snapshot): Caller {
  const lane = speaker.handOver?.lane ?? null;
  if (stress === null)
    return lane?.kind === 'stress' ? { ...speaker, mark: UNKNOWN_SCENE } : speaker;
  if (speaker.from === 'peer')
    return lane?.kind === 'stress'
      ? { ...speaker, mark: markHandedOver(lane.name, stress) }
      : speaker;
  const mark = markOf(facts, stress);
  return mark === null ? speaker : { ...speaker, mark };
}

/** What the user's uid says about it; the gate before has judged that already. */
export function hearUids(caller: Caller, user: User, { stress }: Snapshot): Caller {
  if (stress === null || caller.from === 'peer') return caller;
  const before = caller.mark ?? null;
  const mark = judgeUids(before, user.identity, stress);
  return mark === null || mark === before ? caller : { ...caller, mark };
}

export const sceneOf = ({ mark }: Caller): Scene | null =>
  mark?.kind === 'scene' ? mark.scene : null;

const STOPPED: Refused = Object.freeze({ status: 503, reason: STRESS.stopped });
const ENDED: Refused = Object.freeze({ status: 503, reason: STRESS.ended });
const NO_SHADOW: Refused = Object.freeze({ status: 503, reason: STRESS.noShadow });

/** Whether the walk ends with what is known of the mark; null: it goes on. */
export function stopOf(
  caller: Caller,
  { receivedAtMs }: RequestFacts,
  snapshot: Snapshot,
): Refused | null {
  const { mark } = caller;
  if (mark === undefined || mark.kind === 'stripped') return null;
  if (mark.kind === 'refused') return mark;
  return endOf(mark.scene, receivedAtMs, snapshot);
}

/** Why nothing more of the scene goes on; null: it does. */
export function endOf(
  scene: Scene,
  nowMs: number,
  { placement: { stoppedScenes } }: Snapshot,
): Refused | null {
  if (stoppedScenes.has(scene.name) || stoppedScenes.has('*')) return STOPPED;
  return nowMs < scene.untilMs ? null : ENDED;
}

const lanes = new WeakMap<Scene, Lane>();

/** A refused request is still its load test's, in logs and counters. */
export function stressLaneOf({ mark, handOver }: Caller): Lane | null {
  const scene = mark === undefined || mark.kind === 'stripped' ? null : mark.scene;
  if (scene === null) return handOver?.lane?.kind === 'stress' ? handOver.lane : null;
  let lane = lanes.get(scene);
  if (lane === undefined) {
    lane = Object.freeze({ kind: 'stress', name: scene.name });
    lanes.set(scene, lane);
  }
  return lane;
}

/** By the scene's own table. Pins are users' and don't count. Somebody unknown is drawn by shard, so that zones get what they have of them. */
export function byTable(
  { facts, user }: Asking,
  owners: NonNullable<Scene['owners']>,
  snapshot: Snapshot,
): Placed | null {
  const { shard } = user;
  const drawn = facts.dice * owners.length;
  const owner = owners[shard ?? Math.trunc(drawn)];
  const spread = owner === undefined ? undefined : snapshot.placement.groupsOf.get(owner);
  // What is left of the draw, so that the group does not hang on the zone.
  const share = spread && pick(spread, shard === null ? drawn % 1 : pointOfShard(shard));
  const target = share && snapshot.targets.get(facts.entryIdc)?.get(share.group);
  if (target === undefined || target === null) return null;
  if (shard === null) {
    const reasons = { placeReason: STRESS_PLACE.drawn, groupReason: GROUP.byDice };
    return { target, ...reasons, provisional: true, gray: null };
  }
  const groupReason = spread?.shares.length === 1 ? GROUP.only : GROUP.byShard;
  const placeReason = STRESS_PLACE.table;
  return { target, placeReason, groupReason, provisional: false, gray: null };
}

/** What the scene's declaration makes of a place among users: its shadow, or refused, never its group. */
export function inScene(
  placed: Placed,
  { facts, route: { app }, user }: Asking,
  { shadow }: Scene,
  snapshot: Snapshot,
): Placed | Refused {
  if (!shadow) return placed;
  const { zone, group } = placed.target;
  const runs = (g: Group): boolean => g.shadow?.endpoints.has(app) === true;
  const point = user.shard === null ? facts.dice : pointOfShard(user.shard);
  const chosen = runs(group) ? group : anyOf(serving(zone, snapshot).filter(runs), point);
  const twin = chosen?.shadow ?? null;
  const target = twin === null ? undefined : snapshot.targets.get(facts.entryIdc)?.get(twin);
  if (target === undefined) return NO_SHADOW;
  const groupReason = chosen === group ? placed.groupReason : STRESS_GROUP.withShadow;
  return { ...placed, target, groupReason };
}

const serving = (zone: Zone, snapshot: Snapshot): Group[] =>
  (snapshot.placement.groupsOf.get(zone.id)?.shares ?? []).map((s) => s.group);

const anyOf = (groups: readonly Group[], point: number): Group | undefined =>
  groups[Math.trunc(point * groups.length)];

/** The group that a hand-over names: `A`, or `A~shadow`, as both gates must have it declared. */
export function handedGroup(zone: Zone | undefined, name: string, scene: Scene | null) {
  const shadow = name.endsWith(SHADOW_MARK);
  if (shadow !== (scene?.shadow ?? false)) return undefined;
  const id = shadow ? name.slice(0, -SHADOW_MARK.length) : name;
  const group = zone?.groups.find((g) => g.id === id);
  return shadow ? (group?.shadow ?? undefined) : group;
}
