/** An inspector that does as it is told, and remembers what it was shown. */

import type { ResponseHead } from '../../src/shell/http1/response-head.ts';
import { answer } from '../../src/shell/proxy/gate-answer.ts';
import type { Gateway } from '../../src/shell/proxy/gateway.ts';
import type {
  InspectedRequest,
  Inspection,
  Inspector,
  SayLater,
  Verdict,
} from '../../src/shell/proxy/inspector.ts';
import { plainGate, type RunningGate } from './gate.ts';
import { until } from './until.ts';
import { Origin, respond } from './wire.ts';

export const PASS: Verdict = { kind: 'pass' };
export const CUT: Verdict = { kind: 'cut' };
export const BLOCK: Verdict = {
  kind: 'answer',
  answer: answer(403, 'stub-blocked', 'Blocked by the stub.', 'http_request_denied'),
  lines: 'X-Stub: blocked\r\n',
  body: null,
  close: false,
};
export const delay = (ms: number): Verdict => ({ kind: 'delay', ms });

/** LATER: it will be said by the test. */
export type Told = Verdict | 'LATER';

export interface Plan {
  readonly first?: Verdict;
  readonly lines?: string;
  readonly answerLines?: string;
  readonly wants?: number;
  readonly body?: Told;
  readonly head?: Verdict;
  readonly wantsAnswer?: number;
  readonly answerBody?: Told;
}

export class StubInspection implements Inspection {
  readonly plan: Plan;
  readonly request: string;
  readonly hasBody: boolean;
  /** What it was asked, in order. */
  readonly steps: string[] = [];
  bytes = '';
  answerBytes = '';
  later: SayLater | null = null;
  requestId = '';
  inspectedMs = -1;
  readonly #seen: InspectedRequest;

  constructor(seen: InspectedRequest, plan: Plan) {
    this.#seen = seen;
    this.plan = plan;
    this.request = `${seen.head.method} ${seen.head.path}`;
    this.hasBody = seen.hasBody;
  }

  get first(): Verdict {
    return this.plan.first ?? PASS;
  }

  get lines(): string {
    return this.plan.lines ?? '';
  }

  get answerLines(): string {
    return this.plan.answerLines ?? '';
  }

  get wantsBytes(): number {
    return this.plan.wants ?? 0;
  }

  get wantsAnswerBytes(): number {
    return this.plan.wantsAnswer ?? 0;
  }

  body(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null {
    this.steps.push(`body ${bytes.length} ${whole ? 'whole' : 'part'}`);
    this.bytes = bytes.toString('latin1');
    return this.#told(this.plan.body ?? PASS, later);
  }

  answerHead(status: number, head: ResponseHead): Verdict {
    this.steps.push(`head ${status} ${head.count > 0 ? 'fields' : 'bare'}`);
    return this.plan.head ?? PASS;
  }

  answerBody(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null {
    this.steps.push(`answer ${bytes.length} ${whole ? 'whole' : 'part'}`);
    this.answerBytes = bytes.toString('latin1');
    return this.#told(this.plan.answerBody ?? PASS, later);
  }

  #told(what: Told, later: SayLater): Verdict | null {
    if (what !== 'LATER') return what;
    this.later = later;
    return null;
  }

  over(): void {
    this.steps.push('over');
    this.requestId = this.#seen.record.requestId;
    this.inspectedMs = this.#seen.record.inspectedMs;
  }
}

export class StubInspector implements Inspector {
  plan: Plan | null | ((request: string) => Plan | null);
  readonly seen: StubInspection[] = [];
  gateway!: Gateway;

  constructor(plan: StubInspector['plan']) {
    this.plan = plan;
  }

  begin(request: InspectedRequest): Inspection | null {
    const { head } = request;
    const plan =
      typeof this.plan === 'function' ? this.plan(`${head.method} ${head.path}`) : this.plan;
    if (plan === null) return null;
    const inspection = new StubInspection(request, plan);
    this.seen.push(inspection);
    return inspection;
  }

  /** The only one, or the last. */
  get last(): StubInspection {
    const last = this.seen.at(-1);
    if (last === undefined) throw new Error('nothing was looked at');
    return last;
  }
}

export interface InspectedGate extends RunningGate {
  readonly stub: StubInspector;
}

/** @param told lines of the Gate document, or more */
export async function inspectedGate(
  origin: Origin,
  plan: StubInspector['plan'],
  told: Parameters<typeof plainGate>[1] = '',
  env: Record<string, string> = {},
): Promise<InspectedGate> {
  const stub = new StubInspector(plan);
  const options = typeof told === 'string' ? { gate: told } : told;
  const gate = await plainGate(
    [origin],
    {
      ...options,
      inspect: (gateway) => {
        stub.gateway = gateway;
        return stub;
      },
    },
    env,
  );
  return { ...gate, stub };
}

export const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
/** Head of a POST /up. @param more lines, each with CRLF */
export const upload = (length: number, more = ''): string =>
  `POST /up HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${length}\r\n\r\n`;
export const CHUNKED = 'POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
/** Only requests for /up are looked at. */
export const ups = (plan: Plan) => (request: string) => (request.endsWith(' /up') ? plan : null);

export const held = ({ stub }: InspectedGate): number => stub.gateway.held.used;
/** Waits for a question whose answer comes later. */
export const asked = ({ stub }: InspectedGate): Promise<StubInspection> =>
  until('the question', () => (stub.seen.at(-1)?.later == null ? null : stub.last));
/** Waits until the first request that was looked at is over. */
export const over = ({ stub }: InspectedGate): Promise<boolean> =>
  until('the end', () => stub.seen.at(0)?.steps.at(-1) === 'over');

export const UP = 'GET /up HTTP/1.1\r\nHost: a\r\n\r\n';
/** Answers /up so, and anything else with ok. */
export const upWith = (text: string, ends = false) =>
  Origin.start((request, socket, nth) => {
    if (!request.includes(' /up ')) respond('ok')(request, socket, nth);
    else if (ends) socket.end(text, 'latin1');
    else socket.write(text, 'latin1');
  });
export const LENGTH = 'HTTP/1.1 200 OK\r\nX-App: 1\r\nContent-Length: 5\r\n\r\nhello';
export const IN_CHUNKS =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;e=1\r\nhello\r\n3\r\n wo\r\n0\r\nX-T: 1\r\n\r\n';
