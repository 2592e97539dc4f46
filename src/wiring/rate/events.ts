/**
 * What rates and lists have done, for whoever looks later. A flood is thousands of refusals a second, so
 * each rule has a few lines a second; the next line says how many there were besides.
 */
import type { RequestRecord } from '../../shell/proxy/record.ts';

/** Of one rule, in one second. */
const LINES_PER_SECOND = 5;
/** More names than a document may have: of rules long gone, the oldest are forgotten. */
const MOST_NAMES = 512;

export interface RateEvent {
  /** Of the rule, or the list. */
  readonly rule: string;
  readonly action: string;
}

interface Said {
  second: number;
  lines: number;
  unsaid: number;
}

export class RateEvents {
  readonly #idc: string;
  readonly #log: () => { write(line: string): void } | null;
  readonly #said = new Map<string, Said>();

  /** @param log where lines go now; null: nobody wants them */
  constructor(idc: string, log: () => { write(line: string): void } | null) {
    this.#idc = idc;
    this.#log = log;
  }

  /** The request is over: it has its id. */
  tell({ rule, action }: RateEvent, record: RequestRecord): void {
    const log = this.#log();
    if (log === null) return;
    const said = this.#of(`${rule} ${action}`);
    const second = Math.trunc(record.startedAtMs / 1000);
    if (said.second !== second) {
      said.second = second;
      said.lines = 0;
    }
    if (said.lines >= LINES_PER_SECOND) {
      said.unsaid++;
      return;
    }
    said.lines++;
    const { unsaid } = said;
    said.unsaid = 0;
    const { decision } = record;
    const line = {
      timestamp: record.startedAtMs,
      event: 'rate',
      request_id: record.requestId,
      'client.address': record.client,
      'http.request.method': record.method,
      'server.address': record.host,
      'url.path': record.path,
      route: decision?.kind === 'forward' ? decision.route.name : '',
      idc: this.#idc,
      rule,
      action,
      unsaid: unsaid === 0 ? undefined : unsaid,
    };
    log.write(`${JSON.stringify(line)}\n`);
  }

  #of(name: string): Said {
    let said = this.#said.get(name);
    if (said === undefined) {
      const [oldest] = this.#said.keys();
      if (this.#said.size >= MOST_NAMES && oldest !== undefined) this.#said.delete(oldest);
      said = { second: -1, lines: 0, unsaid: 0 };
      this.#said.set(name, said);
    }
    return said;
  }
}
