/**
 * Proofs of passed challenges. A cookie that any gate with the same keys believes, bound to the client's
 * network and an end, so it needs no memory:
 *
 *     v1.r.<expires, base 36>.<nonce>.<key id>.<mac>
 *     v1.s<bits>.<expires>.<nonce>.<key id>.<mac>.<answer>
 *
 * The first is given with a redirect; to send it back is the proof. The second is given to a page, whose
 * script must find an answer such that SHA-256 of all the text begins with so many zero bits. A proof is no
 * licence: requests with proofs have a limit of their own, and any number of proofs is no more than one.
 *
 * The marker is what a redirect adds to the query. Whoever comes back with a fresh one and without the
 * cookie keeps no cookies, and is refused instead of being sent round for ever.
 */
import { createHash } from 'node:crypto';
import { type IpAddress, maskWord } from '../model/ip-address.ts';
import { macMatches, macOf } from '../model/mac.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { ProofMode, ProofSettings } from './index.ts';

const PURPOSE = 'rate-proof';
const MARKER_PURPOSE = 'rate-marker';
const MOST_CHARS = 192;
const NONCE = /^[A-Za-z0-9_-]{8,32}$/;
const ANSWER = /^(?:0|[1-9]\d{0,15})$/;
/** Longer than a redirect takes on a bad line; after it the same address may be tried anew. */
const MARKER_MS = 30_000;

export interface Proof {
  readonly mode: ProofMode;
  readonly nonce: string;
}

export type ProofFault =
  | 'absent'
  | 'malformed'
  | 'expired'
  | 'unknown-key'
  | 'forged'
  /** Good, but for less than is asked here. */
  | 'too-weak'
  | 'unsolved';

export interface ProofGrant {
  readonly mode: ProofMode;
  /** Of script. */
  readonly bits: number;
  readonly expiresAtMs: number;
  /** Random, 8 to 32 characters of base64url. */
  readonly nonce: string;
}

/** The cookie of a redirect; for script what the page must find an answer to. */
export function grantProof(grant: ProofGrant, client: IpAddress, settings: ProofSettings): string {
  const { mode, bits, expiresAtMs, nonce } = grant;
  const key = settings.keys[0]!;
  const what = mode === 'redirect' ? 'r' : `s${bits}`;
  const body = `v1.${what}.${expiresAtMs.toString(36)}.${nonce}.${key.id}`;
  return `${body}.${macOf(key.secret, PURPOSE, bound(body, client, settings))}`;
}

/** @param need what the rule asks for; a script's proof is good for a redirect's too */
export function readProof(
  value: string | undefined,
  need: { readonly mode: ProofMode; readonly bits: number },
  client: IpAddress,
  settings: ProofSettings,
  nowMs: number,
): Result<Proof, ProofFault> {
  if (value === undefined || value === '') return fail('absent');
  const parts = value.split('.', 8);
  const [version, what = '', expires = '', nonce = '', keyId = '', mac = '', answer] = parts;
  const mode = what === 'r' ? 'redirect' : 'script';
  const bits = mode === 'script' ? bitsOf(what) : 0;
  if (value.length > MOST_CHARS || version !== 'v1' || bits === null) return fail('malformed');
  if (parts.length !== (mode === 'script' ? 7 : 6) || !NONCE.test(nonce)) return fail('malformed');
  if (!/^[0-9a-z]{1,11}$/.test(expires)) return fail('malformed');
  if (!(Number.parseInt(expires, 36) > nowMs)) return fail('expired');
  if (need.mode === 'script' && bits < need.bits) return fail('too-weak');
  const key = settings.keys.find((k) => k.id === keyId);
  if (key === undefined) return fail('unknown-key');
  const body = `v1.${what}.${expires}.${nonce}.${keyId}`;
  if (!macMatches(key.secret, PURPOSE, bound(body, client, settings), mac)) return fail('forged');
  if (mode === 'script' && (!ANSWER.test(answer ?? '') || !hasZeroBits(value, bits)))
    return fail('unsolved');
  return ok({ mode, nonce });
}

function bitsOf(what: string): number | null {
  return /^s(?:[89]|1\d|20)$/.test(what) ? Number(what.slice(1)) : null;
}

/** Does SHA-256 of the text begin with so many zero bits, 0 … 32? */
function hasZeroBits(text: string, bits: number): boolean {
  const first = createHash('sha256').update(text, 'latin1').digest().readUInt32BE(0);
  return bits === 0 || first >>> (32 - bits) === 0;
}

/** What a redirect adds to the query, with its name. */
export function markerFor(client: IpAddress, settings: ProofSettings, nowMs: number): string {
  const key = settings.keys[0]!;
  const body = `${(nowMs + MARKER_MS).toString(36)}.${key.id}`;
  return `${MARKER}${body}.${macOf(key.secret, MARKER_PURPOSE, bound(body, client, settings))}`;
}

const MARKER = 'ldc-check=';

/** Where a marker begins in a query; -1: there is none. */
export function markerAt(query: string): number {
  let at = query.indexOf(MARKER);
  while (at > 0 && query.charCodeAt(at - 1) !== 0x26) at = query.indexOf(MARKER, at + 1);
  return at;
}

export function markerOf(query: string, at: number): string {
  const end = query.indexOf('&', at);
  return query.slice(at, end < 0 ? query.length : end);
}

/** The query without any marker, so that one taken from a link can't come to stand beside another. */
export function withoutMarker(query: string): string {
  return query
    .split('&')
    .filter((pair) => !pair.startsWith(MARKER))
    .join('&');
}

/** Made by this fleet for this client's network a moment ago? */
export function isFresh(
  marker: string,
  client: IpAddress,
  settings: ProofSettings,
  nowMs: number,
): boolean {
  const [expires = '', keyId = '', mac = '', more] = marker.slice(MARKER.length).split('.', 4);
  if (more !== undefined || !/^[0-9a-z]{1,11}$/.test(expires)) return false;
  const leftMs = Number.parseInt(expires, 36) - nowMs;
  if (!(leftMs > 0 && leftMs <= MARKER_MS)) return false;
  const key = settings.keys.find((k) => k.id === keyId);
  if (key === undefined) return false;
  return macMatches(
    key.secret,
    MARKER_PURPOSE,
    bound(`${expires}.${keyId}`, client, settings),
    mac,
  );
}

/** A phone changes its address within a network all day; a stolen cookie is seldom next door. */
function bound(body: string, a: IpAddress, { v4, v6 }: ProofSettings): string {
  if (a.is4) return `${body}\n4 ${maskWord(a.w3, v4)}/${v4}`;
  const words = [maskWord(a.w0, v6), maskWord(a.w1, v6 - 32), maskWord(a.w2, v6 - 64)];
  return `${body}\n6 ${words.join(' ')} ${maskWord(a.w3, v6 - 96)}/${v6}`;
}
