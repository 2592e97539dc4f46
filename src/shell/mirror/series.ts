/**
 * Further copies of the same request, one after another: a few in each turn of the event loop, so that a
 * request that is copied a hundred times holds up nobody. Round after round over all that wait.
 */
import type { Drawn, RequestCopy } from './request-copy.ts';

/** Requests whose copies wait for their turn. */
const MAX_WAITING = 256;
const PER_TURN = 4;

interface Series {
  readonly copy: RequestCopy;
  readonly drawn: Drawn;
  left: number;
}

/** Sends one more. @returns false: the rest is not wanted any more */
type SendOne = (copy: RequestCopy, drawn: Drawn) => boolean;

export class SeriesLine {
  readonly #sendOne: SendOne;
  #waiting: Series[] = [];

  constructor(sendOne: SendOne) {
    this.#sendOne = sendOne;
  }

  /** @returns false: too many wait, and none of these will be sent */
  add(copy: RequestCopy, drawn: Drawn, count: number): boolean {
    if (this.#waiting.length >= MAX_WAITING) return false;
    copy.begun();
    if (this.#waiting.push({ copy, drawn, left: count }) === 1) setImmediate(this.#turn);
    return true;
  }

  readonly #turn = (): void => {
    for (let i = 0; i < PER_TURN; i++) {
      const series = this.#waiting.shift();
      if (series === undefined) return;
      const goesOn = this.#sendOne(series.copy, series.drawn);
      if (goesOn && --series.left > 0) this.#waiting.push(series);
      else series.copy.ended();
    }
    if (this.#waiting.length > 0) setImmediate(this.#turn);
  };

  clear(): void {
    for (const { copy } of this.#waiting.splice(0)) copy.ended();
  }
}
