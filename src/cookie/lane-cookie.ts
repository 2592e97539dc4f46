/**
 * The lane cookie: `v1.[D]<point>[~tag].<key id>.<mac>`, D where the point was drawn and not made of a uid. It keeps a user where draws have put him, on
 * requests that show no uid. The point is one of 16,384, so it names nobody; users of one point share
 * one value, which is why values can be remembered. The tag finds an allow-list that he stands on.
 * Written only while a gray rule stands. Missing on purpose: errors. What can't be believed is absent.
 */
import { type KeyRing, macMatches, macOf } from '../model/mac.ts';

export interface LaneCookie {
  /** 0 … 16383 */
  readonly point: number;
  readonly tag: string | null;
  /** By dice, because nobody knew a uid: a uid that is seen later outranks it. */
  readonly drawn: boolean;
}

const PURPOSE = 'lane-cookie';
const MAX_LENGTH = 96;
const MOST_POINTS = 16_384;
/** All points under two keys, and some tags. */
const MEMO_SIZE = 40_000;

export class LaneCodec {
  readonly #keys: KeyRing;
  readonly #read = new Map<string, LaneCookie>();
  readonly #written = new Map<string, string>();
  readonly #tags = new Map<string, readonly string[]>();

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** @returns null for anything but a cookie of ours; undefined where there is none */
  read(value: string | undefined): LaneCookie | null | undefined {
    if (value === undefined || value === '') return undefined;
    const known = this.#read.get(value);
    if (known !== undefined) return known;
    // A piece of a head would keep all of the head for as long as it is remembered.
    const cookie = value.length > MAX_LENGTH ? null : this.#verify(value);
    if (cookie !== null) remember(this.#read, value.split('').join(''), cookie);
    return cookie;
  }

  write({ point, tag, drawn }: LaneCookie): string {
    const place = `${drawn ? 'D' : ''}${point.toString(36)}`;
    const what = tag === null ? place : `${place}~${tag}`;
    const known = this.#written.get(what);
    if (known !== undefined) return known;
    const key = this.#keys[0]!;
    const body = `v1.${what}.${key.id}`;
    const value = `${body}.${macOf(key.secret, PURPOSE, body)}`;
    remember(this.#written, what, value);
    return value;
  }

  /** Of an allow-listed uid under each live key, the signing one first. */
  tags(uid: string): readonly string[] {
    const known = this.#tags.get(uid);
    if (known !== undefined) return known;
    const tags = this.#keys.map((key) => macOf(key.secret, 'gray', uid).slice(0, 12));
    remember(this.#tags, uid, tags);
    return tags;
  }

  #verify(value: string): LaneCookie | null {
    const parts = value.split('.');
    if (parts.length !== 4 || parts[0] !== 'v1') return null;
    const [, what, keyId, mac] = parts as [string, string, string, string];
    const key = this.#keys.find((k) => k.id === keyId);
    if (key === undefined) return null;
    if (!macMatches(key.secret, PURPOSE, value.slice(0, value.length - mac.length - 1), mac))
      return null;
    const [place = '', tag = null] = what.split('~');
    const drawn = place.startsWith('D');
    const point = Number.parseInt(drawn ? place.slice(1) : place, 36);
    return point >= 0 && point < MOST_POINTS ? { point, tag, drawn } : null;
  }
}

function remember<V>(memo: Map<string, V>, key: string, value: V): void {
  if (memo.size >= MEMO_SIZE) memo.clear();
  memo.set(key, value);
}
