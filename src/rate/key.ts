import { type IpAddress, maskWord } from '../model/ip-address.ts';
import type { CounterRule } from './counters.ts';
import type { RateQuestion, RateRule } from './index.ts';
import type { HashSeed, KeyWords } from './keyed-hash.ts';
import { pathTemplate } from './path-template.ts';

/** Says which part an address stands for, so that it never looks like a uid. */
const FOUR = 4;
const SIX = 6;
const TEXT = 1;
const NUMBER = 2;

/**
 * Whom a rate counts this request to, into `key`.
 * @returns false where a part is absent and the rate then does not apply
 */
export function keyOf(
  rule: RateRule,
  question: RateQuestion,
  seed: HashSeed,
  key: KeyWords,
): boolean {
  begin(rule.counter, key);
  for (const part of rule.by) {
    let found: boolean;
    switch (part.kind) {
      case 'ip':
        found = putIp(rule, question.client, key);
        break;
      case 'uid':
        found = putText(question.uid, key);
        break;
      case 'shard':
        found = putNumber(question.shard, key);
        break;
      case 'path':
        found = putText(pathTemplate(question.path), key);
        break;
      case 'host':
        found = putText(question.facts.host, key);
        break;
      case 'route':
        found = putText(question.route, key);
        break;
      case 'cookie':
        found = putText(question.facts.cookie(part.name), key);
        break;
      case 'header':
        found = putText(question.facts.header(part.name), key);
        break;
    }
    if (!found && !(rule.byIpWhereMissing && putIp(rule, question.client, key))) return false;
  }
  key.finish(seed);
  return true;
}

/**
 * From the key of a rule to the one under which its requests with a proof are counted. Not by the proof: whoever
 * keeps cookies can have a new one with each request.
 */
export function keyOfProven(rule: CounterRule, seed: HashSeed, key: KeyWords): void {
  const { hi, lo } = key;
  begin(rule, key);
  key.word(hi);
  key.word(lo);
  key.finish(seed);
}

function begin(rule: CounterRule, key: KeyWords): void {
  key.start(rule.id0);
  key.word(rule.id1);
}

function putText(text: string | null | undefined, key: KeyWords): boolean {
  if (text === null || text === undefined || text === '') return false;
  key.word(TEXT);
  key.text(text);
  return true;
}

function putNumber(value: number | null, key: KeyWords): boolean {
  if (value === null) return false;
  key.word(NUMBER);
  key.word(value);
  return true;
}

function putIp({ v4, v6 }: RateRule, a: IpAddress | null, key: KeyWords): boolean {
  if (a === null) return false;
  if (a.is4) {
    key.word(FOUR);
    key.word(maskWord(a.w3, v4));
    return true;
  }
  key.word(SIX);
  key.word(maskWord(a.w0, v6));
  key.word(maskWord(a.w1, v6 - 32));
  key.word(maskWord(a.w2, v6 - 64));
  key.word(maskWord(a.w3, v6 - 96));
  return true;
}
