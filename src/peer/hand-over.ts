/**
 * What one gate tells the next about a request it forwards, in the header X-Ldc-Decision:
 * `v1.<from idc>.<zone>.<shard|->.<group>.<epoch>[-<board epoch>].<how>.<request id>.<sent at>.<key id>.<mac>`.
 * A request on a lane is `v2`, with `.s<scene>` or `.g<gray rule>` behind how: a gate that knows no lanes
 * must refuse it, not serve a load test as anybody's request. The MAC also covers method, host and target, so a hand-over can't be moved to another request.
 */
import { type Epoch, parseEpoch } from '../model/ids.ts';
import type { Lane } from '../model/lane.ts';
import { type KeyRing, macMatches, macOf } from '../model/mac.ts';

export const HAND_OVER_HEADER = 'x-ldc-decision';
/** Clocks of two gates may differ by so much, and a hand-over is good for so long. */
export const HAND_OVER_WINDOW_MS = 60_000;

export interface HandOver {
  readonly fromIdc: string;
  readonly zone: string;
  /** null when the user's shard is unknown. */
  readonly shard: number | null;
  readonly group: string;
  readonly epoch: Epoch;
  /** Epoch of the sender's board; 0 without one. */
  readonly board: number;
  /** How the sender came to the zone: a newer receiver may correct a table's word, not a person's. */
  readonly how: 'table' | 'forced' | 'random';
  /** Tag of the user's pin, null when he has none. */
  readonly pinTag: string | null;
  readonly requestId: string;
  readonly lane: Lane | null;
}

/** As the next gate reads it. */
export interface ReceivedHandOver extends HandOver {
  /** By the sender's clock. */
  readonly sentAtMs: number;
}

const HOW_LETTER = { table: 't', forced: 'f', random: 'r' } as const;

/** The parts of a request that a hand-over is bound to. */
export interface Bound {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

const PURPOSE = 'hand-over';

const boundText = (r: Bound): string => `${r.method} ${r.host} ${r.path}?${r.query}`;

export function signHandOver(h: HandOver, bound: Bound, nowMs: number, keys: KeyRing): string {
  const key = keys[0]!;
  const shard = h.shard === null ? '-' : h.shard;
  const epochs = h.board === 0 ? h.epoch : `${h.epoch}-${h.board}`;
  const [version, lane] = h.lane === null ? ['v1', ''] : ['v2', `.${laneText(h.lane)}`];
  const body = `${version}.${h.fromIdc}.${h.zone}.${shard}.${h.group}.${epochs}.${HOW_LETTER[h.how]}${h.pinTag ?? ''}${lane}.${h.requestId}.${nowMs.toString(36)}.${key.id}`;
  return `${body}.${macOf(key.secret, PURPOSE, `${body}\n${boundText(bound)}`)}`;
}

const laneText = ({ kind, name }: Lane): string => `${kind === 'stress' ? 's' : 'g'}${name}`;

/** undefined: not a lane. */
function laneOf(text: string): Lane | undefined {
  const name = text.slice(1);
  if (name === '') return undefined;
  if (text.startsWith('s')) return { kind: 'stress', name };
  return text.startsWith('g') ? { kind: 'gray', name } : undefined;
}

/** @returns null for anything but a fresh hand-over of this very request, signed with a live key. */
export function readHandOver(
  text: string,
  bound: Bound,
  nowMs: number,
  keys: KeyRing,
): ReceivedHandOver | null {
  const parts = text.split('.');
  const plain = parts[0] === 'v1' && parts.length === 11;
  if ((!plain && !(parts[0] === 'v2' && parts.length === 12)) || text.length > 512) return null;
  const [, fromIdc = '', zone = '', shardText = '', group = '', epochText = ''] = parts;
  const [how = ''] = parts.slice(6);
  const [requestId = '', atText = '', keyId = '', mac = ''] = parts.slice(plain ? 7 : 8);
  const key = keys.find((k) => k.id === keyId);
  if (key === undefined) return null;
  const body = text.slice(0, text.length - mac.length - 1);
  if (!macMatches(key.secret, PURPOSE, `${body}\n${boundText(bound)}`, mac)) return null;
  const sentAtMs = Number.parseInt(atText, 36);
  if (!(Math.abs(nowMs - sentAtMs) <= HAND_OVER_WINDOW_MS)) return null;
  const [rules = '', boardText = '0'] = epochText.split('-');
  const epoch = parseEpoch(Number(rules));
  const board = parseEpoch(Number(boardText));
  if (epoch === null || board === null) return null;
  const lane = plain ? null : laneOf(parts[7]!);
  if (lane === undefined) return null;
  const shard = shardText === '-' ? null : Number(shardText);
  const pinTag = how.length > 1 ? how.slice(1) : null;
  const kind = how.startsWith('f') ? 'forced' : how.startsWith('r') ? 'random' : 'table';
  return {
    fromIdc,
    zone,
    shard,
    group,
    epoch,
    board,
    how: kind,
    pinTag,
    requestId,
    lane,
    sentAtMs,
  };
}
