/**
 * What a challenged request is answered. A GET or HEAD is sent round with a cookie, or given the page
 * of a script where a person looks at it. Anything else is told to come back later: a body is never
 * redirected, and what would go wrong unseen is refused in plain words.
 */
import { stringifySetCookie } from 'cookie';
import type { RequestFacts } from '../model/facts.ts';
import type { IpAddress } from '../model/ip-address.ts';
import { challengePage, PAGE_POLICY } from './challenge-page.ts';
import type { ChallengeTerms, ProofSettings, RateQuestion } from './index.ts';
import {
  grantProof,
  isFresh,
  markerAt,
  markerFor,
  markerOf,
  readProof,
  withoutMarker,
} from './proof.ts';

export type ChallengedRequest = Pick<RateQuestion, 'facts' | 'client'>;

export interface RateAnswer {
  readonly status: 302 | 403 | 429;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** For the log. */
  readonly why: 'proof-given' | 'work-given' | 'proof-kept' | 'proof-lost' | 'not-answerable';
}

export interface ChallengeMeans {
  readonly nowMs: number;
  /** Random for each answer, 8 to 32 characters of base64url. */
  readonly nonce: string;
  /** Came the client by https? */
  readonly secure: boolean;
  readonly retryAfterS: number;
}

const NO_STORE = ['Cache-Control', 'no-store'] as const;
const PLAIN = ['Content-Type', 'text/plain; charset=utf-8'] as const;

export function makeChallenge(
  { facts, client }: ChallengedRequest,
  action: ChallengeTerms,
  proof: ProofSettings,
  means: ChallengeMeans,
): RateAnswer {
  const asks = facts.method === 'GET' || facts.method === 'HEAD';
  if (!asks || client === null) return notAnswerable(means.retryAfterS);
  if (action.mode === 'script')
    return wantsPage(facts)
      ? workFor(client, action, proof, means)
      : notAnswerable(means.retryAfterS);
  const place = sameSite(facts);
  return place === null
    ? notAnswerable(means.retryAfterS)
    : sendRound(facts, place, client, action, proof, means);
}

/**
 * To be asked before rates where there are challenges: who comes with a marker came by a redirect.
 * null: go on as with any request.
 */
export function answerReturn(
  { facts, client }: ChallengedRequest,
  proof: ProofSettings,
  nowMs: number,
): RateAnswer | null {
  const at = markerAt(facts.query);
  if (at < 0 || client === null) return null;
  if (facts.method !== 'GET' && facts.method !== 'HEAD') return null;
  const place = sameSite(facts);
  if (place === null) return null;
  const need = { mode: 'redirect', bits: 0 } as const;
  const kept = readProof(facts.cookie(proof.cookie), need, client, proof, nowMs).ok;
  if (!kept && isFresh(markerOf(facts.query, at), client, proof, nowMs)) return PROOF_LOST;
  // Old or another's: a link that somebody has passed on. The address without it is tried anew.
  const query = withoutMarker(facts.query);
  return {
    status: 302,
    fields: [['Location', query === '' ? place : `${place}?${query}`], NO_STORE],
    body: '',
    why: 'proof-kept',
  };
}

const PROOF_LOST: RateAnswer = {
  status: 403,
  fields: [PLAIN, NO_STORE],
  body: 'Please allow cookies for this site, then try again in a minute.\n',
  why: 'proof-lost',
};

function notAnswerable(retryAfterS: number): RateAnswer {
  return {
    status: 429,
    fields: [['Retry-After', String(retryAfterS)], PLAIN, NO_STORE],
    body: 'Too many requests. Please try again later.\n',
    why: 'not-answerable',
  };
}

function sendRound(
  { query }: RequestFacts,
  place: string,
  client: IpAddress,
  { lastsMs }: ChallengeTerms,
  proof: ProofSettings,
  { nowMs, nonce, secure }: ChallengeMeans,
): RateAnswer {
  const grant = { mode: 'redirect', bits: 0, expiresAtMs: nowMs + lastsMs, nonce } as const;
  const cookie = stringifySetCookie({
    name: proof.cookie,
    value: grantProof(grant, client, proof),
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    maxAge: Math.floor(lastsMs / 1000),
    secure,
  });
  // No marker is in it: `answerReturn` has taken that out of the address.
  const marker = markerFor(client, proof, nowMs);
  const location = `${place}?${query === '' ? '' : `${query}&`}${marker}`;
  return {
    status: 302,
    fields: [['Location', location], ['Set-Cookie', cookie], NO_STORE],
    body: '',
    why: 'proof-given',
  };
}

function workFor(
  client: IpAddress,
  { lastsMs, bits }: ChallengeTerms,
  proof: ProofSettings,
  { nowMs, nonce, secure, retryAfterS }: ChallengeMeans,
): RateAnswer {
  const grant = { mode: 'script', bits, expiresAtMs: nowMs + lastsMs, nonce } as const;
  const token = grantProof(grant, client, proof);
  const maxAgeS = Math.floor(lastsMs / 1000);
  return {
    status: 429,
    fields: [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Content-Security-Policy', PAGE_POLICY],
      ['X-Content-Type-Options', 'nosniff'],
      ['Retry-After', String(retryAfterS)],
      NO_STORE,
    ],
    body: challengePage({ token, bits, cookie: proof.cookie, maxAgeS, secure }),
    why: 'work-given',
  };
}

/** A picture or a call by a program can't run a page. */
function wantsPage(facts: RequestFacts): boolean {
  if (facts.method !== 'GET') return false;
  const destination = facts.header('sec-fetch-dest');
  if (destination !== undefined) return destination === 'document' || destination === 'iframe';
  return facts.list('accept').includes('text/html');
}

/**
 * The path as it may stand in Location: `//host` and `/\host` lead browsers to another host. What is no
 * plain path is not sent round at all.
 */
function sameSite({ path, query }: RequestFacts): string | null {
  const plain = /^\/(?![/\\])[!-~]*$/.test(path) && /^[!-~]*$/.test(query);
  return plain && !path.includes('\\') ? path : null;
}
