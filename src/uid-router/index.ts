/**
 * DESIGN. Two questions: which uid does the request carry and who vouches for it (`findUid`), and
 * which shard does a uid belong to (`shardOf`). A uid that the shard rule can't read is absent,
 * never shard 0. Missing on purpose: tokens and session look-ups; they will be further kinds of
 * source, resolved by the shell before the core is asked.
 */
import type { ConnectionClass, RequestFacts } from '../model/facts.ts';
import { stableHash } from '../model/hash.ts';
import { parseShardId, type ShardId } from '../model/ids.ts';
import type { Source } from './compile.ts';

/** As in the topology; the rooms know each other by shape only. */
export interface ShardRule {
  readonly count: number;
  readonly key:
    | { readonly kind: 'digits'; readonly positions: readonly number[] }
    | { readonly kind: 'hash'; readonly hash: 'fnv1a' };
}

export interface Identity {
  /** Vouched for; null when there is none. */
  readonly trusted: string | null;
  /** Anybody's word; null when there is none. */
  readonly hint: string | null;
  /** A source held a value that is no uid. */
  readonly malformed: boolean;
}

export const NO_IDENTITY: Identity = Object.freeze({ trusted: null, hint: null, malformed: false });
const MALFORMED: Identity = Object.freeze({ trusted: null, hint: null, malformed: true });

/**
 * Sources in declared order; the first usable value of each kind of trust wins.
 * @param usable does the shard rule, or a pin, know this uid?
 */
export function findUid(
  facts: RequestFacts,
  from: ConnectionClass,
  sources: readonly Source[],
  path: string,
  usable: (uid: string) => boolean,
): Identity {
  let trusted: string | null = null;
  let hint: string | null = null;
  let malformed = false;
  for (const source of sources) {
    const believed = source.trust.has(from);
    if (!believed && (source.others === 'ignore' || hint !== null)) continue;
    const value = read(source, facts, path);
    if (value === undefined || value === '') continue;
    if (!isUid(value) || !usable(value)) malformed = true;
    else if (believed) {
      trusted = value;
      break;
    } else hint = value;
  }
  if (trusted === null && hint === null) return malformed ? MALFORMED : NO_IDENTITY;
  return { trusted, hint, malformed };
}

function read(source: Source, facts: RequestFacts, path: string): string | undefined {
  switch (source.kind) {
    case 'header':
      return facts.header(source.name);
    case 'cookie':
      return facts.cookie(source.name);
    case 'query':
      return readQuery(facts.query, source.name);
    case 'path':
      return readPath(path, source.segments, source.open);
  }
}

/** First value of a query parameter, percent-decoded; undefined when it can't be decoded. */
export function readQuery(query: string, name: string): string | undefined {
  let at = 0;
  while (at < query.length) {
    let end = query.indexOf('&', at);
    if (end < 0) end = query.length;
    if (query.startsWith(name, at) && query.charCodeAt(at + name.length) === 0x3d) {
      return decode(query.slice(at + name.length + 1, end));
    }
    at = end + 1;
  }
  return undefined;
}

function readPath(path: string, segments: readonly string[], open: boolean): string | undefined {
  let at = 0;
  let uid: string | undefined;
  for (const segment of segments) {
    if (path.charCodeAt(at) !== 0x2f) return undefined;
    let end = path.indexOf('/', at + 1);
    if (end < 0) end = path.length;
    if (segment === ':uid') uid = path.slice(at + 1, end);
    else if (path.length - at - 1 < segment.length || path.slice(at + 1, end) !== segment) {
      return undefined;
    }
    at = end;
  }
  if (at < path.length && !open) return undefined;
  return uid === undefined ? undefined : decode(uid);
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const MAX_UID_LENGTH = 128;

/** 1–128 visible ASCII characters. */
export function isUid(text: string): boolean {
  if (text.length > MAX_UID_LENGTH) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 0x20 || c >= 0x7f) return false;
  }
  return true;
}

/** The shard of a uid, or null when the rule can't read it (too short, not all digits). */
export function shardOf(uid: string, rule: ShardRule): ShardId | null {
  if (rule.key.kind === 'hash') return parseShardId(stableHash(uid) % rule.count, rule.count);
  for (let i = 0; i < uid.length; i++) {
    const c = uid.charCodeAt(i);
    if (c < 0x30 || c > 0x39) return null;
  }
  let value = 0;
  for (const position of rule.key.positions) {
    const at = position < 0 ? uid.length + position : position;
    if (at < 0 || at >= uid.length) return null;
    value = value * 10 + (uid.charCodeAt(at) - 0x30);
  }
  return parseShardId(value % rule.count, rule.count);
}
