/** What outlives a snapshot: counters, tallies, what list files and the country database hold now. */
import type { IpSet } from '../model/ip-set.ts';
import { RateCounters } from './counters.ts';
import type { Countries } from './countries.ts';
import { Course } from './course.ts';
import { type HashSeed, KeyWords } from './keyed-hash.ts';

/** Requests above a rule's limit, by what its action was; since the gate's start. */
export interface RuleTally {
  tag: number;
  delay: number;
  challenge: number;
  /** Challenged before, and let through for a good proof. */
  cleared: number;
  /** With all that a proof is good for among them. */
  reject: number;
  close: number;
  /** `mode: count` */
  counted: number;
}

export interface ListTally {
  hits: number;
  /** `mode: count` */
  counted: number;
}

/** Names that tallies are kept for; those of rules long gone go first. */
const MOST_NAMES = 1024;
export class RateMemory {
  readonly counters: RateCounters;
  /** By the path as declared; a file that could not be read yet is absent. */
  readonly files = new Map<string, IpSet>();
  countries: Countries | null = null;
  /** Answers to whoever came back from a challenge: with the proof, without it. */
  readonly returns = { kept: 0, lost: 0 };
  readonly #rules = new Map<string, RuleTally>();
  readonly #lists = new Map<string, ListTally>();

  // Used while one request is judged, and made once.
  readonly key = new KeyWords();
  readonly course = new Course();

  constructor(seed: HashSeed) {
    this.counters = new RateCounters(seed);
  }

  ruleTally(name: string): RuleTally {
    return tallyOf(this.#rules, name, noHits);
  }

  listTally(name: string): ListTally {
    return tallyOf(this.#lists, name, noListHits);
  }
}

const noHits = (): RuleTally => ({
  tag: 0,
  delay: 0,
  challenge: 0,
  cleared: 0,
  reject: 0,
  close: 0,
  counted: 0,
});
const noListHits = (): ListTally => ({ hits: 0, counted: 0 });

function tallyOf<T>(tallies: Map<string, T>, name: string, make: () => T): T {
  let tally = tallies.get(name);
  if (tally === undefined) {
    const [oldest] = tallies.keys();
    if (tallies.size >= MOST_NAMES && oldest !== undefined) tallies.delete(oldest);
    tally = make();
    tallies.set(name, tally);
  }
  return tally;
}
