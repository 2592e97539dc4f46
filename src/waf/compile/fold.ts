/**
 * Rules that only set up: CRS spends a third of its rules on defaults and on jumping over what a
 * paranoia level does not want. Whatever depends on nothing but constants is worked out here, once.
 *
 * One pass in the order of evaluation, with the values of TX as far as they are certain. A rule is taken
 * out if it can't match, or if all it does can be done before the request: which it can only if no rule
 * that stays has looked at, or written, the same names before, and if it would certainly have run.
 */
import type { Link, Macro, Marker, Rule, Step } from '../ir.ts';
import { compareNumbers, compareText } from '../operators/index.ts';
import { chosenBy } from './choice.ts';
import {
  macroParts,
  needsRequest,
  operandOf,
  readNames,
  readsOnlyTx,
  writtenName,
  writtenNames,
} from './reads.ts';

export interface Folded {
  /** What is left, in order, by phase; [0] is empty. */
  readonly phases: readonly (readonly Step[])[];
  /** Initial values of TX. */
  readonly initial: ReadonlyMap<string, string>;
  /** Rules that will never be looked at, for a level or a setting that is not asked for. */
  readonly skipped: readonly number[];
}

/** undefined: not set; null: known only with a request. */
type Known = string | undefined | null;

export function fold(steps: readonly Step[], presets: ReadonlyMap<string, string>): Folded {
  const folding = new Folding(presets);
  const phases: Step[][] = [[]];
  for (const phase of [1, 2, 3, 4, 5] as const) {
    phases.push(folding.phase(steps.filter((s) => s.kind === 'marker' || s.phase === phase)));
  }
  return { phases, initial: folding.initial, skipped: folding.skipped };
}

class Folding {
  readonly initial: Map<string, string>;
  readonly skipped: number[] = [];
  readonly #pinned: ReadonlySet<string>;
  readonly #known: Map<string, Known>;
  /** Names that rules which stay have read or written; null among them: any. */
  readonly #touched = new Set<string | null>();
  /** Written by rules that stay, under names that only a request knows. */
  readonly #prefixes: string[] = [];
  readonly #removers: Rule[] = [];

  constructor(presets: ReadonlyMap<string, string>) {
    this.#pinned = new Set(presets.keys());
    this.initial = new Map(presets);
    this.#known = new Map(presets);
  }

  phase(steps: readonly Step[]): Step[] {
    const kept: Step[] = [];
    /** Markers that rules which stay may jump to: up to there nothing certainly runs. */
    const uncertain = new Set<string>();
    let jumpTo: string | null = null;
    for (const step of steps) {
      if (step.kind === 'marker') {
        uncertain.delete(step.name);
        if (jumpTo === step.name) jumpTo = null;
        kept.push(step);
        continue;
      }
      if (jumpTo !== null) {
        this.skipped.push(step.id);
        continue;
      }
      const outcome = this.#outcome(step);
      if (outcome === false) continue;
      const certain = uncertain.size === 0 && !this.#removers.some((r) => removes(r, step));
      if (outcome === true && step.skipAfter !== null && isBare(step) && uncertain.size === 0) {
        jumpTo = step.skipAfter;
        continue;
      }
      if (outcome === true && certain && this.#doNow(step)) continue;
      this.#keep(step, uncertain);
      kept.push(step);
    }
    return kept.filter((s) => s.kind === 'rule' || isWanted(s, kept));
  }

  /** null: it depends on the request. */
  #outcome(rule: Rule): boolean | null {
    for (const link of rule.links) {
      const matches = this.#matches(link);
      if (matches === false && link === rule.links[0]) return false;
      if (matches !== true) return null;
    }
    return true;
  }

  #matches(link: Link): boolean | null {
    const { operator, targets } = link;
    if (operator.name === 'always' && targets.length === 0) return true;
    if (!readsOnlyTx(link) || link.transforms.length > 0 || link.capture || link.none === true)
      return null;
    const operandMacro = operandOf(link);
    if (operandMacro === null) return null;
    const operand = this.#expand(operandMacro);
    if (operand === null) return null;
    let any = false;
    for (const target of targets) {
      if (target.kind !== 'collection' || target.selector.kind !== 'key') return null;
      const value = this.#valueOf(target.selector.key);
      if (value === null) return null;
      if (value === undefined && !target.count) continue;
      const text = target.count ? (value === undefined ? '0' : '1') : value!;
      const matches = compare(operator.name, text, operand);
      if (matches === null) return null;
      any ||= matches !== link.negated;
    }
    return any;
  }

  #valueOf(name: string): Known {
    if (this.#prefixes.some((p) => name.startsWith(p))) return null;
    return this.#known.get(name);
  }

  #expand(macro: Macro): string | null {
    let text = '';
    for (const part of macroParts(macro)) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      if (part.name !== 'TX') return null;
      const value = this.#valueOf(part.key);
      if (value === null) return null;
      text += value ?? '';
    }
    return text;
  }

  /** @returns false: it has to stay */
  #doNow(rule: Rule): boolean {
    if (!isQuiet(rule)) return false;
    const writes: [string, string | undefined][] = [];
    for (const setVar of rule.links.flatMap((l) => l.setVars)) {
      const name = writtenName(setVar);
      if (name === null || this.#touched.has(name) || this.#touched.has(null)) return false;
      if (this.#valueOf(name) === null) return false;
      if (setVar.op === 'unset') {
        writes.push([name, undefined]);
        continue;
      }
      const value = this.#expand(setVar.value);
      if (value === null) return false;
      const before =
        writes.findLast(([n]) => n === name)?.[1] ?? this.#known.get(name) ?? undefined;
      writes.push([name, setVar.op === 'set' ? value : added(before, value, setVar.op)]);
    }
    for (const [name, value] of writes) {
      if (this.#pinned.has(name)) continue;
      this.#known.set(name, value);
      if (value === undefined) this.initial.delete(name);
      else this.initial.set(name, value);
    }
    return true;
  }

  #keep(rule: Rule, uncertain: Set<string>): void {
    for (const name of readNames(rule)) this.#touched.add(name);
    for (const name of writtenNames(rule)) {
      if (name === null) continue;
      this.#touched.add(name);
      if (!this.#pinned.has(name)) this.#known.set(name, null);
    }
    for (const setVar of rule.links.flatMap((l) => l.setVars)) {
      if (writtenName(setVar) !== null) continue;
      const [first] = macroParts(setVar.name);
      this.#prefixes.push(typeof first === 'string' ? first.toLowerCase() : '');
    }
    if (rule.skipAfter !== null) uncertain.add(rule.skipAfter);
    if (rule.links.some((l) => l.controls.some((c) => c.kind === 'remove-rules')))
      this.#removers.push(rule);
  }
}

/** A marker stays only while somebody jumps to it. */
const isWanted = ({ name }: Marker, kept: readonly Step[]): boolean =>
  kept.some((s) => s.kind === 'rule' && s.skipAfter === name);

const isBare = (rule: Rule): boolean =>
  !rule.log && rule.links.every((l) => l.setVars.length === 0 && l.controls.length === 0);

/** Nobody would see it but by what it sets. */
const isQuiet = (rule: Rule): boolean =>
  !rule.log &&
  rule.disposition.kind === 'pass' &&
  rule.skipAfter === null &&
  rule.labels.length === 0 &&
  rule.links.every(
    (l) =>
      l.controls.length === 0 && l.setVars.every((s) => s.op === 'unset' || !needsRequest(s.value)),
  );

function removes(remover: Rule, rule: Rule): boolean {
  return remover.links.some((l) =>
    l.controls.some((c) => c.kind === 'remove-rules' && chosenBy(c.rules, rule)),
  );
}

function compare(name: string, value: string, operand: string): boolean | null {
  switch (name) {
    case 'eq':
    case 'ne':
    case 'ge':
    case 'gt':
    case 'le':
    case 'lt':
      return compareNumbers(name, value, operand);
    case 'streq':
    case 'contains':
    case 'beginsWith':
    case 'endsWith':
    case 'within':
      return compareText(name, value, operand);
    default:
      return null;
  }
}

const added = (before: string | undefined, by: string, op: 'add' | 'subtract'): string => {
  const sum =
    (parseInt(before ?? '0', 10) || 0) + (op === 'add' ? 1 : -1) * (parseInt(by, 10) || 0);
  return String(sum);
};
