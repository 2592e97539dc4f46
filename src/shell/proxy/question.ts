/** What an inspector is asked, one question at a time; its answer may come at once, later, or too late. */
import type { Inspection, Verdict } from './inspector.ts';

export class Question {
  readonly #said: (what: Verdict) => void;
  /** The answer will come later. */
  isOpen = false;
  /** Changes with each question, and with its end: what is said to another one is late. */
  #turn = 0;
  #asking = false;
  /** Said while it was being asked. */
  #early: Verdict | null = null;

  /** @param said told of answers that come later, and in time */
  constructor(said: (what: Verdict) => void) {
    this.#said = said;
  }

  /** @returns null: it will be said later */
  ask(
    inspection: Inspection,
    step: 'body' | 'answerBody',
    bytes: Buffer,
    whole: boolean,
  ): Verdict | null {
    const turn = ++this.#turn;
    // A closure for each body that is looked at: it is what tells a late word from one on the next request.
    const later = (what: Verdict): void => this.#hears(turn, what);
    this.#asking = true;
    this.#early = null;
    const now = inspection[step](bytes, whole, later);
    this.#asking = false;
    const what = now ?? this.#early;
    if (what === null) this.isOpen = true;
    else this.forget();
    return what;
  }

  #hears(turn: number, what: Verdict): void {
    if (turn !== this.#turn) return;
    if (this.#asking) {
      this.#early ??= what;
      return;
    }
    this.forget();
    this.#said(what);
  }

  /** Whatever is still said does nothing. */
  forget(): void {
    this.#turn++;
    this.isOpen = false;
  }
}
