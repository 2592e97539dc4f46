/**
 * pending: a run holds, or waits for somebody's word. timeout: what was ordered is stored, and was not
 * in force everywhere when the time was over.
 */
export const EXIT = {
  ...{ ok: 0, failure: 1, usage: 2, pending: 3, timeout: 4 },
  ...{ badConfig: 78, interrupted: 130 },
} as const;

/** Ends a command: a text for stderr, and the code to leave with. */
export class CommandError extends Error {
  readonly exitCode: number;
  /** What `--json` shows beside the sentence. */
  readonly details: object;

  constructor(message: string, exitCode: number, details: object = {}) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

export const usageError = (message: string): CommandError => new CommandError(message, EXIT.usage);
