/** DESIGN. What compiling makes of a rule source for one policy: flat lists, slots and indexes. */
import type {
  Collection,
  Disposition,
  Phase,
  Rule,
  Scalar,
  Selector,
  TransformName,
  Variable,
} from './ir.ts';
import type { Need, Signature } from './signature.ts';

/** Values of a rule's targets without its exclusions; lists that are the same are made once. */
export interface Selection {
  readonly index: number;
  readonly parts: readonly SelectionPart[];
  /** Holds what rules change: made anew whenever it is asked for. */
  readonly volatile: boolean;
  /** The phase from which it stays as it is. */
  readonly stableFrom: Phase;
}

export type SelectionPart =
  | { readonly kind: 'scalar'; readonly name: Scalar }
  | { readonly kind: 'slot'; readonly slot: number; readonly name: string }
  | { readonly kind: 'slot-count'; readonly slot: number; readonly name: string }
  | {
      readonly kind: 'members';
      readonly name: Collection;
      readonly picks: Picks;
      /** Taken out again. */
      readonly without: readonly Picks[];
      readonly count: boolean;
    };

/** Which members of a collection. */
export interface Picks {
  readonly selector: Selector;
  readonly has: (key: string) => boolean;
}

export interface Step {
  readonly name: TransformName;
  readonly triggers: Signature;
  /** Changes empty values too. */
  readonly always: boolean;
  readonly apply: (value: string) => string;
}

/** Transformations in their order; chains that are the same are one. */
export interface Chain {
  readonly index: number;
  readonly steps: readonly Step[];
  /** A value without any of these bytes comes out as it went in. */
  readonly triggers: Signature;
  /** Or it changes any, the empty one included. */
  readonly always: boolean;
}

/** One selection behind one chain. */
export interface Atom {
  readonly index: number;
  readonly selection: Selection;
  readonly chain: Chain;
}

export interface Matcher {
  readonly need: Need;
  test(value: string): boolean;
  /** Groups 0–9; null: no match. */
  find(value: string): readonly string[] | null;
}

export type Test =
  | { readonly kind: 'always' }
  | { readonly kind: 'matcher'; readonly matcher: Matcher }
  | {
      readonly kind: 'compare';
      readonly compare: (value: string, operand: string) => boolean;
      readonly operand: Text;
    };

/** A macro whose variables are known by slot. */
export type Text = string | readonly (string | TextPart)[];
export type TextPart =
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'variable'; readonly variable: Variable };

export interface CompiledSetVar {
  /** -1: the name has variables in it, or is no rule's to know. */
  readonly slot: number;
  readonly name: Text;
  readonly op: 'set' | 'add' | 'subtract' | 'unset';
  readonly value: Text;
}

export type CompiledControl =
  | { readonly kind: 'remove-rules'; readonly rules: readonly number[] }
  | { readonly kind: 'remove-targets'; readonly bit: number }
  | { readonly kind: 'engine'; readonly mode: 'on' | 'off' | 'detect' }
  | {
      readonly kind: 'body-processor';
      readonly processor: 'urlencoded' | 'multipart' | 'json' | 'xml';
    }
  | { readonly kind: 'force-body-variable' };

export interface CompiledLink {
  /** null: the operator is always true and looks at nothing. */
  readonly atom: Atom | null;
  /** Atoms without the targets that controls have taken out, by the bits of those controls. */
  readonly without: ReadonlyMap<number, Atom> | null;
  /** Bits that `without` knows. */
  readonly removable: number;
  readonly test: Test;
  readonly negated: boolean;
  readonly none: boolean;
  readonly capture: boolean;
  readonly multiMatch: boolean;
  readonly setVars: readonly CompiledSetVar[];
  readonly controls: readonly CompiledControl[];
}

export interface CompiledRule {
  /** Among the program's rules. */
  readonly index: number;
  readonly rule: Rule;
  readonly links: readonly CompiledLink[];
  /** A hit is told; others only set something up. */
  readonly told: boolean;
  /** Bits of the controls that take targets out of it. */
  readonly removable: number;
  readonly disposition: Disposition;
  readonly msg: Text;
  readonly logData: Text;
  /** Position to go on at after a hit, in the phase's list. */
  readonly skipTo: number;
  /** The first link's need, where it may end the rule before it has begun; null for negated and comparing ones. */
  readonly need: Need | null;
}

export interface Program {
  /** Of each phase, 1–5; [0] is empty. */
  readonly phases: readonly (readonly CompiledRule[])[];
  readonly ruleCount: number;
  readonly selectionCount: number;
  readonly chainCount: number;
  readonly atomCount: number;
  /** Initial values, by slot. */
  readonly slots: readonly (string | undefined)[];
  readonly slotOf: ReadonlyMap<string, number>;
  readonly nameOfSlot: readonly string[];
  /** Names that the policy has set: no rule changes them, under whatever name it knows them. */
  readonly pinned: ReadonlySet<string>;
  /** The next exclusion or rule whose time ends: compile again then. Infinity for none. */
  readonly nextExpiryAtMs: number;
  /** Rules that can't ever hit here, and why: for `check`. */
  readonly dead: readonly {
    readonly id: number;
    readonly why: 'folded' | 'skipped' | 'excluded' | 'expired';
  }[];
  /** Relative price of one request: for `check`. */
  readonly costUnits: number;
}
