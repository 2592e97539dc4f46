/** What a pattern says, with its options (`(?i)`, `(?s)`, …) already worked into sets and assertions. */
import type { ByteSet } from './bytes.ts';

export type Assertion =
  /** `^` and `\A`. */
  | 'start'
  /** `$` and `\z`: the very end, as under DOLLAR_ENDONLY. */
  | 'end'
  /** `\Z`: the end, or before a newline that ends the value. */
  | 'end-or-newline'
  /** `^` under (?m): also after a newline that is not the last byte. */
  | 'line-start'
  /** `$` under (?m). */
  | 'line-end'
  | 'word'
  | 'not-word';

export type Node =
  /** One byte of these. */
  | { readonly kind: 'set'; readonly set: ByteSet }
  /** Empty: matches nothing, everywhere. */
  | { readonly kind: 'seq'; readonly items: readonly Node[] }
  | { readonly kind: 'alt'; readonly options: readonly Node[] }
  | Repeat
  /** @property index 1 and up, by opening bracket */
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  | { readonly kind: 'atomic'; readonly body: Node }
  | {
      readonly kind: 'look';
      readonly ahead: boolean;
      readonly negated: boolean;
      readonly body: Node;
    }
  | { readonly kind: 'backreference'; readonly index: number }
  | { readonly kind: 'assert'; readonly what: Assertion };

export interface Repeat {
  readonly kind: 'repeat';
  readonly body: Node;
  readonly min: number;
  /** Infinity: no end. */
  readonly max: number;
  readonly mode: 'greedy' | 'lazy' | 'possessive';
}

export const NOTHING: Node = { kind: 'seq', items: [] };

export const seq = (items: readonly Node[]): Node =>
  items.length === 1 ? items[0]! : { kind: 'seq', items };
export const alt = (options: readonly Node[]): Node =>
  options.length === 1 ? options[0]! : { kind: 'alt', options };

export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'seq':
      return node.items;
    case 'alt':
      return node.options;
    case 'repeat':
    case 'group':
    case 'atomic':
    case 'look':
      return [node.body];
    case 'set':
    case 'backreference':
    case 'assert':
      return [];
  }
}

/** Whether it holds for this node or one below it. */
export const some = (node: Node, holds: (node: Node) => boolean): boolean =>
  holds(node) || childrenOf(node).some((child) => some(child, holds));
