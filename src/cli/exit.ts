/**
 * pending: a run holds, or waits for somebody's word. timeout: what was ordered is stored, and was not
 * in force everywhere when the time was over.
 */
export const EXIT = { ok: 0, failure: 1, usage: 2, pending: 3, timeout: 4, badConfig: 78 } as const;

/** Ends a command: a text for stderr, and the code to leave with. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

export const usageError = (message: string): CommandError => new CommandError(message, EXIT.usage);
