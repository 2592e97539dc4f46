/**
 * DESIGN. Whether a request belongs to a load test, and on whose word. Stress is a class of traffic,
 * not a place: a scene has its own shard table, endpoints and quotas. A mark counts only from whom the
 * rules name (a signed token, a listed network, an app's listener, a trusted uid of a reserved
 * range), and between gates only inside the signed hand-over. Anything else that carries the mark is
 * refused or taken for anybody's, as declared, never half of each. Missing on purpose: quotas. They are
 * counted where requests enter, by the shell.
 */
import type { Networks } from '../gate/networks.ts';
import { compileNetworks } from '../gate/networks.ts';
import type { RequestFacts } from '../model/facts.ts';
import type { ZoneId } from '../model/ids.ts';
import { Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import type { Reason } from '../model/reason.ts';
import { STRESS } from './reasons.ts';
import { readStressPass, STRESS_HEADER, type StressPass } from './token.ts';

interface SceneLimits {
  /** Requests a second at each gate. */
  readonly rps: number;
  /** Under way at once at each gate. */
  readonly concurrency: number;
  /** Since a gate's start; null: as many as come. */
  readonly total: number | null;
}

/** One load test, by its declaration. */
export interface Scene {
  readonly name: string;
  /** Its own owner of each shard; null: as users are placed now. */
  readonly owners: readonly ZoneId[] | null;
  /** Only shadow endpoints may be used; false: those of users. */
  readonly shadow: boolean;
  /** A request that shows another uid is refused. */
  readonly onlyReserved: boolean;
  readonly limits: SceneLimits;
  /** Wall clock, milliseconds since 1970. */
  readonly untilMs: number;
}

/** Uids of one length, as digits, both ends included. */
export interface UidRange {
  readonly from: string;
  readonly to: string;
  readonly scene: Scene;
}

export interface StressRoom {
  readonly keys: KeyRing;
  readonly acceptsApp: boolean;
  readonly networks: Networks;
  readonly forged: 'refuse' | 'normal';
  /** stdout, off, or a file. */
  readonly log: string;
  readonly scenes: ReadonlyMap<string, Scene>;
  readonly uids: readonly UidRange[];
}

/** What a request's mark is worth. */
export type Mark =
  | {
      readonly kind: 'scene';
      readonly scene: Scene;
      readonly pass: StressPass | null;
      readonly reason: Reason;
    }
  | {
      readonly kind: 'refused';
      readonly status: 403 | 421;
      readonly reason: Reason;
      /** The load test that it belongs to all the same; null: none. */
      readonly scene: Scene | null;
    }
  | { readonly kind: 'stripped'; readonly reason: Reason };

const FORGED: Mark = Object.freeze({
  kind: 'refused',
  status: 403,
  reason: STRESS.forged,
  scene: null,
});
const STRIPPED: Mark = Object.freeze({ kind: 'stripped', reason: STRESS.stripped });
export const UNKNOWN_SCENE: Mark = Object.freeze({
  kind: 'refused',
  status: 421,
  reason: STRESS.unknownScene,
  scene: null,
});

const disbelieved = ({ forged }: StressRoom): Mark => (forged === 'refuse' ? FORGED : STRIPPED);

/** By the header, from anybody but another gate. null: there is none, as nearly always. */
export function markOf(facts: RequestFacts, room: StressRoom): Mark | null {
  const first = facts.header(STRESS_HEADER);
  if (first === undefined) return null;
  // Said twice, it would be a guess which one counts.
  const said = first.trim();
  if (facts.list(STRESS_HEADER).trim() !== said) return disbelieved(room);
  return said.includes('.') ? byToken(said, facts, room) : byName(said, facts, room);
}

function byToken(said: string, facts: RequestFacts, room: StressRoom): Mark {
  const pass = readStressPass(said, facts.receivedAtMs, room.keys);
  const scene = pass === null ? undefined : room.scenes.get(pass.scene);
  if (pass === null || scene === undefined || !comesFrom(pass.network, facts.remote))
    return disbelieved(room);
  return { kind: 'scene', scene, pass, reason: STRESS.token };
}

const comesFrom = (network: string | null, address: string): boolean =>
  network === null || compileNetworks([network], [], new Report()).has(address);

function byName(said: string, facts: RequestFacts, room: StressRoom): Mark {
  const scene = room.scenes.get(said);
  if (scene === undefined) return disbelieved(room);
  if (facts.listener === 'app' && room.acceptsApp)
    return { kind: 'scene', scene, pass: null, reason: STRESS.app };
  if (room.networks.has(facts.remote))
    return { kind: 'scene', scene, pass: null, reason: STRESS.network };
  return disbelieved(room);
}

/** By the lane that another gate has signed. */
export function markHandedOver(name: string, room: StressRoom): Mark {
  const scene = room.scenes.get(name);
  if (scene === undefined) return UNKNOWN_SCENE;
  return { kind: 'scene', scene, pass: null, reason: STRESS.handedOver };
}

/** Whom a request shows. */
interface Shown {
  readonly trusted: string | null;
  readonly hint: string | null;
  /** A good route cookie. None is written for a load test, so it is a user's. */
  readonly hasCookie: boolean;
}

/**
 * What the uid changes: a trusted one of a reserved range makes the request stress; one on anybody's
 * word is a forged mark; and a marked request must not show a real user's.
 */
export function judgeUids(mark: Mark | null, shown: Shown, room: StressRoom): Mark | null {
  if (room.uids.length === 0) return mark;
  const { trusted, hint, hasCookie } = shown;
  if (mark?.kind === 'scene') {
    const foreign = (uid: string | null): boolean => uid !== null && !fits(mark.scene, uid, room);
    const isUser = mark.scene.onlyReserved && hasCookie && trusted === null;
    if (!isUser && !foreign(trusted) && !foreign(hint)) return mark;
    return { kind: 'refused', status: 403, reason: STRESS.foreignUid, scene: mark.scene };
  }
  const reserved = trusted === null ? null : sceneOfUid(trusted, room);
  if (reserved !== null)
    return { kind: 'scene', scene: reserved, pass: null, reason: STRESS.reserved };
  if (hint !== null && sceneOfUid(hint, room) !== null) return disbelieved(room);
  return mark;
}

/** Reserved for the scene; or for none, where the scene is not for its own uids only. */
export function fits(scene: Scene, uid: string, room: StressRoom): boolean {
  const reserved = sceneOfUid(uid, room);
  return reserved === null ? !scene.onlyReserved : reserved === scene;
}

/** The scene that the uid is reserved for. */
export function sceneOfUid(uid: string, { uids }: StressRoom): Scene | null {
  for (const range of uids)
    if (uid.length === range.from.length && uid >= range.from && uid <= range.to)
      return range.scene;
  return null;
}
