/** Every reason any room can give. docs/reasons.md lists the same; a test compares both ways. */

import { COOKIE, COOKIE_WRITE } from '../cookie/reasons.ts';
import { FREEZE, PIN, PLACE, SHARD, SPILL } from '../failover/reasons.ts';
import { MIRROR } from '../mirror/reasons.ts';
import type { Reason } from '../model/reason.ts';
import { FROM, HOP, LOOP } from '../peer/reasons.ts';
import { GROUP, LANE_COOKIE } from '../release/reasons.ts';
import { ROUTE } from '../route/reasons.ts';
import { STRESS, STRESS_GROUP, STRESS_PLACE } from '../stress-tag/reasons.ts';
import { IDENTITY } from '../uid-router/reasons.ts';
import { FAULT } from './fault.ts';

export const REASONS: readonly Reason[] = [
  FROM,
  STRESS,
  STRESS_PLACE,
  STRESS_GROUP,
  LOOP,
  ROUTE,
  COOKIE,
  IDENTITY,
  PIN,
  SHARD,
  PLACE,
  FREEZE,
  GROUP,
  LANE_COOKIE,
  HOP,
  MIRROR,
  COOKIE_WRITE,
  FAULT,
  SPILL,
].flatMap((table) => Object.values<Reason>(table));
