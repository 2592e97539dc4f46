/**
 * DESIGN. How much one client may ask, and who may ask at all. Lists go first (allow before deny),
 * then every rate that fits the request; of those that are over, the hardest action counts (close,
 * reject, challenge, delay, tag; the first declared among equals). A request is counted where it is let
 * through: one that is turned away uses up nothing of any rate, so Retry-After is true, and who hammers
 * on gets his limit and no more. Counters, read list files and the country database are handed in as
 * `RateMemory`; the room is pure but for them. Missing on purpose: bans that outlast a window, and counts
 * of answers. An offence that should last is a list entry, with a name under it.
 */
import type { RequestFacts } from '../model/facts.ts';
import type { IpAddress } from '../model/ip-address.ts';
import type { IpSet } from '../model/ip-set.ts';
import type { KeyRing } from '../model/mac.ts';
import type { CounterRule } from './counters.ts';
import type { HashSeed } from './keyed-hash.ts';

export type KeyPart =
  | { readonly kind: 'ip' | 'uid' | 'shard' | 'path' | 'host' | 'route' }
  /** A header's name is in lower case. */
  | { readonly kind: 'cookie' | 'header'; readonly name: string };

/** null: whatever it is. */
export interface RateMatch {
  readonly routes: ReadonlySet<string> | null;
  readonly apps: ReadonlySet<string> | null;
  readonly hosts: ReadonlySet<string> | null;
  /** `.suffix` */
  readonly suffixes: readonly string[];
  /** Without a slash at the end; '' is every path. */
  readonly paths: readonly string[] | null;
  readonly methods: ReadonlySet<string> | null;
  readonly networks: IpSet | null;
  readonly listener: 'external' | 'app' | null;
}

export type ProofMode = 'redirect' | 'script';

/** What a client is asked for. */
export interface ChallengeTerms {
  readonly mode: ProofMode;
  readonly lastsMs: number;
  readonly bits: number;
}

export interface ChallengeAction extends ChallengeTerms {
  readonly kind: 'challenge';
  /** What is let through in a window with proofs, by the key of the rule. */
  readonly counter: CounterRule;
}

export type RateAction =
  | { readonly kind: 'tag'; readonly label: string }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | ChallengeAction
  | { readonly kind: 'reject' }
  | { readonly kind: 'close' };

export interface RateRule {
  readonly name: string;
  readonly match: RateMatch;
  readonly by: readonly KeyPart[];
  readonly v4: number;
  readonly v6: number;
  readonly limit: number;
  readonly windowS: number;
  readonly action: RateAction;
  readonly byIpWhereMissing: boolean;
  readonly tellsAlways: boolean;
  readonly enforced: boolean;
  readonly counter: CounterRule;
}

export interface RateList {
  readonly name: string;
  readonly kind: 'allow' | 'deny';
  readonly entries: IpSet;
  /** As declared; what is in it is found in `RateMemory.files`. */
  readonly file: string | null;
  readonly countries: ReadonlySet<string> | null;
  readonly enforced: boolean;
  /** Wall clock; null: it stays. */
  readonly expiresAtMs: number | null;
}

export interface ProofSettings {
  readonly cookie: string;
  /** Bits of the address that a proof is bound to. */
  readonly v4: number;
  readonly v6: number;
  readonly keys: KeyRing;
}

export interface RateRoom {
  readonly rules: readonly RateRule[];
  /** All of `rules` and their proofs, by `CounterRule.index`. */
  readonly counters: readonly CounterRule[];
  /** Those that allow come first. */
  readonly lists: readonly RateList[];
  /** Counted at once. */
  readonly keys: number;
  readonly countryDatabase: string | null;
  readonly proof: ProofSettings;
  /** Of keys that all gates must hash alike. */
  readonly fleetSeed: HashSeed;
  readonly isEmpty: boolean;
  readonly hasFleet: boolean;
  readonly hasChallenge: boolean;
}

/** One request, as far as rates go. */
export interface RateQuestion {
  readonly facts: RequestFacts;
  /** The client behind trusted proxies (`clientOf`); null: an address that nobody can read. */
  readonly client: IpAddress | null;
  /** Normalised. */
  readonly path: string;
  readonly route: string | null;
  readonly app: string | null;
  readonly uid: string | null;
  readonly shard: number | null;
}
