/** Variables that rules set: in slots where their names are known, else by name. */
import type { Picks, Program } from '../program.ts';
import { Member } from './member.ts';

/** More than any rule set needs; a request that makes rules write more is not followed further. */
const MAX_NAMED = 2000;

/** Slots whose names a selector picks: the same for every request. */
const slotsOfPicks = new WeakMap<Picks, readonly number[]>();

function slotsOf(picks: Picks, { nameOfSlot }: Program): readonly number[] {
  const known = slotsOfPicks.get(picks);
  if (known !== undefined) return known;
  const slots = nameOfSlot.flatMap((name, slot) => (picks.has(name) ? [slot] : []));
  slotsOfPicks.set(picks, slots);
  return slots;
}

/** For a worker: what has become of TX. */
export interface TxState {
  readonly slots: readonly (string | undefined)[];
  readonly named: readonly (readonly [string, string])[];
}

export class TxValues {
  readonly #program: Program;
  #slots: (string | undefined)[];
  #named: Map<string, string> | null = null;

  constructor(program: Program) {
    this.#program = program;
    this.#slots = program.slots.slice();
  }

  get(slot: number): string | undefined {
    return this.#slots[slot];
  }

  set(slot: number, value: string | undefined): void {
    this.#slots[slot] = value;
  }

  /** @param name in lower case */
  byName(name: string): string | undefined {
    const slot = this.#program.slotOf.get(name);
    return slot === undefined ? this.#named?.get(name) : this.#slots[slot];
  }

  setByName(name: string, value: string | undefined): void {
    if (this.#program.pinned.has(name)) return;
    const slot = this.#program.slotOf.get(name);
    if (slot !== undefined) {
      this.#slots[slot] = value;
      return;
    }
    this.#named ??= new Map();
    if (value === undefined) this.#named.delete(name);
    else if (this.#named.size < MAX_NAMED || this.#named.has(name)) this.#named.set(name, value);
  }

  numberOf(name: string): number {
    return Number.parseInt(this.byName(name) ?? '0', 10) || 0;
  }

  /** Only what is asked for: most of TX is scores, which nobody looks for by a pattern. */
  members(picks: Picks): Member[] {
    const members: Member[] = [];
    for (const slot of slotsOf(picks, this.#program)) {
      const value = this.#slots[slot];
      if (value !== undefined)
        members.push(new Member('TX', this.#program.nameOfSlot[slot]!, value));
    }
    for (const [name, value] of this.#named ?? [])
      if (picks.has(name)) members.push(new Member('TX', name, value));
    return members;
  }

  save(): TxState {
    return { slots: this.#slots, named: [...(this.#named ?? [])] };
  }

  restore({ slots, named }: TxState): void {
    this.#slots = [...slots];
    this.#named = named.length === 0 ? null : new Map(named);
  }
}
