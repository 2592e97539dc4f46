/**
 * Firewall rules over reloads: compiled piece by piece beside the requests before a configuration that
 * names them is read, and again when a rule or an exclusion has ended.
 */
import { drive } from '../shell/config/drive.ts';
import { prepareRules } from '../shell/config/load.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { Forge } from '../waf/forge.ts';

/** Rules end by the second, not by the millisecond. */
const LOOK_MS = 1000;

export class RuleKeeper {
  readonly forge: Forge;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #turn = 0;
  #timer: NodeJS.Timeout | null = null;
  #endedAtMs = 0;

  constructor(
    directory: string,
    env: Readonly<Record<string, string | undefined>>,
    forge: Forge = new Forge(),
  ) {
    this.forge = forge;
    this.#directory = directory;
    this.#env = env;
  }

  /**
   * @param ready called once, at once where nothing has to be compiled; not at all if another call comes first
   * @param failed told of what can only be a bug
   */
  prepare(ready: () => void, failed: (error: unknown) => void): void {
    const turn = ++this.#turn;
    const steps = this.#steps(failed);
    if (steps === null) ready();
    else
      drive(steps, () => {
        if (turn === this.#turn) ready();
      });
  }

  #steps(failed: (error: unknown) => void): Generator<undefined, unknown> | null {
    try {
      return prepareRules(this.#directory, this.#env, this.forge);
    } catch (error) {
      failed(error);
      return null;
    }
  }

  /** @param ended called once for each end: whatever else is wrong is then said once, too */
  watch(current: () => Snapshot, ended: () => void): void {
    this.#timer = setInterval(() => {
      const { firewall } = current();
      if (firewall === null || !hasEnded(current(), Date.now())) return;
      if (this.#endedAtMs === firewall.nextExpiryAtMs) return;
      this.#endedAtMs = firewall.nextExpiryAtMs;
      ended();
    }, LOOK_MS).unref();
  }

  stop(): void {
    this.#turn++;
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}

/** Something of the firewall no longer holds, and is still compiled in. */
export const hasEnded = ({ firewall }: Snapshot, nowMs: number): boolean =>
  firewall !== null && nowMs >= firewall.nextExpiryAtMs;
