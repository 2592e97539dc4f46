/**
 * Which boards this gate has had in force. A store that lost changes gives their epochs out a second
 * time, so an epoch alone does not prove that another gate has the same board.
 */
import type { GateInFleet } from '../../failover/board.ts';

const KEPT = 256;

export class Lineage {
  readonly #digests = new Map<number, string>();

  note(epoch: number, digest: string): void {
    this.#digests.delete(epoch);
    this.#digests.set(epoch, digest);
    if (this.#digests.size <= KEPT) return;
    const [oldest] = this.#digests.keys();
    if (oldest !== undefined) this.#digests.delete(oldest);
  }

  /** A gate with a board that was never in force here has acknowledged nothing that counts here. */
  judged(gate: GateInFleet): GateInFleet {
    if (gate.epoch === 0 || this.#digests.get(gate.epoch) === gate.digest) return gate;
    const trouble = gate.trouble ?? `its board of epoch ${gate.epoch} was never in force here`;
    return { ...gate, epoch: 0, settled: 0, trouble };
  }
}
