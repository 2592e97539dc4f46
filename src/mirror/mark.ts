/**
 * What a copy carries, in the header X-Ldc-Mirror: `v1.<rule>.<minute>.<key id>.<mac>`. A gate that meets it
 * on its way makes no copy of the copy. Bound to the minute only, so that it costs a copy nothing; all
 * that somebody gains who steals one is that his own requests are not mirrored.
 */
import { type KeyRing, macMatches, macOf } from '../model/mac.ts';

export const MIRROR_HEADER = 'x-ldc-mirror';
const PURPOSE = 'mirror-mark';
const MINUTE_MS = 60_000;
/** Clocks differ, and a request may be long under way. */
const WINDOW_MINUTES = 2;

export const minuteOf = (nowMs: number): number => Math.floor(nowMs / MINUTE_MS);

/** @returns '' without a key: the copy is unmarked, and a gate would take it for a request */
export function markOf(rule: string, minute: number, keys: KeyRing): string {
  const key = keys[0];
  if (key === undefined) return '';
  const body = `v1.${rule}.${minute.toString(36)}.${key.id}`;
  return `${body}.${macOf(key.secret, PURPOSE, body)}`;
}

/** @returns the rule that made the copy, or null when the mark is not to be believed now */
export function readMark(text: string, nowMs: number, keys: KeyRing): string | null {
  const parts = text.split('.');
  if (parts.length !== 5 || parts[0] !== 'v1' || text.length > 256) return null;
  const [, rule = '', minuteText = '', keyId = '', mac = ''] = parts;
  const key = keys.find((k) => k.id === keyId);
  if (key === undefined) return null;
  if (!macMatches(key.secret, PURPOSE, text.slice(0, text.length - mac.length - 1), mac))
    return null;
  const apart = Number.parseInt(minuteText, 36) - minuteOf(nowMs);
  return Math.abs(apart) <= WINDOW_MINUTES ? rule : null;
}
