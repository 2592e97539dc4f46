/** The users of a simulation, and the ways in which a request of the configuration can show who asks. */
import { decide } from '../decide/index.ts';
import { factsFrom, type RecordedFacts } from '../model/facts.ts';
import type { IdcId, ShardId } from '../model/ids.ts';
import type { Route } from '../route/index.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { sceneOfUid } from '../stress-tag/index.ts';
import type { Source } from '../uid-router/compile.ts';
import { shardOf } from '../uid-router/index.ts';
import type { Dice } from './dice.ts';

export interface SimulatedUser {
  readonly uid: string;
  readonly shard: ShardId;
}

type Shown = Omit<RecordedFacts, 'entryIdc' | 'receivedAtMs' | 'dice' | 'method'>;

/** A request as this user makes it. */
export type Way = (user: SimulatedUser) => Shown;

/** Few, so that many things happen to each. */
export function makeUsers(snapshot: Snapshot, count: number, dice: Dice): SimulatedUser[] {
  const users: SimulatedUser[] = [];
  for (let tries = 0; users.length < count && tries < 100 * count; tries++) {
    let uid = '2';
    while (uid.length < 16) uid += String(dice.below(10));
    const shard = shardOf(uid, snapshot.topology.sharding);
    const reserved = snapshot.stress !== null && sceneOfUid(uid, snapshot.stress) !== null;
    if (shard !== null && !reserved && !snapshot.rules.pins.has(uid)) users.push({ uid, shard });
  }
  return users;
}

/** Those that work: with each, the real decision finds the user’s shard. */
export function waysOf(snapshot: Snapshot, user: SimulatedUser, entryIdc: IdcId): Way[] {
  const ways = snapshot.routes.routes
    .filter((r) => r.zoneType === 'rzone')
    .flatMap((route) => [
      byCookie(route, snapshot),
      ...(snapshot.identities.get(route.identity ?? '') ?? []).map((s) => bySource(route, s)),
    ]);
  return ways.filter((way) => {
    const times = { entryIdc, receivedAtMs: 0, dice: 0, method: 'POST' };
    const decision = decide(factsFrom({ ...way(user), ...times }), snapshot);
    return decision.kind === 'forward' && decision.shard === user.shard && decision.isWrite;
  });
}

/** `shop.example/search` → a request that this route matches. */
function target(route: Route): { host: string; path: string } {
  const slash = route.name.indexOf('/');
  const host = slash < 0 ? route.name : route.name.slice(0, slash);
  const prefix = slash < 0 ? '' : route.name.slice(slash).replace(/\/$/, '');
  return {
    host: host === '*' ? 'any.example' : host.replace('*', 'www'),
    path: `${prefix}/simulated`,
  };
}

const byCookie =
  (route: Route, snapshot: Snapshot): Way =>
  ({ shard }) => ({
    ...target(route),
    headers: [['cookie', `${snapshot.gate.cookie.name}=${snapshot.cookieOfShard[shard]}`]],
  });

function bySource(route: Route, source: Source): Way {
  const listener = source.trust.has('app') ? 'app' : 'external';
  return ({ uid }) => {
    const at = { ...target(route), listener } as const;
    switch (source.kind) {
      case 'header':
        return { ...at, headers: [[source.name, uid]] };
      case 'cookie':
        return { ...at, headers: [['cookie', `${source.name}=${uid}`]] };
      case 'query':
        return { ...at, query: `${source.name}=${uid}` };
      case 'path': {
        const parts = source.segments.map((s) => (s.startsWith(':') ? uid : s));
        return { ...at, path: `/${parts.join('/')}${source.open ? '/x' : ''}` };
      }
    }
  };
}
