/**
 * Message authentication for everything a gate signs: route cookies, hand-overs between gates,
 * operator tokens. HMAC-SHA-256 (RFC 2104), cut to 128 bits as RFC 2104 section 5 allows, written
 * as 22 characters of base64url. `purpose` keeps a MAC made for one use from serving another.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const MAC_LENGTH = 22;

export interface Key {
  /** Travels with what the key signed. */
  readonly id: string;
  readonly secret: string;
}
/** The first key signs; all verify. */
export type KeyRing = readonly Key[];

export function macOf(secret: string, purpose: string, message: string): string {
  const digest = createHmac('sha256', secret).update(`${purpose}\n${message}`, 'latin1').digest();
  return digest.toString('base64url', 0, 16);
}

/** Compares in constant time; false for any `mac` of another length. */
export function macMatches(secret: string, purpose: string, message: string, mac: string): boolean {
  if (mac.length !== MAC_LENGTH) return false;
  const expected = Buffer.from(macOf(secret, purpose, message), 'latin1');
  return timingSafeEqual(expected, Buffer.from(mac, 'latin1'));
}
