/** Firewall document → policies with their programs. */
import type { DocPath, Report } from '../model/issue.ts';
import type { CompileFault } from './compile/index.ts';
import { exclusionOf, judgeExclusion } from './exclusions.ts';
import type { FirewallDoc, PolicyDoc } from './firewall-schema.ts';
import type { Forge, RuleTexts } from './forge.ts';
import type { Place, RuleSource } from './ir.ts';
import { compileNative } from './native/compile-native.ts';
import type { Policy, ProgramSettings } from './policy.ts';
import type { Program } from './program.ts';
import type { SecFault } from './seclang/index.ts';

export interface Firewall {
  readonly policies: ReadonlyMap<string, Policy>;
  /** For routes that name none; null: they have no firewall. */
  readonly byDefault: Policy | null;
  /** Rule sets by name, whole: what policies leave out of them is still there. */
  readonly sources: ReadonlyMap<string, RuleSource>;
  readonly workers: number;
  readonly audit: FirewallDoc['audit'];
  /** What workers compile it again from. */
  readonly recipe: FirewallRecipe;
  /** When an exclusion or a rule is over, it has to be compiled again; Infinity: never. */
  readonly nextExpiryAtMs: number;
}

/** Plain data, so that it can be sent to a worker. */
export interface FirewallRecipe {
  readonly doc: FirewallDoc;
  readonly texts: ReadonlyMap<string, RuleTexts>;
  readonly nowMs: number;
  /** Tells recipes apart: with `recipeDigest`, also those between which something has ended. */
  readonly digest: string;
}

/** @param digest of the configuration. The same one makes other programs once an exclusion or a rule is over. */
export function recipeDigest(digest: string, { policies, ruleSets }: FirewallDoc, nowMs: number) {
  const ends = [
    ...Object.values(policies).flatMap((p) => p.exclusions),
    ...Object.values(ruleSets).flatMap((s) => s.rules ?? []),
  ];
  const over = ends.filter((e) => e.expires !== undefined && Date.parse(e.expires) <= nowMs);
  return `${digest} ${over.length}`;
}

/** A mistake in a rule file, which is no document. */
export interface RuleFault {
  readonly place: Place;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
}

interface Source {
  /** Of all its texts. */
  readonly key: string;
  readonly source: RuleSource;
}

export interface FirewallCompiler {
  readonly forge: Forge;
  readonly report: Report;
  /** Mistakes in rule files are added. */
  readonly faults: RuleFault[];
  /** The document's file, for native rules. */
  readonly file: string;
  /**
   * Where in it something stands; else native rules are told to be at its beginning. A forge that has a program
   * gives it as it was made: after an edit above them, its native rules stand where they stood then.
   */
  readonly locate?: (path: DocPath) => { readonly line: number; readonly column: number };
}

export function compileFirewall(
  recipe: FirewallRecipe,
  compiler: FirewallCompiler,
): Firewall | null {
  const steps = compileFirewallSteps(recipe, compiler);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The same with pauses. @returns null after mistakes */
export function* compileFirewallSteps(
  recipe: FirewallRecipe,
  compiler: FirewallCompiler,
): Generator<undefined, Firewall | null> {
  const { doc } = recipe;
  const sources = yield* readSources(recipe, compiler);
  const policies = new Map<string, Policy>();
  for (const [name, policy] of Object.entries(doc.policies)) {
    const made = yield* compilePolicy(name, policy, sources, recipe, compiler);
    if (made !== null) policies.set(name, made);
  }
  if (doc.default !== undefined && doc.policies[doc.default] === undefined)
    compiler.report.unknownName(['default'], 'policy', doc.default, Object.keys(doc.policies));
  if (compiler.report.failed || compiler.faults.length > 0) return null;
  const programs = [...policies.values()].flatMap((p) => [
    p.program,
    ...(p.shadow === null ? [] : [p.shadow]),
  ]);
  return {
    policies,
    byDefault: doc.default === undefined ? null : (policies.get(doc.default) ?? null),
    sources: new Map([...sources].map(([name, { source }]) => [name, source])),
    workers: doc.workers,
    audit: doc.audit,
    recipe,
    nextExpiryAtMs: Math.min(Infinity, ...programs.map((p) => p.nextExpiryAtMs)),
  };
}

/** Rule sets by name; those with mistakes are missing. */
function* readSources(
  { doc, texts }: FirewallRecipe,
  compiler: FirewallCompiler,
): Generator<undefined, Map<string, Source>> {
  const { report, forge, faults, file, locate } = compiler;
  const placeOf = (path: DocPath): Place => ({
    file,
    ...(locate?.(report.rebase(path)) ?? { line: 1, column: 1 }),
  });
  const sources = new Map<string, Source>();
  for (const [name, set] of Object.entries(doc.ruleSets)) {
    if (set.rules !== undefined) {
      const steps = compileNative(set.rules, placeOf, ['ruleSets', name, 'rules'], report);
      sources.set(name, {
        key: `${name} ${JSON.stringify(set.rules)}`,
        source: { steps, signature: null },
      });
      continue;
    }
    const own = texts.get(name);
    // What could not be read has been reported by whoever tried.
    if (own === undefined) continue;
    const parsed = yield* forge.sourceSteps(own);
    if (parsed.ok) sources.set(name, { key: own.digest, source: parsed.value });
    else faults.push(...parsed.error.map(faultOf));
  }
  return sources;
}

const faultOf = ({ place, message, found, expected }: SecFault | CompileFault): RuleFault => ({
  place,
  message,
  found,
  expected,
});

function* compilePolicy(
  name: string,
  doc: PolicyDoc,
  sources: ReadonlyMap<string, Source>,
  recipe: FirewallRecipe,
  compiler: FirewallCompiler,
): Generator<undefined, Policy | null> {
  const path = ['policies', name];
  const exclusions = doc.exclusions.flatMap((e, i) =>
    exclusionOf(e, [...path, 'exclusions', i], compiler.report),
  );
  const settingsFor = (paranoia: PolicyDoc['paranoia']): ProgramSettings => ({
    presets: presetsOf(doc, paranoia),
    exclusions,
    responseBodies: doc.answers.bodies,
  });
  const own = joined(doc.ruleSets, [...path, 'ruleSets'], sources, recipe, compiler);
  const beside = doc.shadow?.ruleSets;
  const shadowSource =
    doc.shadow === undefined
      ? null
      : beside === undefined
        ? own
        : joined(beside, [...path, 'shadow', 'ruleSets'], sources, recipe, compiler);
  if (own === null) return null;
  const rules = own.source.steps.filter((step) => step.kind === 'rule');
  for (const [i, exclusion] of doc.exclusions.entries())
    judgeExclusion(exclusion, rules, recipe.nowMs, [...path, 'exclusions', i], compiler.report);
  const program = yield* programOf(own, settingsFor(doc.paranoia), recipe, compiler);
  const shadow =
    shadowSource === null
      ? null
      : yield* programOf(
          shadowSource,
          settingsFor(doc.shadow?.paranoia ?? doc.paranoia),
          recipe,
          compiler,
        );
  if (program === null) return null;
  judgeCost(doc, [program, ...(shadow === null ? [] : [shadow])], path, compiler.report);
  return {
    name,
    mode: doc.mode,
    program,
    shadow,
    inboundThreshold: doc.thresholds.inbound,
    body: {
      inspectBytes: doc.body.inspectBytes,
      overLimit: doc.body.overLimit,
      inlineBytes: doc.body.inlineBytes,
      inflatedBytes: doc.body.inflate,
      limits: doc.body.limits,
    },
    answer: {
      bodies: doc.answers.bodies,
      inspectBytes: doc.answers.inspectBytes,
      types: new Set(doc.answers.types),
    },
    budgetMs: doc.budgetMs,
    onOverBudget: doc.onOverBudget,
  };
}

/** A promise that the policy makes to whoever pays for the machines. */
function judgeCost(
  { maxCostUnits }: PolicyDoc,
  programs: readonly Program[],
  path: DocPath,
  report: Report,
): void {
  const units = programs.reduce((sum, { costUnits }) => sum + costUnits, 0);
  if (maxCostUnits === undefined || units <= maxCostUnits) return;
  report.error([...path, 'maxCostUnits'], 'cost', 'the policy’s rules cost more than it allows', {
    found: `${units} units`,
    expected: `at most ${maxCostUnits}: fewer rule sets, a lower paranoia level, or no shadow`,
  });
}

function* programOf(
  { key, source }: Source,
  settings: ProgramSettings,
  { nowMs }: FirewallRecipe,
  { forge, faults }: FirewallCompiler,
): Generator<undefined, Program | null> {
  const made = yield* forge.programSteps(key, source, settings, nowMs);
  if (made.ok) return made.value;
  faults.push(...made.error.map(faultOf));
  return null;
}

/** Several rule sets in their order as one. */
function joined(
  names: readonly string[],
  path: DocPath,
  sources: ReadonlyMap<string, Source>,
  { doc }: FirewallRecipe,
  { report }: FirewallCompiler,
): Source | null {
  const parts: Source[] = [];
  for (const [i, name] of names.entries()) {
    const source = sources.get(name);
    if (source !== undefined) parts.push(source);
    else if (doc.ruleSets[name] === undefined)
      report.unknownName([...path, i], 'rule set', name, Object.keys(doc.ruleSets));
  }
  if (parts.length < names.length) return null;
  checkIds(parts, path, report);
  return {
    key: parts.map((p) => p.key).join(' '),
    source: {
      steps: parts.flatMap((p) => p.source.steps),
      signature: parts.find((p) => p.source.signature !== null)?.source.signature ?? null,
    },
  };
}

/** Orders and exclusions name rules by their ids, and what one has told is not told of another. */
function checkIds(parts: readonly Source[], path: DocPath, report: Report): void {
  const seen = new Set<number>();
  for (const [i, { source }] of parts.entries()) {
    const own = new Set(source.steps.flatMap((s) => (s.kind === 'rule' ? [s.id] : [])));
    const twice = [...own].find((id) => seen.has(id));
    if (twice !== undefined)
      report.error([...path, i], 'duplicate-id', `an earlier rule set has a rule ${twice}, too`, {
        expected: 'rule sets of one policy without common ids',
      });
    for (const id of own) seen.add(id);
  }
}

/** What crs-setup.conf would set; CRS asks for the version, and refuses everything without it. */
function presetsOf(doc: PolicyDoc, paranoia: PolicyDoc['paranoia']): Map<string, string> {
  const presets = new Map<string, string>([
    ['crs_setup_version', '4280'],
    ['blocking_paranoia_level', String(paranoia.blocking)],
    ['detection_paranoia_level', String(paranoia.detection ?? paranoia.blocking)],
    ['inbound_anomaly_score_threshold', String(doc.thresholds.inbound)],
    ['outbound_anomaly_score_threshold', String(doc.thresholds.outbound)],
  ]);
  for (const [name, value] of Object.entries(doc.variables)) presets.set(name, String(value));
  return presets;
}
