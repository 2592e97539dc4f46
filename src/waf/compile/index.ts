/**
 * A rule source and a policy → a program. In steps, because the first compilation of a few hundred
 * patterns takes longer than any request should wait: whoever drives it takes a pause when he likes.
 */
import { fail, ok, type Result } from '../../model/result.ts';
import type { Control, Exclusion, Link, Place, Rule, RuleSource, Step } from '../ir.ts';
import type { PolicyExclusion, ProgramSettings } from '../policy.ts';
import type {
  Atom,
  CompiledControl,
  CompiledLink,
  CompiledRule,
  CompiledSetVar,
  Program,
} from '../program.ts';
import { Atoms } from './chains.ts';
import { chosenBy } from './choice.ts';
import { priceOf } from './cost.ts';
import { fold } from './fold.ts';
import { writtenName } from './reads.ts';
import { Selections } from './selections.ts';
import { Slots } from './slots.ts';
import { compileTest, preparePattern, type Shared } from './tests.ts';

export interface CompileFault {
  readonly place: Place;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
}

/** More controls than bits would need another way; CRS has two. */
const MAX_TARGET_REMOVERS = 30;
/** Each combination of them is compiled. */
const MAX_REMOVERS_OF_LINK = 6;

/** @param nowMs exclusions and rules that are over by then are left out */
export function* compileProgram(
  source: RuleSource,
  settings: ProgramSettings,
  shared: Shared,
  nowMs: number,
): Generator<undefined, Result<Program, readonly CompileFault[]>> {
  return yield* new Compiling(source, settings, shared, nowMs).run();
}

class Compiling {
  readonly #source: RuleSource;
  readonly #settings: ProgramSettings;
  readonly #shared: Shared;
  readonly #nowMs: number;
  readonly #slots = new Slots();
  readonly #selections = new Selections(this.#slots);
  readonly #atoms = new Atoms();
  readonly #faults: CompileFault[] = [];
  readonly #removers: {
    readonly bit: number;
    readonly control: Extract<Control, { kind: 'remove-targets' }>;
  }[] = [];
  readonly #dead: Program['dead'][number][] = [];

  constructor(source: RuleSource, settings: ProgramSettings, shared: Shared, nowMs: number) {
    this.#source = source;
    this.#settings = settings;
    this.#shared = shared;
    this.#nowMs = nowMs;
  }

  *run(): Generator<undefined, Result<Program, readonly CompileFault[]>> {
    const { presets } = this.#settings;
    const folded = fold(this.#wanted(), presets);
    for (const id of folded.skipped) this.#dead.push({ id, why: 'skipped' });
    const rules = folded.phases.flat().filter((s) => s.kind === 'rule');
    for (const rule of rules) this.#gatherRemovers(rule);
    const indexOf = new Map(rules.map((r, i) => [r, i]));
    const phases: CompiledRule[][] = [];
    for (const steps of folded.phases) {
      const list: CompiledRule[] = [];
      for (const [at, step] of steps.entries()) {
        if (step.kind === 'marker') continue;
        for (const { operator } of step.links) yield* preparePattern(operator, this.#shared);
        const compiled = this.#rule(step, indexOf, skipTo(steps, at));
        if (compiled !== null) list.push(compiled);
        yield;
      }
      phases.push(list);
    }
    if (this.#faults.length > 0) return fail(this.#faults);
    return ok(this.#program(phases, rules.length, folded.initial));
  }

  #program(
    phases: readonly (readonly CompiledRule[])[],
    ruleCount: number,
    initial: ReadonlyMap<string, string>,
  ): Program {
    for (const name of initial.keys()) this.#slots.slot(name);
    const slots = this.#slots.names.map((name) => initial.get(name));
    return {
      phases,
      ruleCount,
      selectionCount: this.#selections.all.length,
      chainCount: this.#atoms.chains.length,
      atomCount: this.#atoms.atoms.length,
      slots,
      slotOf: this.#slots.of,
      nameOfSlot: this.#slots.names,
      pinned: new Set(this.#settings.presets.keys()),
      nextExpiryAtMs: this.#nextExpiry(),
      dead: this.#dead,
      costUnits: phases.flat().reduce((sum, rule) => sum + priceOf(rule), 0),
    };
  }

  #nextExpiry(): number {
    const ends = [
      ...this.#settings.exclusions.map((e) => e.expiresAtMs),
      ...this.#source.steps.map((s) => (s.kind === 'rule' ? (s.only?.expiresAtMs ?? null) : null)),
    ];
    return Math.min(Infinity, ...ends.filter((e) => e !== null && e > this.#nowMs).map(Number));
  }

  /** Without what is over, excluded, or never asked for. */
  #wanted(): Step[] {
    const { exclusions, responseBodies } = this.#settings;
    const live = exclusions.filter((e) => e.expiresAtMs === null || e.expiresAtMs > this.#nowMs);
    return this.#source.steps.flatMap((step): Step[] => {
      if (step.kind === 'marker') return [step];
      const ends = step.only?.expiresAtMs ?? null;
      if (ends !== null && ends <= this.#nowMs) return this.#leaveOut(step, 'expired');
      if (step.phase === 4 && !responseBodies && looksAtAnswerBody(step))
        return this.#leaveOut(step, 'skipped');
      const own = live.filter((e) => chosenBy(e.rules, step));
      if (own.some((e) => e.target === null)) return this.#leaveOut(step, 'excluded');
      return [own.length === 0 ? step : without(step, own)];
    });
  }

  #leaveOut({ id }: Rule, why: Program['dead'][number]['why']): [] {
    this.#dead.push({ id, why });
    return [];
  }

  #gatherRemovers(rule: Rule): void {
    for (const control of rule.links.flatMap((l) => l.controls)) {
      if (control.kind !== 'remove-targets') continue;
      if (this.#removers.length >= MAX_TARGET_REMOVERS) {
        this.#fault(
          rule,
          `more than ${MAX_TARGET_REMOVERS} controls that take targets out`,
          '',
          'fewer, or exclusions in the policy',
        );
        return;
      }
      this.#removers.push({ bit: 1 << this.#removers.length, control });
    }
  }

  #rule(rule: Rule, indexOf: ReadonlyMap<Rule, number>, skip: number): CompiledRule | null {
    const removers = this.#removers.filter(({ control }) => chosenBy(control.rules, rule));
    const links: CompiledLink[] = [];
    for (const link of rule.links) {
      const compiled = this.#link(rule, link, removers, indexOf);
      if (compiled === null) return null;
      links.push(compiled);
    }
    for (const { source, found, expected } of this.#selections.faults.splice(0))
      this.#fault(rule, `a selector that can’t be read: ${source}`, found, expected);
    return {
      index: indexOf.get(rule)!,
      rule,
      links,
      told: rule.log || (rule.disposition.kind !== 'pass' && rule.disposition.kind !== 'allow'),
      removable: removers.reduce((bits, { bit }) => bits | bit, 0),
      disposition: rule.disposition,
      msg: this.#slots.text(rule.msg),
      logData: this.#slots.text(rule.logData),
      skipTo: skip,
      need: needOf(links[0]!),
    };
  }

  #link(
    rule: Rule,
    link: Link,
    removers: readonly { readonly bit: number; readonly control: { readonly target: Exclusion } }[],
    indexOf: ReadonlyMap<Rule, number>,
  ): CompiledLink | null {
    const test = compileTest(link.operator, this.#slots, this.#shared);
    if (!test.ok) {
      this.#fault(rule, test.error.message, test.error.found, test.error.expected);
      return null;
    }
    const variants = this.#variants(rule, link, removers);
    return {
      atom: link.targets.length === 0 ? null : this.#atom(link, link.exclusions),
      without: variants,
      removable: variants === null ? 0 : [...variants.keys()].reduce((all, bits) => all | bits, 0),
      test: test.value,
      negated: link.negated,
      none: link.none === true,
      capture: link.capture,
      multiMatch: link.multiMatch,
      setVars: link.setVars.flatMap((s) => this.#setVar(s)),
      controls: link.controls.flatMap((c) => this.#control(c, indexOf)),
    };
  }

  #atom(link: Link, exclusions: readonly Exclusion[]): Atom {
    return this.#atoms.of(this.#selections.of(link.targets, exclusions), link.transforms);
  }

  /** For every combination of the controls that concern the rule: few, as no rule set uses more than a handful. */
  #variants(
    rule: Rule,
    link: Link,
    removers: readonly { readonly bit: number; readonly control: { readonly target: Exclusion } }[],
  ): ReadonlyMap<number, Atom> | null {
    const mine = removers.filter(({ control }) =>
      link.targets.some((t) => t.name === control.target.name),
    );
    if (mine.length === 0) return null;
    if (mine.length > MAX_REMOVERS_OF_LINK) {
      const message = `more than ${MAX_REMOVERS_OF_LINK} controls that take targets out of one rule`;
      this.#fault(rule, message, String(mine.length), 'fewer, or exclusions in the policy');
      return null;
    }
    const variants = new Map<number, Atom>();
    for (let mask = 1; mask < 1 << mine.length; mask++) {
      const out = mine.filter((_, i) => (mask & (1 << i)) !== 0);
      const bits = out.reduce((all, { bit }) => all | bit, 0);
      variants.set(
        bits,
        this.#atom(link, [...link.exclusions, ...out.map((o) => o.control.target)]),
      );
    }
    return variants;
  }

  #setVar(setVar: Link['setVars'][number]): CompiledSetVar[] {
    const fixed = writtenName(setVar);
    // What a policy says is no rule's to change.
    if (fixed !== null && this.#settings.presets.has(fixed)) return [];
    return [
      {
        slot: fixed === null ? -1 : this.#slots.slot(fixed),
        name: this.#slots.text(setVar.name),
        op: setVar.op,
        value: setVar.op === 'unset' ? '' : this.#slots.text(setVar.value),
      },
    ];
  }

  #control(control: Control, indexOf: ReadonlyMap<Rule, number>): CompiledControl[] {
    switch (control.kind) {
      case 'remove-rules': {
        const chosen = [...indexOf].filter(([rule]) => chosenBy(control.rules, rule));
        return [{ kind: 'remove-rules', rules: chosen.map(([, index]) => index) }];
      }
      case 'remove-targets': {
        const known = this.#removers.find((r) => r.control === control);
        return known === undefined ? [] : [{ kind: 'remove-targets', bit: known.bit }];
      }
      case 'audit':
        return [];
      case 'engine':
      case 'body-processor':
      case 'force-body-variable':
        return [control];
    }
  }

  #fault({ place }: Rule, message: string, found: string, expected: string): void {
    this.#faults.push({ place, message, found, expected });
  }
}

const needOf = ({ test, negated, multiMatch, none }: CompiledLink): CompiledRule['need'] =>
  test.kind === 'matcher' && !negated && !multiMatch && !none ? test.matcher.need : null;

const looksAtAnswerBody = (rule: Rule): boolean =>
  rule.links.some((l) => l.targets.some((t) => t.name === 'RESPONSE_BODY'));

function without(rule: Rule, exclusions: readonly PolicyExclusion[]): Rule {
  const targets = exclusions.flatMap(({ target }) => (target === null ? [] : [target]));
  const links = rule.links.map((l) => ({ ...l, exclusions: [...l.exclusions, ...targets] }));
  return { ...rule, links };
}

/** Counted in rules, as markers are not kept. */
function skipTo(steps: readonly Step[], at: number): number {
  const step = steps[at]!;
  const marker = step.kind === 'rule' ? step.skipAfter : null;
  if (marker === null) return -1;
  const to = steps.findIndex((s, i) => i > at && s.kind === 'marker' && s.name === marker);
  const until = to < 0 ? steps.length : to;
  return steps.slice(0, until).filter((s) => s.kind === 'rule').length;
}
