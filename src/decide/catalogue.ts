/** Every reason any room can give. docs/reasons.md lists the same; a test compares both ways. */

import { COOKIE, COOKIE_WRITE } from '../cookie/reasons.ts';
import { FREEZE, PIN, PLACE, SHARD, SPILL } from '../failover/reasons.ts';
import { MIRROR } from '../mirror/reasons.ts';
import type { Reason } from '../model/reason.ts';
import { FROM, HOP, LOOP } from '../peer/reasons.ts';
import { GROUP } from '../release/index.ts';
import { ROUTE } from '../route/reasons.ts';
import { IDENTITY } from '../uid-router/reasons.ts';
import { FAULT } from './fault.ts';

export const REASONS: readonly Reason[] = [
  FROM,
  LOOP,
  ROUTE,
  COOKIE,
  IDENTITY,
  PIN,
  SHARD,
  PLACE,
  FREEZE,
  GROUP,
  HOP,
  MIRROR,
  COOKIE_WRITE,
  FAULT,
  SPILL,
].flatMap((table) => Object.values<Reason>(table));
