/**
 * Which group of a zone serves a user, where releases or gray rules stand in it. In this order: an
 * allow-list, a tester’s header, an attribute of the client, the release that has moved his shard, a
 * rule’s percent; else the weights, which have chosen already. A group that people have switched off is
 * in no table here, so no lane leads to it.
 */
import type { RequestFacts } from '../model/facts.ts';
import type { AppId, GroupId } from '../model/ids.ts';
import type { Reason } from '../model/reason.ts';
import type { Group } from '../zone/topology.ts';
import type { ClientTest, Proxies } from './client-rule.ts';
import { drawOf, type Mixer, type UserPoint } from './point.ts';
import { GROUP } from './reasons.ts';

/** A release in one zone, as far as it has come. */
export interface Shift {
  readonly name: string;
  /** null: all of the zone’s apps. */
  readonly app: AppId | null;
  readonly from: GroupId;
  readonly to: Group;
  /** 0 … 1, for users without a shard. */
  readonly part: number;
  /** Moved so far; null: all. */
  readonly shards: ReadonlySet<number> | null;
  readonly mixer: Mixer;
}

/** A gray rule in one zone. */
export interface GrayRule {
  readonly name: string;
  readonly app: AppId | null;
  readonly to: Group;
  readonly allow: ReadonlySet<string>;
  /** What the cookies of allow-listed users carry. */
  readonly tags: ReadonlySet<string>;
  readonly tester: ClientTest | null;
  readonly clients: readonly ClientTest[];
  /** 0 … 1: half-open, so raising it keeps who was in. */
  readonly part: number;
  readonly mixer: Mixer;
}

export interface ZoneLanes {
  readonly shifts: readonly Shift[];
  readonly grays: readonly GrayRule[];
}

/** The user, and his request where there is one: a tunnel has none any more. */
export interface Visitor {
  readonly app: AppId;
  readonly uid: string | null;
  /** Of his lane cookie. */
  readonly tag: string | null;
  readonly shard: number | null;
  readonly point: UserPoint | null;
  /** He speaks as an app or an operator: his tester’s header is believed. */
  readonly trusted: boolean;
  readonly facts: RequestFacts | null;
  readonly proxies: Proxies;
}

export interface Chosen {
  readonly group: Group;
  readonly reason: Reason;
  /** The gray rule that chose; null for a release. */
  readonly gray: string | null;
}

/** @param drawn by the weights. @returns null when that stays */
export function choose(drawn: Group, lanes: ZoneLanes, visitor: Visitor): Chosen | null {
  return (
    byRequest(lanes.grays, visitor) ??
    byRelease(drawn, lanes.shifts, visitor) ??
    byPercent(lanes.grays, visitor)
  );
}

const covers = (app: AppId | null, visitor: Visitor): boolean =>
  app === null || app === visitor.app;

function byRequest(grays: readonly GrayRule[], visitor: Visitor): Chosen | null {
  const { uid, tag, facts, trusted, proxies } = visitor;
  const first = (fits: (rule: GrayRule) => boolean, reason: Reason): Chosen | null => {
    const rule = grays.find((g) => covers(g.app, visitor) && fits(g));
    return rule === undefined ? null : { group: rule.to, reason, gray: rule.name };
  };
  const allowed = first(
    (g) => (uid !== null && g.allow.has(uid)) || (tag !== null && g.tags.has(tag)),
    GROUP.allowed,
  );
  if (allowed !== null || facts === null) return allowed;
  const tester = trusted ? first((g) => g.tester?.(facts, proxies) === true, GROUP.tester) : null;
  return tester ?? first((g) => g.clients.some((fits) => fits(facts, proxies)), GROUP.client);
}

/** A shard is at one side or the other; who has none goes by his point. */
function byRelease(drawn: Group, shifts: readonly Shift[], visitor: Visitor): Chosen | null {
  const shift = shifts.find((s) => s.from === drawn.id && covers(s.app, visitor));
  if (shift === undefined || !isMoved(shift, visitor)) return null;
  return { group: shift.to, reason: GROUP.released, gray: null };
}

function isMoved({ shards, part, mixer }: Shift, { shard, point }: Visitor): boolean {
  if (shards === null) return true;
  if (shard !== null) return shards.has(shard);
  return point !== null && drawOf(point, mixer) < part;
}

function byPercent(grays: readonly GrayRule[], visitor: Visitor): Chosen | null {
  const { point } = visitor;
  if (point === null) return null;
  const rule = grays.find(
    (g) => g.part > 0 && covers(g.app, visitor) && drawOf(point, g.mixer) < g.part,
  );
  return rule === undefined ? null : { group: rule.to, reason: GROUP.gray, gray: rule.name };
}
