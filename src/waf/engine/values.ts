/** Selections and atoms of one transaction: lists of values with the bytes that occur in them. */
import type { Atom, Chain, Picks, Program, Selection, SelectionPart, Step } from '../program.ts';
import { signatureOf } from '../signature.ts';
import { type Derived, Member } from './member.ts';
import type { Variables } from './members.ts';
import type { TxValues } from './tx-values.ts';

/** Parallel lists. */
export interface Values {
  readonly members: readonly Member[];
  readonly values: readonly string[];
  readonly los: readonly number[];
  readonly his: readonly number[];
  /** All of them together. */
  readonly lo: number;
  readonly hi: number;
  /** Made in this phase. */
  readonly phase: number;
}

/** What the last link matched, for rules that ask. */
export interface Matched {
  /** As rules call it. */
  readonly name: string;
  /** Transformed. */
  readonly value: string;
}

export class ValueLists {
  readonly #variables: Variables;
  readonly #tx: TxValues;
  readonly #selected: (Values | undefined)[];
  readonly #derived: (Values | undefined)[];
  readonly #chainCount: number;
  phase = 1;
  /** What the link before the current one matched. */
  matched: readonly Matched[] = [];

  constructor(program: Program, variables: Variables, tx: TxValues) {
    this.#variables = variables;
    this.#tx = tx;
    this.#selected = new Array<undefined>(program.selectionCount).fill(undefined);
    this.#derived = new Array<undefined>(program.atomCount).fill(undefined);
    this.#chainCount = program.chainCount;
  }

  of(atom: Atom): Values {
    const known = this.#derived[atom.index];
    const { selection, chain } = atom;
    if (known !== undefined && this.#holds(known, selection)) return known;
    const selected = this.#select(selection);
    const { lo, hi } = selected;
    const { triggers } = chain;
    const derived =
      !chain.always && ((lo & triggers.lo) | (hi & triggers.hi)) === 0
        ? selected
        : this.#derive(selected, chain);
    if (!selection.volatile) this.#derived[atom.index] = derived;
    return derived;
  }

  /** A variable has changed within its phase. */
  forget(): void {
    this.#selected.fill(undefined);
    this.#derived.fill(undefined);
  }

  #holds(values: Values, selection: Selection): boolean {
    return values.phase === this.phase || values.phase >= selection.stableFrom;
  }

  #select(selection: Selection): Values {
    const known = this.#selected[selection.index];
    if (known !== undefined && this.#holds(known, selection)) return known;
    const members: Member[] = [];
    for (const part of selection.parts) this.#addPart(part, members);
    const made = listOf(members, this.phase);
    if (!selection.volatile) this.#selected[selection.index] = made;
    return made;
  }

  #addPart(part: SelectionPart, members: Member[]): void {
    switch (part.kind) {
      case 'scalar': {
        const member = this.#scalar(part.name);
        if (member !== null) members.push(member);
        return;
      }
      case 'slot': {
        const value = this.#tx.get(part.slot);
        if (value !== undefined) members.push(new Member('TX', part.name, value));
        return;
      }
      case 'slot-count':
        members.push(
          new Member('TX', part.name, this.#tx.get(part.slot) === undefined ? '0' : '1'),
        );
        return;
      case 'members':
        this.#addMembers(part, members);
    }
  }

  #scalar(name: Extract<SelectionPart, { kind: 'scalar' }>['name']): Member | null {
    const last = this.matched[this.matched.length - 1];
    if (name === 'MATCHED_VAR') return last === undefined ? null : new Member(name, '', last.value);
    if (name === 'MATCHED_VAR_NAME')
      return last === undefined ? null : new Member(name, '', last.name);
    if (name === 'REQBODY_PROCESSOR') return new Member(name, '', this.#variables.processor);
    return this.#variables.scalar(name);
  }

  #addMembers(part: Extract<SelectionPart, { kind: 'members' }>, members: Member[]): void {
    const { picks, without, count } = part;
    const all = this.#list(part.name, picks);
    if (picks.selector.kind === 'all' && without.length === 0 && !count) {
      for (const member of all) members.push(member);
      return;
    }
    let found = 0;
    for (const member of all) {
      if (!picks.has(member.key)) continue;
      if (without.length > 0 && without.some((w) => w.has(member.key))) continue;
      found++;
      if (!count) members.push(member);
    }
    if (count) members.push(new Member(part.name, keyOf(part), String(found)));
  }

  #list(
    name: Extract<SelectionPart, { kind: 'members' }>['name'],
    picks: Picks,
  ): readonly Member[] {
    switch (name) {
      case 'TX':
        return this.#tx.members(picks);
      case 'MATCHED_VARS':
        return this.matched.map((m) => new Member(m.name, '', m.value));
      case 'MATCHED_VARS_NAMES':
        return this.matched.map((m) => new Member(m.name, '', m.name));
      default:
        return this.#variables.list(name);
    }
  }

  /** Lists are copied only when a value changes: most requests hold nothing to decode. */
  #derive(selected: Values, chain: Chain): Values {
    const { members } = selected;
    const { triggers, always } = chain;
    let copy: { values: string[]; los: number[]; his: number[] } | null = null;
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (!always && ((member.lo & triggers.lo) | (member.hi & triggers.hi)) === 0) continue;
      const derived = this.#apply(member, chain);
      if (derived === member) continue;
      copy ??= {
        values: selected.values.slice(),
        los: selected.los.slice(),
        his: selected.his.slice(),
      };
      copy.values[i] = derived.value;
      copy.los[i] = derived.lo;
      copy.his[i] = derived.hi;
    }
    return copy === null ? selected : together(members, copy, selected.phase);
  }

  /** @returns the member itself where the chain changes nothing */
  #apply(member: Member, chain: Chain): Derived {
    const known = member.derived?.[chain.index];
    if (known !== undefined) return known;
    const derived = applyChain(member, chain);
    member.derived ??= new Array<undefined>(this.#chainCount).fill(undefined);
    member.derived[chain.index] = derived;
    return derived;
  }

  /** The value, and after it what every step makes of it that changes it: multiMatch. */
  stages(member: Member, chain: Chain): readonly Derived[] {
    const known = member.stages?.[chain.index];
    if (known !== undefined) return known;
    const made = stagesOf(member, chain);
    member.stages ??= new Array<undefined>(this.#chainCount).fill(undefined);
    member.stages[chain.index] = made;
    return made;
  }
}

function together(
  members: readonly Member[],
  { values, los, his }: { values: string[]; los: number[]; his: number[] },
  phase: number,
): Values {
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < los.length; i++) {
    lo |= los[i]!;
    hi |= his[i]!;
  }
  return { members, values, los, his, lo, hi, phase };
}

function applyChain(member: Member, { steps }: Chain): Derived {
  let current: Derived = member;
  for (const step of steps) current = applyStep(current, step);
  return current;
}

/** @returns the same where nothing changes */
function applyStep(before: Derived, { apply, triggers, name, always }: Step): Derived {
  const { lo, hi } = before;
  if (!always && ((lo & triggers.lo) | (hi & triggers.hi)) === 0) return before;
  const value = apply(before.value);
  if (value === before.value) return before;
  // A signature knows no case.
  return name === 'lowercase' ? { value, lo, hi } : { value, ...signatureOf(value) };
}

function stagesOf(member: Member, { steps }: Chain): readonly Derived[] {
  const stages: Derived[] = [member];
  let current: Derived = member;
  for (const step of steps) {
    const next = applyStep(current, step);
    if (next !== current) stages.push(next);
    current = next;
  }
  return stages;
}

function listOf(members: readonly Member[], phase: number): Values {
  const count = members.length;
  const values = new Array<string>(count);
  const los = new Array<number>(count);
  const his = new Array<number>(count);
  let lo = 0;
  let hi = 0;
  for (let i = 0; i < count; i++) {
    const member = members[i]!;
    values[i] = member.value;
    los[i] = member.lo;
    his[i] = member.hi;
    lo |= member.lo;
    hi |= member.hi;
  }
  return { members, values, los, his, lo, hi, phase };
}

const keyOf = ({ picks: { selector } }: Extract<SelectionPart, { kind: 'members' }>): string =>
  selector.kind === 'key' ? selector.key : '';
