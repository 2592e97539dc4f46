/**
 * DESIGN. The route cookie ⇄ a shard: `v1.<shard>.<zone>.<epoch>.<key id>.<mac>`. The shard is
 * authoritative; zone and epoch serve diagnosis only, so a cookie never goes stale when a shard
 * moves. It holds no uid. Users of one shard share one value, which is why verified values can be
 * remembered. A pinned user's zone part is `<zone>~<tag>`: the tag (a MAC of the uid) finds the pin
 * again on requests that carry no uid, so that he is not served by two zones. Missing on purpose: errors. What can't be believed is absent, with a reason.
 */
import { type Epoch, parseEpoch, parseShardId, type ShardId } from '../model/ids.ts';
import { type KeyRing, macMatches, macOf } from '../model/mac.ts';
import type { Reason } from '../model/reason.ts';
import { COOKIE } from './reasons.ts';

export interface RouteCookie {
  readonly shard: ShardId;
  /** Where the shard lived when the cookie was written. */
  readonly zoneHint: string;
  readonly epoch: Epoch;
  /** Set for pinned users. */
  readonly pinTag: string | null;
}

export type CookieReading =
  | { readonly cookie: RouteCookie; readonly reason: Reason }
  | { readonly cookie: null; readonly reason: Reason };

const PURPOSE = 'route-cookie';
const ABSENT: CookieReading = Object.freeze({ cookie: null, reason: COOKIE.absent });
const MALFORMED: CookieReading = Object.freeze({ cookie: null, reason: COOKIE.malformed });
const BAD_MAC: CookieReading = Object.freeze({ cookie: null, reason: COOKIE.badMac });
const UNKNOWN_KEY: CookieReading = Object.freeze({ cookie: null, reason: COOKIE.unknownKey });
const OUT_OF_RANGE: CookieReading = Object.freeze({ cookie: null, reason: COOKIE.outOfRange });

const MAX_COOKIE_LENGTH = 160;
/** Two generations of so many verified values; a fleet has shards × live epochs of them. */
const MEMO_SIZE = 4096;

/** Reads and writes route cookies under one key ring and one shard rule. */
export class CookieCodec {
  readonly #keys: KeyRing;
  readonly #count: number;
  readonly #scheme: string;
  #young = new Map<string, CookieReading>();
  #old = new Map<string, CookieReading>();

  /** @param scheme names the shard rule: cookies of another rule fail their MAC. */
  constructor(keys: KeyRing, count: number, scheme: string) {
    this.#keys = keys;
    this.#count = count;
    this.#scheme = scheme;
  }

  read(value: string | undefined): CookieReading {
    if (value === undefined || value === '') return ABSENT;
    const known = this.#young.get(value) ?? this.#old.get(value);
    if (known !== undefined) return known;
    // A piece of a head would keep all of the head for as long as it is remembered.
    const own = value.length > MAX_COOKIE_LENGTH ? value : value.split('').join('');
    const reading = this.#verify(own);
    // Only good values are remembered, so forgeries can't push them out.
    if (reading.cookie !== null) this.#remember(own, reading);
    return reading;
  }

  write(shard: ShardId, zone: string, epoch: Epoch, pinTag: string | null): string {
    const key = this.#keys[0]!;
    const hint = pinTag === null ? zone : `${zone}~${pinTag}`;
    const body = `v1.${shard}.${hint}.${epoch}.${key.id}`;
    return `${body}.${macOf(key.secret, PURPOSE, `${this.#scheme}\n${body}`)}`;
  }

  /** Tags of a pinned uid under each live key, the signing one first. */
  pinTags(uid: string): string[] {
    return this.#keys.map((key) => macOf(key.secret, 'pin', uid).slice(0, 12));
  }

  #verify(value: string): CookieReading {
    if (value.length > MAX_COOKIE_LENGTH) return MALFORMED;
    const parts = value.split('.');
    if (parts.length !== 6 || parts[0] !== 'v1') return MALFORMED;
    const [, shardText, hint, epochText, keyId, mac] = parts as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (!/^\d{1,4}$/.test(shardText) || !/^\d{1,16}$/.test(epochText)) return MALFORMED;
    const key = this.#keys.find((k) => k.id === keyId);
    if (key === undefined) return UNKNOWN_KEY;
    const body = value.slice(0, value.length - mac.length - 1);
    if (!macMatches(key.secret, PURPOSE, `${this.#scheme}\n${body}`, mac)) return BAD_MAC;
    const shard = parseShardId(Number(shardText), this.#count);
    const epoch = parseEpoch(Number(epochText));
    if (shard === null || epoch === null) return OUT_OF_RANGE;
    const [zoneHint = '', pinTag = null] = hint.split('~');
    return { cookie: { shard, zoneHint, epoch, pinTag }, reason: COOKIE.accepted };
  }

  #remember(value: string, reading: CookieReading): void {
    if (this.#young.size >= MEMO_SIZE) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(value, reading);
  }
}
