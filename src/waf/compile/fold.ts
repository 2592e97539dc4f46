/**
 * Rules that only set up: CRS spends a third of its rules on defaults and on jumping over what a
 * paranoia level does not want. Whatever depends on nothing but constants is worked out here, once.
 *
 * One pass in the order of evaluation, with the values of TX as far as they are certain. A rule is taken
 * out if it can't match, or if all it does can be done before the request: which it can only if no rule
 * that stays has looked at, or written, the same names before, and if it would certainly have run.
 */
import type { Control, Link, Macro, Marker, Rule, Step } from '../ir.ts';
import { compareNumbers, compareText } from '../operators/index.ts';
import { chosenBy } from './choice.ts';
import {
  macroParts,
  needsRequest,
  operandOf,
  readByLink,
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
  /** A rule that stays may end the request's phases, but not those of its answer. */
  #requestMayEnd = false;

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
    for (const [at, step] of steps.entries()) {
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
      if (outcome === true && uncertain.size === 0 && !this.#requestMayEnd) {
        if (isBareSkip(step) && this.#jumps(step, steps.slice(at + 1))) {
          jumpTo = step.skipAfter;
          continue;
        }
        if (!this.#removers.some((r) => removes(r, step)) && this.#doNow(step)) continue;
      }
      this.#keep(step, uncertain);
      kept.push(step);
    }
    return kept.filter((s) => s.kind === 'rule' || isWanted(s, kept));
  }

  /** Does it jump, or is all that it would jump over taken out together with it? */
  #jumps(rule: Rule, behind: readonly Step[]): boolean {
    const end = behind.findIndex((s) => s.kind === 'marker' && s.name === rule.skipAfter);
    const over = end < 0 ? behind : behind.slice(0, end);
    return this.#removers
      .filter((r) => removes(r, rule))
      .every((r) => over.every((s) => s.kind === 'marker' || removes(r, s, isRuleRemover)));
  }

  /** null: it depends on the request. */
  #outcome(rule: Rule): boolean | null {
    const written = new Set<string | null>();
    for (const link of rule.links) {
      // What the links before have set is not known yet.
      if (written.has(null) || readByLink(link).some((name) => written.has(name))) return null;
      const matches = this.#matches(link);
      if (matches === false && link === rule.links[0]) return false;
      if (matches !== true) return null;
      for (const setVar of link.setVars) written.add(writtenName(setVar));
    }
    return true;
  }

  #matches(link: Link): boolean | null {
    const { operator, targets } = link;
    if (operator.name === 'always' && targets.length === 0) return true;
    if (!readsOnlyTx(link) || link.transforms.length > 0 || link.capture || link.none === true)
      return null;
    if (link.exclusions.some((e) => e.name === 'TX')) return null;
    const operandMacro = operandOf(link);
    if (operandMacro === null) return null;
    const operand = this.#expand(operandMacro);
    if (operand === null) return null;
    // What it sets would be set once for each that matches.
    if (targets.length > 1 && link.setVars.length > 0) return null;
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

  /** @param writes of the rule at hand: seen by what it sets behind them */
  #expand(macro: Macro, writes: ReadonlyMap<string, string | undefined> = NOTHING): string | null {
    let text = '';
    for (const part of macroParts(macro)) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      if (part.name !== 'TX') return null;
      const value = writes.has(part.key) ? writes.get(part.key) : this.#valueOf(part.key);
      if (value === null) return null;
      text += value ?? '';
    }
    return text;
  }

  /** @returns false: it has to stay */
  #doNow(rule: Rule): boolean {
    if (!isQuiet(rule)) return false;
    const writes = new Map<string, string | undefined>();
    for (const setVar of rule.links.flatMap((l) => l.setVars)) {
      const name = writtenName(setVar);
      if (name === null || this.#touched.has(name) || this.#touched.has(null)) return false;
      if (this.#valueOf(name) === null) return false;
      if (setVar.op === 'unset') {
        if (!this.#pinned.has(name)) writes.set(name, undefined);
        continue;
      }
      const value = this.#expand(setVar.value, writes);
      if (value === null) return false;
      const before = (writes.has(name) ? writes.get(name) : this.#known.get(name)) ?? undefined;
      if (this.#pinned.has(name)) continue;
      writes.set(name, setVar.op === 'set' ? value : added(before, value, setVar.op));
    }
    for (const [name, value] of writes) {
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
    const { disposition } = rule;
    // No marker has no name, so that it stays up to the end of the phase.
    if (disposition.kind === 'allow' && disposition.scope === 'phase') uncertain.add('');
    if (disposition.kind === 'allow' && disposition.scope === 'request') this.#requestMayEnd = true;
    if (rule.links.some((l) => l.controls.some(mayRemove))) this.#removers.push(rule);
  }
}

const NOTHING: ReadonlyMap<string, string | undefined> = new Map();

/** A marker stays only while somebody jumps to it. */
const isWanted = ({ name }: Marker, kept: readonly Step[]): boolean =>
  kept.some((s) => s.kind === 'rule' && s.skipAfter === name);

/** It does nothing but to skip. */
const isBareSkip = (rule: Rule): boolean =>
  rule.skipAfter !== null &&
  !rule.log &&
  rule.disposition.kind === 'pass' &&
  rule.labels.length === 0 &&
  rule.links.every((l) => l.setVars.length === 0 && l.controls.length === 0);

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

function removes(remover: Rule, rule: Rule, which = mayRemove): boolean {
  return remover.links.some((l) =>
    l.controls.some((c) => 'rules' in c && which(c) && chosenBy(c.rules, rule)),
  );
}

const isRuleRemover = (control: Control): boolean => control.kind === 'remove-rules';

/** Rules, or what rules that are worked out here look at. */
const mayRemove = (control: Control): boolean =>
  isRuleRemover(control) || (control.kind === 'remove-targets' && control.target.name === 'TX');

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
