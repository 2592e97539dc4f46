/**
 * DESIGN. Who is speaking, and what of his headers is to be believed. External is the default; a
 * better class must be proven: by the listener (app), by a signed hand-over from a listed network
 * (peer), by a signed token (operator). Every `X-Ldc-*` field, in any spelling, is removed before a
 * request goes on; the gate alone writes them. Missing on purpose: TLS client certificates; they
 * will be one more proof of class, not another class.
 */
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import type { KeyRing } from '../model/mac.ts';
import type { Reason } from '../model/reason.ts';
import { HAND_OVER_HEADER, type ReceivedHandOver, readHandOver } from './hand-over.ts';
import { OPERATOR_HEADER, readOperatorToken } from './operator-token.ts';
import { FROM } from './reasons.ts';

const GATE_PREFIX = 'zonegate-';
/** An app's answer names the user it served, so that the gate can place him: a uid, a shard, or `none`. */
export const CORRECTION_UID_HEADER = 'x-ldc-uid';
export const CORRECTION_SHARD_HEADER = 'x-ldc-shard';
export const FORCED_ZONE_HEADER = 'x-ldc-zone';
export const FORCED_GROUP_HEADER = 'x-ldc-group';
export const EPOCH_HEADER = 'x-ldc-epoch';

interface Networks {
  has(address: string): boolean;
}

export interface PeerRoom {
  readonly peers: Networks;
  readonly peerKeys: KeyRing;
  readonly operatorKeys: KeyRing;
}

export interface Speaker {
  readonly from: ConnectionClass;
  readonly handOver: ReceivedHandOver | null;
  readonly operator: string | null;
  readonly reason: Reason;
}

const speaker = (from: ConnectionClass, reason: Reason): Speaker =>
  Object.freeze({ from, handOver: null, operator: null, reason });
const EXTERNAL = speaker('external', FROM.external);
const APP = speaker('app', FROM.app);

export function whoSpeaks(facts: RequestFacts, room: PeerRoom): Speaker {
  const handed = facts.header(HAND_OVER_HEADER);
  if (handed !== undefined) {
    const handOver = room.peers.has(facts.remote)
      ? readHandOver(handed, facts, facts.receivedAtMs, room.peerKeys)
      : null;
    if (handOver !== null) return { from: 'peer', handOver, operator: null, reason: FROM.peer };
    // To serve it as anybody's would be a guess at the user: a gate knew more than this one can see.
    const forwarded = room.peers.has(facts.remote) && facts.list('cdn-loop').includes(GATE_PREFIX);
    return speaker(facts.listener, forwarded ? FROM.unverified : FROM.badHandOver);
  }
  const token = facts.header(OPERATOR_HEADER);
  if (token !== undefined) {
    const operator = readOperatorToken(token, facts.receivedAtMs, room.operatorKeys);
    if (operator !== null)
      return { from: 'operator', handOver: null, operator, reason: FROM.operator };
    return speaker(facts.listener, FROM.badToken);
  }
  return facts.listener === 'app' ? APP : EXTERNAL;
}

/** How gates of an IDC name themselves in CDN-Loop (RFC 8586) and Via. */
export const gateToken = (idc: string): string => GATE_PREFIX + idc;

/** Does CDN-Loop hold `token` as a whole element, parameters aside? */
export function hasBeenHere(cdnLoop: string, token: string): boolean {
  if (!cdnLoop.includes(token)) return false;
  return cdnLoop.split(',').some((entry) => entry.split(';', 1)[0]!.trim() === token);
}
