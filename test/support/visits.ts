/** A client who is challenged, and does as he is told. */
import type { KeyRing } from '../../src/model/mac.ts';
import { makeChallenge, type RateAnswer } from '../../src/rate/challenge.ts';
import type { RateRoom } from '../../src/rate/index.ts';
import { judgeRate, type RateVerdict } from '../../src/rate/judge.ts';
import { RateMemory } from '../../src/rate/memory.ts';
import { type Asked, ask, KEYS, NOW, roomOf, SEED } from './rates.ts';

let nonces = 0;

/** A gate and one client who does as it says. */
export class Visit {
  readonly memory = new RateMemory(SEED);
  readonly room: RateRoom;
  cookie: string | null = null;

  constructor(rate: object, keys: KeyRing = KEYS) {
    const action = { kind: 'challenge', lastsS: 600, requests: 3, bits: 8 };
    this.room = roomOf({ r: { limit: 1, action, ...rate } }, {}, keys);
  }

  judge(asked: Asked = {}, nowMs = NOW): RateVerdict {
    const headers = [
      ...(asked.headers ?? []),
      ...(this.cookie === null ? [] : [['cookie', this.cookie] as const]),
    ];
    return judgeRate(ask({ ...asked, headers }), this.room, this.memory, nowMs);
  }

  /** The gate's own answer; fails where the request goes on. */
  answered(asked: Asked = {}, nowMs = NOW): RateAnswer {
    const verdict = this.judge(asked, nowMs);
    if (verdict.kind === 'return') return verdict.answer;
    if (verdict.kind !== 'challenge') throw new Error(`${verdict.kind} is not answered here`);
    const nonce = `nonce-${String(nonces++).padStart(4, '0')}`;
    const means = { nowMs, nonce, secure: true, retryAfterS: verdict.retryAfterS };
    return makeChallenge(ask(asked), verdict.action, this.room.proof, means);
  }

  keep(answer: RateAnswer): void {
    this.cookie = field(answer, 'Set-Cookie').split(';')[0]!;
  }
}

export const field = (answer: RateAnswer, name: string): string => {
  const found = answer.fields.find(([n]) => n === name);
  if (found === undefined) throw new Error(`no ${name} in ${JSON.stringify(answer.fields)}`);
  return found[1];
};

/** The place that an answer leads to, as the next request. */
export function follow(answer: RateAnswer): { path: string; query: string } {
  const [path = '', query = ''] = field(answer, 'Location').split('?');
  return { path, query };
}

export const redirect = {
  action: { kind: 'challenge', mode: 'redirect', lastsS: 600, requests: 3 },
};
export const script = {
  action: { kind: 'challenge', mode: 'script', lastsS: 600, requests: 3, bits: 8 },
};
export const PAGE: Asked = { headers: [['accept', 'text/html,*/*']] };
