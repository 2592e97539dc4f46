/**
 * A short-lived pass for a person, in the header X-Ldc-Operator: `v1.<name>.<expires at>.<key id>.<mac>`.
 * It lets him force a zone (X-Ldc-Zone), and puts his name into the access log.
 */
import { type Key, type KeyRing, macMatches, macOf } from '../model/mac.ts';

export const OPERATOR_HEADER = 'x-ldc-operator';
const PURPOSE = 'operator-token';
export const MAX_TOKEN_AGE_MS = 86_400_000;

/** @param name letters, digits, hyphens; @param expiresAtMs wall clock */
export function signOperatorToken(name: string, expiresAtMs: number, key: Key): string {
  const body = `v1.${name}.${expiresAtMs.toString(36)}.${key.id}`;
  return `${body}.${macOf(key.secret, PURPOSE, body)}`;
}

/** @returns the operator's name, or null when the token is not to be believed now. */
export function readOperatorToken(text: string, nowMs: number, keys: KeyRing): string | null {
  const parts = text.split('.');
  if (parts.length !== 5 || parts[0] !== 'v1' || text.length > 256) return null;
  const [, name, expiresText, keyId, mac] = parts as [string, string, string, string, string];
  const key = keys.find((k) => k.id === keyId);
  if (key === undefined) return null;
  if (!macMatches(key.secret, PURPOSE, text.slice(0, text.length - mac.length - 1), mac))
    return null;
  const leftMs = Number.parseInt(expiresText, 36) - nowMs;
  return leftMs > 0 && leftMs <= MAX_TOKEN_AGE_MS ? name : null;
}
