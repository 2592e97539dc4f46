/** Firewalls of a few rules, written where they are tested. */
import { Report } from '../../src/model/issue.ts';
import { compileFirewall, type Firewall } from '../../src/waf/compile-firewall.ts';
import type { RequestInput } from '../../src/waf/engine/input.ts';
import type { Watch } from '../../src/waf/engine/transaction.ts';
import { firewallSchema } from '../../src/waf/firewall-schema.ts';
import { Forge, type RuleTexts } from '../../src/waf/forge.ts';
import { Judgement, NO_ORDERS, type Orders, type Ruling } from '../../src/waf/judge.ts';
import type { Policy } from '../../src/waf/policy.ts';
import { inputOf } from './engine/engine.ts';

export interface Written {
  /** Native rules by the name of their set, without `owner`. */
  readonly native?: Readonly<Record<string, readonly object[]>>;
  /** SecLang by the name of its set. */
  readonly seclang?: Readonly<Record<string, string>>;
  readonly policies: Readonly<Record<string, object>>;
  readonly nowMs?: number;
  readonly forge?: Forge;
  readonly digest?: string;
}

export const textsOf = (
  text: string,
  data: ReadonlyMap<string, string> = new Map(),
): RuleTexts => ({
  files: [{ file: '/rules/a.conf', text }],
  data,
  digest: `${text}${[...data].join('\n')}`,
});

/** @returns the firewall, or all its mistakes as `path: message` */
export function compiled(written: Written): Firewall | readonly string[] {
  const { native = {}, seclang = {}, policies, nowMs = 0, digest = '' } = written;
  const ruleSets = {
    ...Object.fromEntries(
      Object.entries(native).map(([name, rules]) => [
        name,
        { rules: rules.map((rule) => ({ owner: 'ann', ...rule })) },
      ]),
    ),
    ...Object.fromEntries(Object.keys(seclang).map((name) => [name, { seclang: ['a.conf'] }])),
  };
  const doc = firewallSchema.parse({
    ...{ apiVersion: 'zonegate/v1', kind: 'Firewall', ruleSets, policies },
  });
  const texts = new Map(Object.entries(seclang).map(([name, text]) => [name, textsOf(text)]));
  const report = new Report();
  const compiler = {
    forge: written.forge ?? new Forge(),
    report,
    faults: [],
    file: 'firewall.yaml',
  };
  const firewall = compileFirewall({ doc, texts, nowMs, digest }, compiler);
  if (firewall !== null) return firewall;
  return [
    ...report.problems.map(({ path, message }) => `${path.join('.')}: ${message}`),
    ...compiler.faults.map(({ message }: { message: string }) => message),
  ];
}

export function firewallOf(written: Written): Firewall {
  const firewall = compiled(written);
  if ('policies' in firewall) return firewall;
  throw new Error(firewall.join('\n'));
}

/** The only policy, named p: what is said of it, on top of `mode: block` and all its rule sets. */
export function policyOf(
  rules: Pick<Written, 'native' | 'seclang'>,
  more: object = {},
  nowMs = 0,
): Policy {
  const ruleSets = [...Object.keys(rules.native ?? {}), ...Object.keys(rules.seclang ?? {})];
  const policies = { p: { mode: 'block', ruleSets, ...more } };
  return firewallOf({ ...rules, policies, nowMs }).policies.get('p')!;
}

export interface Sent extends Partial<RequestInput> {
  readonly body?: string;
}

export interface JudgeOptions {
  readonly orders?: Partial<Orders>;
  readonly watch?: Watch;
  readonly truncated?: boolean;
}

/** Head and body, judged. */
export function judge(
  policy: Policy,
  { body, ...parts }: Sent = {},
  { orders = {}, watch, truncated = false }: JudgeOptions = {},
): { readonly judgement: Judgement; readonly ruling: Ruling } {
  const judgement = new Judgement(policy, inputOf(parts), { ...NO_ORDERS, ...orders }, watch);
  const head = judgement.head();
  const ruling = head.kind === 'pass' ? judgement.body(body ?? null, truncated) : head;
  return { judgement, ruling };
}

/** `pass`, `waf-rule 403 7`, `drop 7` … */
export function shown(ruling: Ruling): string {
  if (ruling.kind === 'refuse') return `${ruling.code} ${ruling.status} ${ruling.rule}`;
  return ruling.kind === 'pass' ? 'pass' : `${ruling.kind} ${ruling.rule}`;
}

export const verdict = (policy: Policy, sent: Sent = {}, options: JudgeOptions = {}): string =>
  shown(judge(policy, sent, options).ruling);

export const hitIds = (policy: Policy, sent: Sent = {}, options: JudgeOptions = {}): number[] =>
  judge(policy, sent, options).judgement.hits.map((h) => h.id);
