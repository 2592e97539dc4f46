/**
 * Rules as they read, one after the other, with nothing remembered, folded, indexed or ruled out beforehand.
 * What the firewall's engine is held against: slow, and short enough to be believed.
 */
import {
  BODY_LIMITS,
  type BodyReading,
  bodyKindOf,
  readBody,
} from '../../../src/waf/body/index.ts';
import type { RequestInput } from '../../../src/waf/engine/input.ts';
import { headerOf, Variables } from '../../../src/waf/engine/members.ts';
import type {
  Exclusion,
  Link,
  Macro,
  Operator,
  Phase,
  Rule,
  RuleChoice,
  Step,
  Target,
} from '../../../src/waf/ir.ts';
import { compareNumbers, compareText } from '../../../src/waf/operators/index.ts';
import {
  chosen,
  type Found,
  groupsOf,
  isOutside,
  patternOf,
  picks,
  shown,
  transformed,
} from './naive-values.ts';

interface NaiveHit {
  readonly id: number;
  readonly target: string;
  readonly value: string;
  readonly msg: string;
  readonly data: string;
}
export interface Told {
  readonly hits: readonly NaiveHit[];
  /** Set variables, in the order of their names. */
  readonly tx: readonly (readonly [string, string])[];
  readonly labels: readonly string[];
  readonly engine: string;
  /** How each phase ended: `pass`, `allow all`, `deny 3`, … */
  readonly outcomes: readonly string[];
}

const NONE: Found = { name: '', value: '' };
class Naive {
  readonly tx: Map<string, string>;
  readonly hits: NaiveHit[] = [];
  readonly labels: string[] = [];
  engine = 'on';
  processor = '';
  forced = false;
  readonly #steps: readonly Step[];
  readonly #presets: ReadonlyMap<string, string>;
  readonly #request: RequestInput;
  readonly #removed: RuleChoice[] = [];
  readonly #targetsOut: { readonly rules: RuleChoice; readonly target: Exclusion }[] = [];
  #body: { reading: BodyReading; bytes: string; truncated: boolean } | null = null;
  #matched: readonly Found[] = [];

  constructor(steps: readonly Step[], presets: ReadonlyMap<string, string>, request: RequestInput) {
    this.#steps = steps;
    this.#presets = presets;
    this.#request = request;
    this.tx = new Map(presets);
    const { kind } = bodyKindOf(headerOf(request.headers, 'content-type') ?? undefined);
    this.processor = kind === 'none' ? '' : kind.toUpperCase();
  }

  readBody(bytes: string): void {
    const type = bodyKindOf(headerOf(this.#request.headers, 'content-type') ?? undefined);
    const kind = (this.processor.toLowerCase() || 'none') as BodyReading['kind'];
    const reading = readBody(kind, bytes, type, BODY_LIMITS, false);
    this.#body = { reading, bytes, truncated: false };
  }

  run(phase: Phase, enforces: boolean): string {
    let skipTo: string | null = null;
    let stop: string | null = null;
    for (const step of this.#steps) {
      if (step.kind === 'marker') {
        if (step.name === skipTo) skipTo = null;
        continue;
      }
      if (step.phase !== phase || skipTo !== null || !this.#rule(step)) continue;
      skipTo = step.skipAfter;
      const { disposition: d } = step;
      if (d.kind === 'allow') {
        if (d.scope === 'phase') return stop ?? 'pass';
        return stop ?? `allow ${d.scope}`;
      }
      if (d.kind === 'pass' || d.kind === 'block') continue;
      stop ??= `${d.kind} ${step.id}`;
      if (enforces && this.engine === 'on') return stop;
    }
    return stop ?? 'pass';
  }

  #rule(rule: Rule): boolean {
    if (this.#removed.some((choice) => chosen(choice, rule))) return false;
    const { only } = rule;
    if (only !== null) {
      if (only.apps.length > 0 && !only.apps.includes(this.#request.app)) return false;
      if (this.#request.dice * 100 >= only.samplePercent) return false;
      if (only.expiresAtMs !== null && this.#request.receivedAtMs >= only.expiresAtMs) return false;
    }
    this.#matched = [];
    let hit: NaiveHit | null = null;
    for (const link of rule.links) {
      const matched: Found[] = [];
      hit = null;
      for (const found of this.#matches(rule, link)) {
        matched.push(found);
        this.#act(link, found);
        hit ??= {
          id: rule.id,
          target: found.name,
          value: found.value,
          msg: this.#text(rule.msg, found),
          data: this.#text(rule.logData, found),
        };
      }
      if (matched.length === 0) return false;
      this.#matched = matched;
    }
    for (const label of rule.labels) if (!this.labels.includes(label)) this.labels.push(label);
    const told = rule.log || !['pass', 'allow'].includes(rule.disposition.kind);
    if (told && hit !== null) this.hits.push(hit);
    return true;
  }

  *#matches(rule: Rule, link: Link): Generator<Found> {
    const before = this.#matched.at(-1) ?? NONE;
    if (link.targets.length === 0) {
      yield before;
      return;
    }
    const members = link.targets.flatMap((target) => this.#select(rule, link, target));
    if (link.none === true) {
      if (!members.some((m) => this.#holds(link, m.value, before))) yield NONE;
      return;
    }
    for (const { name, value } of members)
      if (this.#holds(link, value, before)) yield { name, value: transformed(link, value).at(-1)! };
  }

  #holds(link: Link, value: string, before: Found): boolean {
    const steps = transformed(link, value);
    for (const seen of link.multiMatch ? steps : [steps.at(-1)!]) {
      if (this.#is(link.operator, seen, before) === link.negated) continue;
      const groups = link.capture ? groupsOf(link.operator, seen) : null;
      if (groups !== null) {
        for (let group = 0; group < 10; group++) this.#set(String(group), groups[group]);
      }
      return true;
    }
    return false;
  }

  #is(operator: Operator, value: string, before: Found): boolean {
    switch (operator.name) {
      case 'always':
        return true;
      case 'rx':
        return patternOf(operator.pattern).exec(value) !== null;
      case 'pm':
        return operator.phrases.some((p) => value.toLowerCase().includes(p.toLowerCase()));
      case 'eq':
      case 'ne':
      case 'ge':
      case 'gt':
      case 'le':
      case 'lt':
        return compareNumbers(operator.name, value, this.#text(operator.value, before));
      case 'streq':
      case 'contains':
      case 'containsWord':
      case 'beginsWith':
      case 'endsWith':
      case 'within':
        return compareText(operator.name, value, this.#text(operator.value, before));
      case 'validateByteRange':
        return Array.from(value).some((c) => isOutside(operator.ranges, c));
      default:
        throw new Error(`${operator.name} is not read here`);
    }
  }

  #select(rule: Rule, link: Link, target: Target): Found[] {
    const out = [
      ...link.exclusions,
      ...this.#targetsOut.filter((o) => chosen(o.rules, rule)).map((o) => o.target),
    ].filter((e) => e.name === target.name);
    const isOut = (key: string): boolean => out.some((e) => picks(e.selector, key, target));
    if (out.some((e) => e.selector.kind === 'all')) return [];
    if (target.kind === 'scalar') return this.#scalar(target);
    const { selector, count, name } = target;
    // What nobody looks at is not counted as none. A regex may mean some spellings of the name only.
    const named = out.filter((e) => e.selector.kind === 'key' || name === 'TX');
    if (selector.kind === 'key' && named.some((e) => picks(e.selector, selector.key, target)))
      return [];
    const members = this.#list(name).filter((m) => picks(selector, m.key, target) && !isOut(m.key));
    if (!count) return members;
    const key = selector.kind === 'key' ? `:${selector.key}` : '';
    return [{ name: `${name}${key}`, value: String(members.length) }];
  }

  #list(name: Extract<Target, { kind: 'collection' }>['name']): (Found & { key: string })[] {
    if (name === 'TX')
      return [...this.tx].map(([key, value]) => ({ name: `TX:${key}`, key, value }));
    if (name === 'MATCHED_VARS') return this.#matched.map((m) => ({ ...m, key: '' }));
    if (name === 'MATCHED_VARS_NAMES')
      return this.#matched.map((m) => ({ name: m.name, value: m.name, key: '' }));
    return this.#variables().list(name).map(shown);
  }

  #scalar({ name }: Extract<Target, { kind: 'scalar' }>): Found[] {
    const last = this.#matched.at(-1);
    if (name === 'MATCHED_VAR') return last === undefined ? [] : [{ name, value: last.value }];
    if (name === 'MATCHED_VAR_NAME') return last === undefined ? [] : [{ name, value: last.name }];
    const member = this.#variables().scalar(name);
    return member === null ? [] : [shown(member)];
  }

  /** Anew each time: nothing of it is remembered. */
  #variables(): Variables {
    const variables = new Variables(this.#request);
    variables.processor = this.processor;
    variables.forcedBody = this.forced;
    if (this.#body !== null) variables.bodyRead(this.#body);
    return variables;
  }

  #act({ setVars, controls }: Link, found: Found): void {
    for (const setVar of setVars) {
      const name = this.#text(setVar.name, found).toLowerCase();
      if (this.#presets.has(name)) continue;
      const number = (text: string | undefined): number => Number.parseInt(text ?? '', 10) || 0;
      const before = this.tx.get(name);
      if (setVar.op === 'unset') this.#set(name, undefined);
      else {
        const value = this.#text(setVar.value, found);
        if (setVar.op === 'set') this.#set(name, value);
        else
          this.#set(name, String(number(before) + (setVar.op === 'add' ? 1 : -1) * number(value)));
      }
    }
    for (const control of controls) {
      if (control.kind === 'remove-rules') this.#removed.push(control.rules);
      if (control.kind === 'remove-targets') this.#targetsOut.push(control);
      if (control.kind === 'engine') this.engine = control.mode;
      if (control.kind === 'body-processor') this.processor = control.processor.toUpperCase();
      if (control.kind === 'force-body-variable') this.forced = true;
    }
  }

  #set(name: string, value: string | undefined): void {
    if (value === undefined) this.tx.delete(name);
    else this.tx.set(name, value);
  }

  #text(macro: Macro, found: Found): string {
    if (typeof macro === 'string') return macro;
    return macro
      .map((part) => {
        if (typeof part === 'string') return part;
        if (part.name === 'MATCHED_VAR') return found.value;
        if (part.name === 'MATCHED_VAR_NAME') return found.name;
        if (part.name === 'TX') return this.tx.get(part.key) ?? '';
        if (part.name === 'REQUEST_METHOD') return this.#request.method;
        throw new Error(`${part.name} is not read here`);
      })
      .join('');
  }
}

export function naively(
  steps: readonly Step[],
  presets: ReadonlyMap<string, string>,
  request: RequestInput,
  body: string,
  enforces: boolean,
): Told {
  const naive = new Naive(steps, presets, request);
  const outcomes = [naive.run(1, enforces)];
  if (outcomes[0] === 'pass' || !enforces) {
    naive.readBody(body);
    outcomes.push(naive.run(2, enforces));
  }
  const tx = [...naive.tx].sort(([a], [b]) => (a < b ? -1 : 1));
  return { hits: naive.hits, tx, labels: naive.labels, engine: naive.engine, outcomes };
}
