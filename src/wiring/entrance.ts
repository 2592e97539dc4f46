/**
 * All that looks at requests where they enter, in its order: lists and rates, which are cheap, then the
 * firewall. Whoever is refused by the first is not judged by the second.
 */
import type { InspectedRequest, Inspection, Inspector } from '../shell/proxy/inspector.ts';
import { PASSED } from './firewall/verdicts.ts';
import type { RateSide } from './rate/index.ts';
import { Passage, Refused } from './rate/passage.ts';

export class Entrance implements Inspector {
  readonly #rates: RateSide;
  readonly #firewall: Inspector;

  constructor(rates: RateSide, firewall: Inspector) {
    this.#rates = rates;
    this.#firewall = firewall;
  }

  begin(request: InspectedRequest): Inspection | null {
    const { decision, snapshot } = request;
    if (decision.from === 'peer') return handedOn(request);
    const { rates } = snapshot;
    if (rates === null || rates.isEmpty || !isCounted(request))
      return this.#firewall.begin(request);
    const outcome = this.#rates.judge(request, rates);
    if (outcome instanceof Refused) return outcome;
    const firewall = this.#firewall.begin(request);
    if (outcome === null) return firewall;
    return new Passage(outcome, firewall, this.#rates.events, request.record);
  }
}

/** A load test has limits of its own, and comes from few addresses; a copy was counted as what it is of. */
const isCounted = ({ decision }: InspectedRequest): boolean =>
  decision.lane?.kind !== 'stress' && decision.copyMark === null;

/** What the gate before has found out, for the application. */
class HandedOn implements Inspection {
  readonly first = PASSED;
  readonly lines: string;
  readonly answerLines = '';
  readonly wantsBytes = 0;
  readonly wantsAnswerBytes = 0;

  constructor(lines: string) {
    this.lines = lines;
  }

  body = pass;
  answerHead = pass;
  answerBody = pass;

  over(): void {
    // Nothing is kept of it.
  }
}

const pass = () => PASSED;

/** The peer has signed for the request, and lets no stranger write such a field. */
function handedOn({ head }: InspectedRequest): Inspection | null {
  const rate = head.findAll('x-ldc-rate');
  const labels = head.findAll('x-ldc-labels');
  if (rate === '' && labels === '') return null;
  const rateLine = rate === '' ? '' : `X-Ldc-Rate: ${rate}\r\n`;
  return new HandedOn(labels === '' ? rateLine : `${rateLine}X-Ldc-Labels: ${labels}\r\n`);
}
