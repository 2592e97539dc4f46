/** What clients are told of rates and lists: never whose they are, nor by which key they were counted. */
import type { RateAnswer } from '../../rate/challenge.ts';
import type { Fields } from '../../rate/limit-fields.ts';
import { answer } from '../../shell/proxy/gate-answer.ts';
import type { Verdict } from '../../shell/proxy/inspector.ts';

const DENIED = 'http_request_denied';

export const RATE_ANSWERS = {
  limited: answer(429, 'rate-limited', 'Too many requests. Please try again later.', DENIED),
  denied: answer(403, 'rate-denied', 'Requests from your network are not answered here.', DENIED),
  challenge: answer(302, 'rate-challenge', 'Too many requests: a proof is asked for.', DENIED),
} as const;

const { limited, denied } = RATE_ANSWERS;

export const DENY: Verdict = Object.freeze({
  kind: 'answer',
  answer: denied,
  lines: '',
  body: null,
  close: false,
});

/** @param fields Retry-After among them, which the gate's own answer says */
export const reject = (retryAfterS: number, fields: Fields): Verdict => ({
  kind: 'answer',
  answer: { ...limited, retryAfterS },
  lines: linesOf(fields),
  body: null,
  close: false,
});

/** A challenge, or the answer to who comes back from one. */
export function challengeVerdict({ status, fields, body }: RateAnswer): Verdict {
  const { challenge } = RATE_ANSWERS;
  const retryAfterS = Number(fieldOf(fields, 'Retry-After') ?? 1);
  return {
    kind: 'answer',
    answer: { ...challenge, status, retryAfterS },
    lines: linesOf(fields),
    body: { type: fieldOf(fields, 'Content-Type') ?? 'text/plain; charset=utf-8', text: body },
    close: false,
  };
}

const fieldOf = (fields: Fields, name: string): string | undefined =>
  fields.find(([n]) => n === name)?.[1];

/** The gate writes these on every answer of its own. */
const OWN: readonly string[] = ['Retry-After', 'Content-Type', 'Cache-Control'];

export function linesOf(fields: Fields): string {
  let lines = '';
  for (const [name, value] of fields) if (!OWN.includes(name)) lines += `${name}: ${value}\r\n`;
  return lines;
}
