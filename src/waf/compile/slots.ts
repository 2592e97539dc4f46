/** Names of TX become numbers, so that a transaction's variables are an array. */
import type { Macro, Variable } from '../ir.ts';
import type { Text, TextPart } from '../program.ts';
import { fixedText, macroParts } from './reads.ts';

/** Slots of what the last match captured. */
const CAPTURES = 10;

export class Slots {
  readonly names: string[] = [];
  readonly of = new Map<string, number>();

  constructor() {
    for (let group = 0; group < CAPTURES; group++) this.slot(String(group));
  }

  /** @param name in lower case */
  slot(name: string): number {
    const known = this.of.get(name);
    if (known !== undefined) return known;
    const slot = this.names.length;
    this.names.push(name);
    this.of.set(name, slot);
    return slot;
  }

  text(macro: Macro): Text {
    const fixed = fixedText(macro);
    if (fixed !== null) return fixed;
    return macroParts(macro).map((part) => (typeof part === 'string' ? part : this.#part(part)));
  }

  #part(variable: Variable): TextPart {
    return variable.name === 'TX'
      ? { kind: 'slot', slot: this.slot(variable.key) }
      : { kind: 'variable', variable };
  }
}
