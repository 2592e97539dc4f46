/**
 * What becomes of a request, by lists and rates. In two passes: first every rule that fits is asked, then,
 * if the request goes on, it is counted with all of them. So one that is refused costs nothing anywhere.
 */
import { assertNever } from '../model/result.ts';
import { answerReturn, type RateAnswer } from './challenge.ts';
import type {
  ChallengeAction,
  RateAction,
  RateList,
  RateQuestion,
  RateRoom,
  RateRule,
} from './index.ts';
import { keyOf, keyOfProven } from './key.ts';
import { type Fields, refusalFields, type Standing } from './limit-fields.ts';
import { listFor } from './lists.ts';
import { fits } from './match.ts';
import type { RateMemory } from './memory.ts';
import { readProof } from './proof.ts';

export type RateVerdict =
  /** `standing`: how the client stands with the rule that tells it on every answer. */
  | { readonly kind: 'pass'; readonly standing: Standing | null }
  | {
      readonly kind: 'tag';
      readonly rule: RateRule;
      /** Labels of every rule that says so, `, ` between them. */
      readonly tags: string;
      readonly standing: Standing | null;
    }
  | {
      readonly kind: 'delay';
      readonly rule: RateRule;
      readonly delayMs: number;
      readonly tags: string | null;
      readonly standing: Standing | null;
    }
  /** To be answered by `makeChallenge`. */
  | {
      readonly kind: 'challenge';
      readonly rule: RateRule;
      readonly action: ChallengeAction;
      readonly retryAfterS: number;
    }
  | {
      readonly kind: 'reject';
      readonly rule: RateRule;
      readonly status: 429;
      readonly retryAfterS: number;
      readonly fields: Fields;
    }
  | { readonly kind: 'close'; readonly rule: RateRule }
  | { readonly kind: 'deny'; readonly list: RateList; readonly status: 403 }
  /** Back from a challenge. */
  | { readonly kind: 'return'; readonly answer: RateAnswer };

const PASS: RateVerdict = Object.freeze({ kind: 'pass', standing: null });

/** @param nowMs wall clock, milliseconds since 1970; what steps back does no harm */
export function judgeRate(
  question: RateQuestion,
  room: RateRoom,
  memory: RateMemory,
  nowMs: number,
): RateVerdict {
  if (room.isEmpty) return PASS;
  const list = room.lists.length === 0 ? null : listFor(question, room, memory, nowMs);
  if (list !== null) return list.kind === 'allow' ? PASS : { kind: 'deny', list, status: 403 };
  if (room.hasChallenge) {
    const answer = answerReturn(question, room.proof, nowMs);
    if (answer !== null) {
      memory.returns[answer.why === 'proof-kept' ? 'kept' : 'lost']++;
      return { kind: 'return', answer };
    }
  }
  return room.rules.length === 0 ? PASS : judgeRules(question, room, memory, nowMs);
}

function judgeRules(
  question: RateQuestion,
  room: RateRoom,
  memory: RateMemory,
  nowMs: number,
): RateVerdict {
  const { counters, course } = memory;
  if (!counters.isFor(room.counters)) counters.adopt(room.counters, room.keys);
  course.begin();
  for (const rule of room.rules)
    if (fits(rule.match, question)) askRule(rule, question, room, memory, nowMs);
  const { worst, worstRank, toldRule, toldLeft, tags } = course;
  if (worst !== null && worstRank >= RANKS.challenge)
    return refusal(worst, worstRank, course.waitMs);
  takeAll(memory, nowMs);
  if (worst === null && toldRule === null) return PASS;
  const standing =
    toldRule === null
      ? null
      : { rule: toldRule, left: Math.max(0, toldLeft - 1), withinS: toldRule.windowS };
  return passage(worst, tags, standing);
}

/** The first pass: where does one rule stand? */
function askRule(
  rule: RateRule,
  question: RateQuestion,
  room: RateRoom,
  memory: RateMemory,
  nowMs: number,
): void {
  const { counters, key, course } = memory;
  const { counter } = rule;
  if (!keyOf(rule, question, counter.isFleet ? room.fleetSeed : counters.seed, key)) return;
  const left = counters.left(counter, key, nowMs);
  if (rule.tellsAlways && left < course.toldLeft) {
    course.toldRule = rule;
    course.toldLeft = left;
  }
  if (left > 0) {
    course.hold(counter, key);
    return;
  }
  if (counter.isFleet) counters.refused(key);
  const waitMs = counters.waitMs(counter, key, nowMs);
  const { action } = rule;
  const cleared = clearedBy(rule, question, room, memory, nowMs);
  // With a good proof the key is by now that of requests with one.
  if (cleared === 'cleared' && action.kind === 'challenge') {
    memory.ruleTally(rule.name).cleared++;
    course.hold(action.counter, key);
    return;
  }
  const rank = count(rule, cleared, memory);
  if (rank === RANKS.tag) course.tag(labelOf(rule));
  const isSpent = cleared === 'spent' && action.kind === 'challenge';
  course.above(rule, rank, isSpent ? counters.waitMs(action.counter, key, nowMs) : waitMs);
}

/** The second pass: the request goes on. */
function takeAll({ counters, course, key }: RateMemory, nowMs: number): void {
  for (let i = 0; i < course.held; i++) {
    key.hi = course.heldHi[i]!;
    key.lo = course.heldLo[i]!;
    counters.take(course.heldRules[i]!, key, nowMs);
  }
}

/** The harder, the higher. */
const RANKS = { tag: 1, delay: 2, challenge: 3, reject: 4, close: 5 } as const;

const labelOf = ({ action, name }: RateRule): string =>
  action.kind === 'tag' ? action.label : name;

/** `spent`: with a good proof, but all that is let through with proofs has been. */
type Clearance = 'cleared' | 'spent' | 'none';

function clearedBy(
  { action, enforced }: RateRule,
  { facts, client }: RateQuestion,
  { proof }: RateRoom,
  memory: RateMemory,
  nowMs: number,
): Clearance {
  if (action.kind !== 'challenge' || !enforced || client === null) return 'none';
  const read = readProof(facts.cookie(proof.cookie), action, client, proof, nowMs);
  if (!read.ok) return 'none';
  const { counters, key } = memory;
  keyOfProven(action.counter, counters.seed, key);
  return counters.left(action.counter, key, nowMs) > 0 ? 'cleared' : 'spent';
}

/** Tallies a request above its limit. @returns the rank of what becomes of it; 0: nothing */
function count(rule: RateRule, cleared: Clearance, memory: RateMemory): number {
  const tally = memory.ruleTally(rule.name);
  if (!rule.enforced) {
    tally.counted++;
    return 0;
  }
  const kind: RateAction['kind'] = cleared === 'spent' ? 'reject' : rule.action.kind;
  tally[kind]++;
  return RANKS[kind];
}

function refusal(rule: RateRule, rank: number, waitMs: number): RateVerdict {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000));
  const { action } = rule;
  if (rank === RANKS.close) return { kind: 'close', rule };
  if (rank === RANKS.challenge && action.kind === 'challenge')
    return { kind: 'challenge', rule, action, retryAfterS };
  const fields = refusalFields(rule, retryAfterS);
  return { kind: 'reject', rule, status: 429, retryAfterS, fields };
}

function passage(
  rule: RateRule | null,
  tags: string | null,
  standing: Standing | null,
): RateVerdict {
  if (rule === null) return { kind: 'pass', standing };
  const { action } = rule;
  switch (action.kind) {
    case 'tag':
      return { kind: 'tag', rule, tags: tags ?? action.label, standing };
    case 'delay':
      return { kind: 'delay', rule, delayMs: action.delayMs, tags, standing };
    case 'challenge':
    case 'reject':
    case 'close':
      throw new Error(`${action.kind} does not pass`);
    default:
      return assertNever(action);
  }
}
