/** Requests that rates have something to say of: refused, or let on with words, a delay, and the firewall. */
import type { ResponseHead } from '../../shell/http1/response-head.ts';
import type { Inspection, SayLater, Verdict } from '../../shell/proxy/inspector.ts';
import type { RequestRecord } from '../../shell/proxy/record.ts';
import type { Delayed } from '../../shell/rate/delays.ts';
import { PASSED } from '../firewall/verdicts.ts';
import type { RateEvent, RateEvents } from './events.ts';

/** Who is told when the request is over. */
interface Telling {
  readonly event: RateEvent | null;
  readonly events: RateEvents;
  readonly record: RequestRecord;
}

function tell({ event, events, record }: Telling): void {
  if (event !== null) events.tell(event, record);
}

/** Answered, or cut, from its head alone. */
export class Refused implements Inspection {
  readonly first: Verdict;
  readonly lines = '';
  readonly answerLines = '';
  readonly wantsBytes = 0;
  readonly wantsAnswerBytes = 0;
  readonly #telling: Telling | null;

  constructor(first: Verdict, telling: Telling | null) {
    this.first = first;
    this.#telling = telling;
  }

  body(): Verdict {
    return PASSED;
  }

  answerHead(): Verdict {
    return PASSED;
  }

  answerBody(): Verdict {
    return PASSED;
  }

  over(): void {
    if (this.#telling !== null) tell(this.#telling);
  }
}

/** What rates add to a request that goes on. */
export interface Additions {
  readonly event: RateEvent | null;
  /** For the application, each with CRLF. */
  readonly lines: string;
  /** For the client, each with CRLF. */
  readonly answerLines: string;
  readonly delayMs: number;
  /** Its place among those that wait; null: it does not. */
  readonly delayed: Delayed | null;
}

export class Passage implements Inspection {
  readonly #more: Additions;
  readonly #firewall: Inspection | null;
  readonly #telling: Telling;

  /** @param firewall null: it does not look at the request */
  constructor(
    more: Additions,
    firewall: Inspection | null,
    events: RateEvents,
    record: RequestRecord,
  ) {
    this.#more = more;
    this.#firewall = firewall;
    this.#telling = { event: more.event, events, record };
  }

  /** Whoever is refused has waited for nothing. */
  get first(): Verdict {
    const first = this.#firewall?.first ?? PASSED;
    const { delayMs } = this.#more;
    return first.kind === 'pass' && delayMs > 0 ? { kind: 'delay', ms: delayMs } : first;
  }

  get lines(): string {
    return this.#more.lines + (this.#firewall?.lines ?? '');
  }

  get answerLines(): string {
    return this.#more.answerLines + (this.#firewall?.answerLines ?? '');
  }

  get wantsBytes(): number {
    return this.#firewall?.wantsBytes ?? 0;
  }

  get wantsAnswerBytes(): number {
    return this.#firewall?.wantsAnswerBytes ?? 0;
  }

  body(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null {
    return this.#firewall === null ? PASSED : this.#firewall.body(bytes, whole, later);
  }

  answerHead(status: number, head: ResponseHead): Verdict {
    return this.#firewall === null ? PASSED : this.#firewall.answerHead(status, head);
  }

  answerBody(bytes: Buffer, whole: boolean, later: SayLater): Verdict | null {
    return this.#firewall === null ? PASSED : this.#firewall.answerBody(bytes, whole, later);
  }

  over(): void {
    this.#more.delayed?.cancel();
    tell(this.#telling);
    this.#firewall?.over();
  }
}
