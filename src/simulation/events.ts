/**
 * What is done to the fleet from outside, made up before it begins. Plain data, so that a history can
 * be replayed with parts of it left out: that is how one that breaks an invariant is made short.
 */

/** A command without what is known only when it is given. */
export interface Sketch {
  readonly do: string;
  readonly [field: string]: unknown;
}

/** Gates by number: the same fleet has the same gates. */
export type Planned = { readonly atMs: number } & (
  | {
      readonly kind: 'request';
      readonly gate: number;
      /** Number of the user, and of the way in which he shows who he is. */
      readonly user: number;
      readonly way: number;
      readonly isWrite: boolean;
      /** From the gate that accepts it to the application’s own yes. */
      readonly takesMs: number;
      /** From gate to gate. */
      readonly hopMs: number;
      /** Which gate of the other IDC. */
      readonly peer: number;
    }
  | {
      readonly kind: 'command';
      readonly gate: number;
      readonly by: string;
      readonly command: Sketch;
    }
  | Fault
);

export type Fault =
  | { readonly kind: 'restart' | 'kill'; readonly gate: number; readonly forMs: number }
  | { readonly kind: 'cut-from-store'; readonly gate: number; readonly forMs: number }
  | {
      readonly kind: 'cut-from-gate';
      readonly gate: number;
      readonly other: number;
      readonly forMs: number;
    }
  | { readonly kind: 'lose-nudges' | 'slow'; readonly gate: number; readonly forMs: number }
  | { readonly kind: 'store-down'; readonly forMs: number }
  | { readonly kind: 'zone-down'; readonly zone: string; readonly forMs: number }
  /** A copy takes over that has not seen the last boards. */
  | { readonly kind: 'promote-stale'; readonly lost: number; readonly forMs: number };

export type PlannedRequest = Planned & { readonly kind: 'request' };
export type PlannedCommand = Planned & { readonly kind: 'command' };
