/**
 * Challenges that rules of the firewall ask for: the redirect of rates, with the same cookie. Whoever has
 * passed one is let through such rules, and through no others.
 */

import { factsFrom, type RequestFacts } from '../../model/facts.ts';
import type { IpAddress } from '../../model/ip-address.ts';
import { answerReturn, makeChallenge, type RateAnswer } from '../../rate/challenge.ts';
import { clientOf } from '../../rate/client.ts';
import type { ProofSettings } from '../../rate/index.ts';
import { readProof } from '../../rate/proof.ts';
import type { InspectedRequest, Verdict } from '../../shell/proxy/inspector.ts';
import type { Policy } from '../../waf/policy.ts';
import { challengeVerdict } from './answers.ts';
import { isSecure, nonce } from './index.ts';

const TERMS = { mode: 'redirect', bits: 0, lastsMs: 1_800_000 } as const;

/** Of policies seen so far. */
const asking = new WeakMap<Policy, boolean>();

/** Has it a rule that asks for a challenge? */
function asksFor(policy: Policy): boolean {
  let asks = asking.get(policy);
  if (asks === undefined) {
    asks = policy.program.phases.some((rules) =>
      rules.some((r) => r.disposition.kind === 'challenge'),
    );
    asking.set(policy, asks);
  }
  return asks;
}

/** Taken from the head while that is at hand: a rule for the body asks later. */
export class Clearance {
  /** The client has a good proof. */
  readonly cleared: boolean;
  /** It is back from a challenge, and this is the answer; null for nearly all. */
  readonly back: Verdict | null;
  readonly #asked: Asked;

  constructor(request: InspectedRequest) {
    const { facts, snapshot } = request;
    const { proof } = snapshot;
    const client = clientOf(facts, snapshot.gate.proxies);
    const nowMs = facts.receivedAtMs;
    const back = answerReturn({ facts, client }, proof, nowMs);
    this.back = back === null ? null : challengeVerdict(back);
    const cookie = facts.cookie(proof.cookie);
    this.cleared =
      client !== null && cookie !== undefined && readProof(cookie, TERMS, client, proof, nowMs).ok;
    this.#asked = { facts: keep(facts), client, proof, nowMs, secure: isSecure(request) };
  }

  challenge(): Verdict {
    return challengeVerdict(challengeOf(this.#asked));
  }

  /** null: no rule of the policy asks for a challenge. */
  static of(request: InspectedRequest, policy: Policy): Clearance | null {
    return asksFor(policy) ? new Clearance(request) : null;
  }
}

interface Asked {
  readonly facts: RequestFacts;
  readonly client: IpAddress | null;
  readonly proof: ProofSettings;
  readonly nowMs: number;
  readonly secure: boolean;
}

const RETRY_AFTER_S = 60;

const challengeOf = ({ facts, client, proof, nowMs, secure }: Asked): RateAnswer =>
  makeChallenge({ facts, client }, TERMS, proof, {
    ...{ nowMs, nonce: nonce(), secure },
    retryAfterS: RETRY_AFTER_S,
  });

/** What a redirect needs of the facts, which are another request's by then. */
const keep = ({ method, host, path, query, entryIdc, receivedAtMs, dice }: RequestFacts) =>
  factsFrom({ method, host, path, query, entryIdc, receivedAtMs, dice });
