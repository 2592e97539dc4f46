/**
 * A pass for a load generator, in the header X-Ldc-Stress:
 * `v1.<scene>.<qps>.<id>.<expires at>.<network|->.<key id>.<mac>`. The network is base64url of its
 * text, which may hold dots. Whoever steals an unbound token can do no more with it than its own
 * quota, which each gate counts by the token's id; a bound one is worth nothing elsewhere.
 */
import { NAME_PATTERN } from '../model/ids.ts';
import { type Key, type KeyRing, macMatches, macOf } from '../model/mac.ts';

export const STRESS_HEADER = 'x-ldc-stress';
const PURPOSE = 'stress-token';
export const MAX_PASS_AGE_MS = 86_400_000;
export const MAX_QPS = 1_000_000;
const ID_PATTERN = /^[a-z0-9]{8,32}$/;

export interface StressPass {
  readonly scene: string;
  /** Requests a second at each gate. */
  readonly qps: number;
  /** Of the token: what its quota is counted by. */
  readonly id: string;
  /** Wall clock. */
  readonly expiresAtMs: number;
  /** It counts only from there; null: from anywhere. */
  readonly network: string | null;
}

export function signStressPass(pass: StressPass, key: Key): string {
  const network = pass.network === null ? '-' : Buffer.from(pass.network).toString('base64url');
  const body = `v1.${pass.scene}.${pass.qps}.${pass.id}.${pass.expiresAtMs.toString(36)}.${network}.${key.id}`;
  return `${body}.${macOf(key.secret, PURPOSE, body)}`;
}

/** @returns null when it is not to be believed now; whether it comes from its network is not judged here. */
export function readStressPass(text: string, nowMs: number, keys: KeyRing): StressPass | null {
  const parts = text.split('.');
  if (parts.length !== 8 || parts[0] !== 'v1' || text.length > 512) return null;
  const [, scene = '', qpsText = '', id = '', expiresText = '', networkText = '', keyId] = parts;
  const mac = parts[7]!;
  const key = keys.find((k) => k.id === keyId);
  if (key === undefined) return null;
  if (!macMatches(key.secret, PURPOSE, text.slice(0, text.length - mac.length - 1), mac))
    return null;
  const qps = Number(qpsText);
  const expiresAtMs = Number.parseInt(expiresText, 36);
  const leftMs = expiresAtMs - nowMs;
  if (!(leftMs > 0 && leftMs <= MAX_PASS_AGE_MS)) return null;
  if (!Number.isInteger(qps) || qps < 1 || qps > MAX_QPS) return null;
  if (!NAME_PATTERN.test(scene) || !ID_PATTERN.test(id)) return null;
  const network = networkText === '-' ? null : Buffer.from(networkText, 'base64url').toString();
  return { scene, qps, id, expiresAtMs, network };
}
