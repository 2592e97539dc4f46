/**
 * One request before a policy, as a gate judges it (`WafInspection`), three times: to find everything that
 * hits; in mode block, for what would become of it; and without the policy's exclusions.
 */

import type { ResponseHead } from '../../shell/http1/response-head.ts';
import type { Verdict } from '../../shell/proxy/inspector.ts';
import { JudgePool } from '../../shell/waf/pool.ts';
import type { RequestInput } from '../../waf/engine/input.ts';
import { Judgement, type Ruling } from '../../waf/judge.ts';
import type { Policy } from '../../waf/policy.ts';
import { type Stopwatch, WafInspection } from '../../wiring/firewall/inspection.ts';
import { PASSED, refuse } from '../../wiring/firewall/verdicts.ts';
import { RATE_ANSWERS } from '../../wiring/rate/answers.ts';
import type { Message } from './message.ts';

export interface Asked {
  readonly input: RequestInput;
  readonly body: Buffer;
  readonly hasBody: boolean;
  /** What the application says to it; null: that is not looked at. */
  readonly answer: Message<ResponseHead> | null;
}

export interface Judged {
  readonly judgement: Judgement;
  readonly verdict: Verdict;
  /** Where it was given. */
  readonly at: 'head' | 'body' | 'answer-head' | 'answer-body' | 'end';
  /** Of the body: more than is inspected. */
  readonly truncated: boolean;
  readonly ms: number;
}

/** @param blocks as in mode block, else everything is told, and nothing stops it */
export async function judge(policy: Policy, asked: Asked, blocks: boolean): Promise<Judged> {
  const orders = { mode: blocks ? 'block' : 'detect', rulesOff: null } as const;
  const stopwatch = new PatientWatch();
  const judgement = new Judgement(policy, asked.input, orders, undefined, !blocks);
  const inspection = new WafInspection(
    judgement,
    {
      // It is never told to start threads.
      pool: new JudgePool(() => undefined),
      digest: '',
      orders,
      stopwatch,
      challenge: () => refuse(RATE_ANSWERS.challenge),
      over: () => undefined,
    },
    asked.hasBody,
  );
  const [verdict, at] = await steps(inspection, asked);
  inspection.over();
  const ms = stopwatch.spentMs.reduce((sum, spent) => sum + spent, 0);
  return { judgement, verdict, at, truncated: inspection.truncated, ms };
}

async function steps(
  inspection: WafInspection,
  { body, answer: said }: Asked,
): Promise<[Verdict, Judged['at']]> {
  if (inspection.first.kind !== 'pass') return [inspection.first, 'head'];
  const { wantsBytes } = inspection;
  if (wantsBytes > 0) {
    const verdict = await new Promise<Verdict>((resolve) => {
      const seen = body.subarray(0, wantsBytes);
      const now = inspection.body(seen, body.length <= wantsBytes, resolve);
      if (now !== null) resolve(now);
    });
    if (verdict.kind !== 'pass') return [verdict, 'body'];
  }
  if (said === null) return [PASSED, 'end'];
  const head = inspection.answerHead(said.head.status, said.head);
  if (head.kind !== 'pass') return [head, 'answer-head'];
  const { wantsAnswerBytes } = inspection;
  if (wantsAnswerBytes === 0 || !said.hasBody) return [PASSED, 'end'];
  const seen = said.body.subarray(0, wantsAnswerBytes);
  return [inspection.answerBody(seen), 'answer-body'];
}

/** Measures, and has no end. */
class PatientWatch implements Stopwatch {
  readonly spentMs: [number, number, number, number, number] = [0, 0, 0, 0, 0];

  timed(phase: 1 | 2 | 3 | 4, decide: () => Ruling): Ruling {
    const from = performance.now();
    const ruling = decide();
    this.spentMs[phase] += performance.now() - from;
    return ruling;
  }
}
