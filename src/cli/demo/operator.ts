/** Somebody at the control API: gives orders, and goes on when every gate has them. */

import type { Address } from '../../model/schema.ts';
import {
  boardAnswer,
  runAnswer,
  type StoredAnswer,
  storedAnswer,
} from '../../shell/control/answers.ts';
import { mirrorsAnswer } from '../../shell/control/mirror-answers.ts';

const WITHIN_MS = 20_000;
const ASK_EVERY_MS = 30;

export class Operator {
  readonly #admins: readonly [Address, ...Address[]];

  constructor(admins: readonly [Address, ...Address[]]) {
    this.#admins = admins;
  }

  /** @returns when the run that it began is over, if any, and all gates have its board */
  async order(command: Readonly<Record<string, unknown>>): Promise<void> {
    const stored = await until(`${String(command.do)} to be taken`, () => this.#give(command));
    const { run } = stored;
    const epoch =
      run === null ? stored.epoch : await until(`run ${run} to be over`, () => this.#endOf(run));
    for (const { text } of this.#admins)
      await until('every gate to have it', async () => {
        const { board } = boardAnswer.parse(await (await fetch(`http://${text}/v1/board`)).json());
        return board.epoch >= epoch ? true : null;
      });
  }

  /** What the first gate has copied by a rule, once so many copies are answered or enough time has passed. */
  async copiesOf(rule: string, wanted: number): Promise<{ sent: number; answered: number }> {
    return until('copies to be answered', async () => {
      const answer = await fetch(`http://${this.#admins[0].text}/v1/mirrors`);
      const { rules } = mirrorsAnswer.parse(await answer.json());
      const found = rules.find((r) => r.rule === rule);
      const answered = Object.values(found?.answered ?? {}).reduce((sum, n) => sum + n, 0);
      return answered >= wanted ? { sent: found?.sent ?? 0, answered } : null;
    });
  }

  /** null: somebody else wrote at the very moment, as a run does. */
  async #give(command: Readonly<Record<string, unknown>>): Promise<StoredAnswer | null> {
    const answer = await fetch(`http://${this.#admins[0].text}/v1/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'demo', reason: 'the tour', ...command }),
    });
    if (answer.status === 409 || answer.status === 429) return null;
    if (!answer.ok) throw new Error(`${String(command.do)}: ${await answer.text()}`);
    return storedAnswer.parse(await answer.json());
  }

  /** The epoch at which it is seen to be over. */
  async #endOf(run: string): Promise<number | null> {
    const answer = await fetch(`http://${this.#admins[0].text}/v1/runs/${run}`);
    if (!answer.ok) return null;
    const seen = runAnswer.parse(await answer.json());
    return seen.run.endedAtMs === null ? null : seen.epoch;
  }
}

/** What `ask` finds when it is not null any more. */
async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await ask();
    if (found !== null) return found;
    if (performance.now() > deadlineMs) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
