/** A regression test of the Core Rule Set, as its format for go-ftw says, with every default filled in. */

export interface RegressionTest {
  /** `920100-8`: the rule it is about, and its number there. */
  readonly id: string;
  readonly stages: readonly Stage[];
}

/** One request, and what must come of it. */
export interface Stage {
  readonly input: Input;
  readonly expected: Expected;
}

export type Input = BuiltInput | RawInput;

export interface BuiltInput {
  readonly kind: 'built';
  readonly method: string;
  readonly uri: string;
  /** May be empty, and then the line ends behind a space. */
  readonly version: string;
  /** In the order in which they are sent. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** Connection, Content-Length and a form's Content-Type are added where they lack. */
  readonly autocomplete: boolean;
}

/** Bytes that are sent as they are. */
interface RawInput {
  readonly kind: 'raw';
  readonly bytes: Buffer;
}

export interface Expected {
  readonly status: number | null;
  /** No answer that can be read as HTTP; nothing else is looked at then. */
  readonly error: boolean;
  readonly ids: readonly number[];
  readonly noIds: readonly number[];
  readonly match: string | null;
  readonly noMatch: string | null;
  /** No rule but the one expected. */
  readonly isolated: boolean;
  readonly retryOnce: boolean;
}
