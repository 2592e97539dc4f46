/** The one pointer to the one snapshot. Replaced whole, or not at all. */
import type { Snapshot } from '../snapshot/index.ts';

export class Holder {
  #current: Snapshot;

  constructor(first: Snapshot) {
    this.#current = first;
  }

  readonly current = (): Snapshot => this.#current;

  publish(next: Snapshot): void {
    this.#current = next;
  }
}
