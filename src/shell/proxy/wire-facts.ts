import { type ListenerKind, type RequestFacts, scanCookie } from '../../model/facts.ts';
import type { IdcId } from '../../model/ids.ts';
import type { RequestHead } from '../http1/request-head.ts';
import { idOf } from '../http1/tables.ts';

const COOKIE = idOf('cookie');

/**
 * Facts over the received bytes: one object per worker, filled for each request. A request pays
 * only for the fields that its route reads. Valid as long as the head it looks at.
 */
export class WireFacts implements RequestFacts {
  readonly #head: RequestHead;
  readonly entryIdc: IdcId;
  listener: ListenerKind = 'external';
  remote = '';
  path = '';
  query = '';
  receivedAtMs = 0;
  dice = 0;

  constructor(head: RequestHead, entryIdc: IdcId) {
    this.#head = head;
    this.entryIdc = entryIdc;
  }

  get method(): string {
    return this.#head.method;
  }

  get host(): string {
    return this.#head.host;
  }

  header(name: string): string | undefined {
    return this.#head.find(name);
  }

  list(name: string): string {
    return this.#head.findAll(name);
  }

  cookie(name: string): string | undefined {
    const head = this.#head;
    for (let f = head.first[COOKIE]!; f >= 0 && f < head.count; f++) {
      const found = head.id(f) === COOKIE ? scanCookie(head.value(f), name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
