/** Lists of transformations, each list once; and selections behind them. */
import type { TransformName } from '../ir.ts';
import type { Atom, Chain, Selection } from '../program.ts';
import { ANYTHING } from '../signature.ts';
import { TRANSFORM } from '../transforms/index.ts';

export class Atoms {
  readonly chains: Chain[] = [];
  readonly atoms: Atom[] = [];
  readonly #chains = new Map<string, Chain>();
  readonly #atoms = new Map<string, Atom>();

  of(selection: Selection, names: readonly TransformName[]): Atom {
    const chain = this.#chain(names);
    const key = `${selection.index}:${chain.index}`;
    const known = this.#atoms.get(key);
    if (known !== undefined) return known;
    const atom: Atom = { index: this.atoms.length, selection, chain };
    this.atoms.push(atom);
    this.#atoms.set(key, atom);
    return atom;
  }

  #chain(names: readonly TransformName[]): Chain {
    const key = names.join();
    const known = this.#chains.get(key);
    if (known !== undefined) return known;
    const steps = names.map((name) => ({
      ...TRANSFORM[name],
      always: TRANSFORM[name].triggers === ANYTHING,
    }));
    const triggers = steps.reduce(
      (all, { triggers: t }) => ({ lo: all.lo | t.lo, hi: all.hi | t.hi }),
      { lo: 0, hi: 0 },
    );
    const chain: Chain = {
      index: this.chains.length,
      steps,
      triggers,
      always: steps.some((s) => s.always),
    };
    this.chains.push(chain);
    this.#chains.set(key, chain);
    return chain;
  }
}
