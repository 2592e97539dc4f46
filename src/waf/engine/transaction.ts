/**
 * One request before one program. It holds on to the program it began with, whatever is published
 * meanwhile. No clock of its own: who drives it says when its time is over.
 *
 * Over 300 lines: what a rule does to the next one must be seen together.
 */

import { assertNever } from '../../model/result.ts';
import type { Phase } from '../ir.ts';
import type { CompiledLink, CompiledRule, CompiledSetVar, Program, Text } from '../program.ts';
import { type Hit, type Outcome, PASS, type Stop } from './hit.ts';
import type { RequestInput } from './input.ts';
import { changed, expand } from './macro.ts';
import { type BodyFacts, Variables } from './members.ts';
import type { TransactionState } from './state.ts';
import { type Change, MAX_MATCHES, type Trace } from './trace.ts';
import { TxValues } from './tx-values.ts';
import { type Matched, ValueLists, type Values } from './values.ts';

/** Tests between two looks at the time; a test counts once more for every 64 bytes of its value. */
const LOOK_EVERY = 64;
/** A request that hits more rules is told about no further. */
const MAX_HITS = 200;
/** Of a value in a message. */
const SHOWN_BYTES = 512;

export interface Watch {
  /** The time that one request may take is over. */
  isOver(): boolean;
  /** Does what is not to count towards that time. It is still over inside, if it lasts. */
  apart?(run: () => void): void;
}
const PATIENT: Watch = { isOver: () => false };

export class Transaction {
  readonly program: Program;
  readonly variables: Variables;
  readonly hits: Hit[] = [];
  readonly labels: string[] = [];
  /** What rules themselves have switched: ctl:ruleEngine. */
  engine: 'on' | 'off' | 'detect' = 'on';
  readonly tx: TxValues;
  /** The first rule of the phase that would have ended the request. */
  stop: Stop | null = null;
  /** Values that were tested, and rules that were begun. */
  tested = 0;
  readonly #lists: ValueLists;
  readonly #watch: Watch;
  /** What each rule did, those that only set something up included; null: nobody asks. */
  readonly traces: Trace[] | null;
  /** Rules that the board has taken out, by id; nearly always null. */
  readonly #off: ReadonlySet<number> | null;
  #removedTargets = 0;
  #removedRules: Uint8Array | null = null;
  #overBudget = false;
  #sinceLook = 0;
  /** Of the rule at hand. */
  #changes: Change[] = [];

  /** @param tellsAll rules that only set something up are told of, too: to explain a verdict */
  constructor(
    program: Program,
    request: RequestInput,
    off: ReadonlySet<number> | null = null,
    watch: Watch = PATIENT,
    tellsAll = false,
  ) {
    this.program = program;
    this.variables = new Variables(request);
    this.tx = new TxValues(program);
    this.#lists = new ValueLists(program, this.variables, this.tx);
    this.#off = off;
    this.#watch = watch;
    this.traces = tellsAll ? [] : null;
  }

  bodyRead(body: BodyFacts): void {
    this.variables.bodyRead(body);
  }

  save(): TransactionState {
    return {
      tx: this.tx.save(),
      hits: this.hits,
      labels: this.labels,
      removedTargets: this.#removedTargets,
      removedRules: this.#removedRules,
      engine: this.engine,
      processor: this.variables.processor,
      forcedBody: this.variables.forcedBody,
    };
  }

  restore(state: TransactionState): void {
    this.tx.restore(state.tx);
    this.hits.splice(0, this.hits.length, ...state.hits);
    this.labels.splice(0, this.labels.length, ...state.labels);
    this.#removedTargets = state.removedTargets;
    this.#removedRules = state.removedRules;
    this.engine = state.engine;
    this.variables.processor = state.processor;
    this.variables.forcedBody = state.forcedBody;
  }

  /** @param enforces false: a rule that would end the request is told of (`stop`), and the next one is asked */
  run(phase: Phase, enforces = true): Outcome {
    this.#lists.phase = phase;
    this.stop = null;
    const rules = this.program.phases[phase]!;
    for (let at = 0; at < rules.length; ) {
      const compiled = rules[at]!;
      at++;
      if (!this.#isDue(compiled)) continue;
      const hit = this.#try(compiled);
      if (this.#overBudget) return { kind: 'over-budget' };
      if (!hit) continue;
      if (compiled.skipTo >= 0) at = compiled.skipTo;
      const outcome = this.#outcome(compiled, phase);
      if (outcome === 'end-phase') return PASS;
      if (outcome?.kind === 'stop') {
        this.stop ??= outcome.stop;
        if (enforces && this.engine === 'on') return outcome;
      } else if (outcome !== null) return outcome;
    }
    return PASS;
  }

  /** Most rules end here: none of their values has the bytes that a match would need. */
  #isDue(compiled: CompiledRule): boolean {
    if (this.#removedRules !== null && this.#removedRules[compiled.index] !== 0) return false;
    if (this.#off?.has(compiled.rule.id) === true) return false;
    const { need } = compiled;
    if (need === null) return true;
    const { lo, hi, values } = this.#lists.of(this.#atomOf(compiled.links[0]!));
    if (values.length === 0) return false;
    for (let i = 0; i < need.length; i++) {
      const clause = need[i]!;
      if (((lo & clause.lo) | (hi & clause.hi)) === 0) return false;
    }
    return true;
  }

  #atomOf(link: CompiledLink): NonNullable<CompiledLink['atom']> {
    const removed = this.#removedTargets & link.removable;
    if (removed !== 0) return link.without!.get(removed) ?? link.atom!;
    return link.atom!;
  }

  /** @returns all of its links have matched */
  #try(compiled: CompiledRule): boolean {
    const { rule, links } = compiled;
    if (rule.only !== null && !this.#holds(rule.only)) return false;
    const told = compiled.told || this.traces !== null;
    this.#lists.matched = NOTHING;
    if (this.traces !== null) this.#changes = [];
    let hit: Hit | null = null;
    for (let i = 0; i < links.length; i++) {
      const last = i === links.length - 1;
      const matched: Matched[] = [];
      hit = this.#link(compiled, links[i]!, matched, last && told);
      if (matched.length === 0 || this.#overBudget) return false;
      this.#lists.matched = matched;
    }
    for (const label of rule.labels) if (!this.labels.includes(label)) this.labels.push(label);
    if (hit === null || this.hits.length >= MAX_HITS) return true;
    this.hits.push(hit);
    this.traces?.push(this.#traceOf(compiled, hit));
    return true;
  }

  #traceOf({ rule, links }: CompiledRule, hit: Hit): Trace {
    return {
      rule,
      hit,
      matched: this.#lists.matched.slice(0, MAX_MATCHES),
      changes: this.#changes,
      controls: links.some((link) => link.controls.length > 0),
    };
  }

  #holds({ apps, samplePercent, expiresAtMs }: NonNullable<CompiledRule['rule']['only']>): boolean {
    const { request } = this.variables;
    if (apps.length > 0 && !apps.includes(request.app)) return false;
    if (expiresAtMs !== null && request.receivedAtMs >= expiresAtMs) return false;
    return samplePercent >= 100 || request.dice * 100 < samplePercent;
  }

  /**
   * @param tells a rule's last link, and the rule is told of
   * @returns what is told, made at the first match
   */
  #link(
    compiled: CompiledRule,
    link: CompiledLink,
    matched: Matched[],
    tells: boolean,
  ): Hit | null {
    if (link.atom === null) {
      const before = this.#before();
      matched.push(before);
      this.#act(link, before);
      return tells ? this.#tell(compiled, before) : null;
    }
    const values = this.#lists.of(this.#atomOf(link));
    if (link.none) return this.#none(compiled, link, values, matched, tells);
    let hit: Hit | null = null;
    for (let i = 0; i < values.values.length; i++) {
      if (!this.#matches(link, values, i)) {
        if (this.#overBudget) return null;
        continue;
      }
      const found = { name: values.members[i]!.name, value: values.values[i]! };
      matched.push(found);
      this.#act(link, found);
      if (tells && hit === null) hit = this.#tell(compiled, found);
    }
    return hit;
  }

  /** What the link before has matched last. */
  #before(): Matched {
    return this.#lists.matched.at(-1) ?? NO_VALUE;
  }

  /** Holds where nothing matches. */
  #none(
    compiled: CompiledRule,
    link: CompiledLink,
    values: Values,
    matched: Matched[],
    tells: boolean,
  ): Hit | null {
    for (let i = 0; i < values.values.length; i++) if (this.#matches(link, values, i)) return null;
    matched.push(NO_VALUE);
    this.#act(link, NO_VALUE);
    return tells ? this.#tell(compiled, NO_VALUE) : null;
  }

  #matches(link: CompiledLink, values: Values, i: number): boolean {
    this.#sinceLook += 1 + (values.values[i]!.length >> 6);
    if (this.#sinceLook >= LOOK_EVERY) this.#look();
    if (this.#overBudget) return false;
    if (link.multiMatch) {
      for (const { value, lo, hi } of this.#lists.stages(values.members[i]!, link.atom!.chain))
        if (this.#mayBeMatch(link, lo, hi) && this.#isMatch(link, value)) return true;
      return false;
    }
    return (
      this.#mayBeMatch(link, values.los[i]!, values.his[i]!) &&
      this.#isMatch(link, values.values[i]!)
    );
  }

  #mayBeMatch({ test, negated }: CompiledLink, lo: number, hi: number): boolean {
    return test.kind !== 'matcher' || negated || mayMatch(test.matcher.need, lo, hi);
  }

  #isMatch(link: CompiledLink, value: string): boolean {
    const { test, negated } = link;
    switch (test.kind) {
      case 'always':
        return !negated;
      case 'compare':
        this.tested++;
        return test.compare(value, this.#expand(test.operand, this.#before())) !== negated;
      case 'matcher':
        this.tested++;
        return test.matcher.test(value) !== negated && this.#captured(link, value);
      default:
        return assertNever(test);
    }
  }

  /** Always true, for its place behind a match. */
  #captured({ capture, test }: CompiledLink, value: string): boolean {
    if (!capture || test.kind !== 'matcher') return true;
    const groups = test.matcher.find(value) ?? [];
    for (let group = 0; group < 10; group++) this.tx.set(group, groups[group]);
    return true;
  }

  #look(): void {
    this.#sinceLook = 0;
    if (this.#watch.isOver()) this.#overBudget = true;
  }

  #act({ setVars, controls }: CompiledLink, found: Matched): void {
    for (const setVar of setVars) this.#setVar(setVar, found);
    for (const control of controls) {
      switch (control.kind) {
        case 'remove-rules':
          this.#removedRules ??= new Uint8Array(this.program.ruleCount);
          for (const index of control.rules) this.#removedRules[index] = 1;
          break;
        case 'remove-targets':
          this.#removedTargets |= control.bit;
          break;
        case 'engine':
          this.engine = control.mode;
          break;
        case 'body-processor':
          this.variables.processor = control.processor.toUpperCase();
          break;
        case 'force-body-variable':
          this.variables.forceBody();
          this.#lists.forget();
          break;
        default:
          assertNever(control);
      }
    }
  }

  #setVar({ slot, name, op, value }: CompiledSetVar, found: Matched): void {
    const key = slot >= 0 ? '' : this.#expand(name, found).toLowerCase();
    const before = slot >= 0 ? this.tx.get(slot) : this.tx.byName(key);
    const after = changed(op, before, op === 'unset' ? '' : this.#expand(value, found));
    if (slot >= 0) this.tx.set(slot, after);
    else this.tx.setByName(key, after);
    if (this.traces !== null) {
      const written = slot >= 0 ? (this.program.nameOfSlot[slot] ?? '') : key;
      this.#changes.push({ name: written, before, after });
    }
  }

  #tell({ rule, msg, logData, disposition }: CompiledRule, found: Matched): Hit {
    return {
      id: rule.id,
      phase: rule.phase,
      msg: this.#expand(msg, found),
      data: this.#expand(logData, found),
      severity: rule.severity,
      tags: rule.tags,
      paranoia: rule.paranoia,
      target: found.name,
      value: found.value.slice(0, SHOWN_BYTES),
      disposition: disposition.kind,
      log: rule.log,
    };
  }

  #expand(text: Text, found: Matched): string {
    return typeof text === 'string' ? text : expand(text, found, this.tx, this.variables);
  }

  #outcome({ disposition, rule }: CompiledRule, phase: Phase): Outcome | 'end-phase' | null {
    switch (disposition.kind) {
      case 'pass':
      case 'block':
        return null;
      case 'deny':
        return {
          kind: 'stop',
          stop: { kind: 'deny', status: disposition.status, rule: rule.id, phase },
        };
      case 'drop':
        return { kind: 'stop', stop: { kind: 'drop', status: 403, rule: rule.id, phase } };
      case 'challenge':
        if (this.variables.request.cleared === true) return null;
        return { kind: 'stop', stop: { kind: 'challenge', status: 403, rule: rule.id, phase } };
      case 'allow':
        return disposition.scope === 'phase'
          ? 'end-phase'
          : { kind: 'allow', scope: disposition.scope };
      default:
        return assertNever(disposition);
    }
  }
}

const NOTHING: readonly Matched[] = Object.freeze([]);
const NO_VALUE: Matched = Object.freeze({ name: '', value: '' });

function mayMatch(
  need: readonly { readonly lo: number; readonly hi: number }[],
  lo: number,
  hi: number,
): boolean {
  for (let i = 0; i < need.length; i++) {
    const clause = need[i]!;
    if (((lo & clause.lo) | (hi & clause.hi)) === 0) return false;
  }
  return true;
}
