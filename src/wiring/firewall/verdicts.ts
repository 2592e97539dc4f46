/** Rulings of the firewall → what an exchange does. */

import { assertNever } from '../../model/result.ts';
import { answer, type GateAnswer } from '../../shell/proxy/gate-answer.ts';
import type { Verdict } from '../../shell/proxy/inspector.ts';
import type { InflateFault } from '../../shell/waf/inflate.ts';
import type { RefusalCode, Ruling } from '../../waf/judge.ts';

export const PASSED: Verdict = Object.freeze({ kind: 'pass' });

/** What a client is told of a refusal: never which rule it was. */
const MEANS: Readonly<Record<RefusalCode, string>> = {
  'waf-rule': 'The request was refused by the firewall.',
  'waf-score': 'The request was refused by the firewall.',
  'waf-ambiguous-body': 'The request’s body can be read in more than one way.',
  'waf-over-budget': 'The request took too long to be judged.',
  'waf-not-judged': 'There was nobody free to judge the request’s body.',
};
const STATUS: Readonly<Record<RefusalCode, number>> = {
  'waf-rule': 403,
  'waf-score': 403,
  'waf-ambiguous-body': 400,
  'waf-over-budget': 503,
  'waf-not-judged': 503,
};
const ANSWER_WITHHELD = answer(
  502,
  'waf-answer',
  'The answer was withheld by the firewall.',
  'http_response_incomplete',
);
export const BODY_TOO_LONG = answer(
  413,
  'waf-body-too-long',
  'The body is longer than may be judged here.',
  'http_request_error',
);
const BAD_CODING = answer(
  415,
  'waf-content-coding',
  'The body’s content coding can’t be judged here.',
  'http_request_error',
);
const BAD_STREAM = answer(
  400,
  'waf-content-coding',
  'The body is not what its content coding says.',
  'http_request_error',
);

/** All that the firewall answers; a rule may refuse with a status of its own. */
export const FIREWALL_ANSWERS: readonly GateAnswer[] = [
  ...(Object.keys(MEANS) as RefusalCode[]).map((code) =>
    answer(STATUS[code], code, MEANS[code], 'http_request_denied'),
  ),
  ...[BODY_TOO_LONG, BAD_CODING, BAD_STREAM, ANSWER_WITHHELD],
];

const refusals = new Map<string, GateAnswer>();

/** @param challenge instead of the page that a challenge shows */
export function verdictOf(ruling: Ruling, challenge: () => Verdict): Verdict {
  switch (ruling.kind) {
    case 'pass':
      return PASSED;
    case 'drop':
      return { kind: 'cut' };
    case 'challenge':
      return challenge();
    case 'refuse':
      return refuse(refusalOf(ruling.status, ruling.code));
    default:
      return assertNever(ruling);
  }
}

function refusalOf(status: number, code: RefusalCode): GateAnswer {
  const key = `${status} ${code}`;
  const known = refusals.get(key);
  if (known !== undefined) return known;
  const made = answer(status, code, MEANS[code], 'http_request_denied');
  refusals.set(key, made);
  return made;
}

export const refuse = (what: GateAnswer): Verdict => ({
  kind: 'answer',
  answer: what,
  lines: '',
  body: null,
  close: false,
});

export const answerVerdictOf = (ruling: Ruling): Verdict =>
  ruling.kind === 'pass'
    ? PASSED
    : ruling.kind === 'drop'
      ? { kind: 'cut' }
      : refuse(ANSWER_WITHHELD);

export const inflateVerdict = (fault: InflateFault): Verdict =>
  refuse(
    fault === 'unsupported'
      ? BAD_CODING
      : fault === 'size' || fault === 'ratio'
        ? BODY_TOO_LONG
        : BAD_STREAM,
  );
