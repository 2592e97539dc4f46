/**
 * Orders to the firewall: a policy's mode, a rule that is out, clients that are not judged. Each stands
 * once for what it is about: said again it is changed, and keeps its end unless another is said.
 */
import { fail, ok } from '../model/result.ts';
import { type Board, EVERY_POLICY, type Signature, type Switch } from './board.ts';
import { changed, numbered } from './change.ts';
import type { Command } from './commands.ts';
import { type At, type DeclaredFirewall, input, type Outcome } from './outcome.ts';
import { switchText } from './switch-text.ts';
import { type Network, networkOf, WIDEST_BITS } from './waf-network.ts';

export type WafCommand = Extract<Command, { do: `waf-${string}` }>;
type Saying<N extends WafCommand['do']> = Extract<WafCommand, { do: N }>;
type Lasting = Saying<'waf-mode' | 'waf-rule-off' | 'waf-exempt'>;
export type ModeSwitch = Extract<Switch, { action: 'waf-mode' }>;

const NO_FIREWALL = input('no firewall is declared', 'a Firewall document');

export function waf(
  board: Board,
  command: WafCommand,
  signature: Signature,
  { firewall = null }: At,
): Outcome {
  switch (command.do) {
    case 'waf-mode':
      return firewall === null ? NO_FIREWALL : mode(board, command, signature, firewall);
    case 'waf-as-declared':
      return asDeclared(board, command, signature);
    case 'waf-rule-off':
      return firewall === null ? NO_FIREWALL : ruleOff(board, command, signature, firewall);
    case 'waf-rule-on':
      return ruleOn(board, command, signature);
    case 'waf-exempt':
      return firewall === null ? NO_FIREWALL : exempt(board, command, signature);
    case 'waf-unexempt':
      return unexempt(board, command, signature);
  }
}

/** @param policy a name, or `*` for the order to all of them */
const ownOrder = (board: Board, policy: string): ModeSwitch | undefined =>
  board.switches.find((s): s is ModeSwitch => s.action === 'waf-mode' && s.policy === policy);

/** The order that counts for a policy: its own before that to all. */
export const modeOrderOf = (board: Board, policy: string): ModeSwitch | null =>
  ownOrder(board, policy) ?? ownOrder(board, EVERY_POLICY) ?? null;

function mode(
  board: Board,
  command: Saying<'waf-mode'>,
  signature: Signature,
  firewall: DeclaredFirewall,
): Outcome {
  const { policy, mode: wanted } = command;
  const every = policy === EVERY_POLICY;
  if (!every && !firewall.modes.has(policy)) {
    const known = [...firewall.modes.keys()].join(', ');
    return input(`no policy of the firewall is called ${policy}`, `one of ${known}; or * for all`);
  }
  const old = ownOrder(board, policy);
  // An order to block may stand for ever; its end is no end of one that opens.
  const kept = old !== undefined && old.mode !== 'block' && wanted !== 'block' ? old.untilMs : null;
  const untilMs = endOf(command, signature, kept);
  // Also those with an order of their own: it may end before this one.
  const touched = every ? [...firewall.modes.keys()] : [policy];
  const opened = wanted === 'block' ? [] : touched.filter((p) => blocks(board, p, firewall));
  if (opened.length > 0 && untilMs === null && !isOpen(command))
    return refused(
      `${policiesText(opened)} ${opened.length === 1 ? 'is' : 'are'} to block, and would be in mode ${wanted} until somebody thinks of it`,
      'the same with --for, as --for 30m',
    );
  const before =
    old === undefined ? '' : old.mode === wanted ? ', said again' : `, instead of ${old.mode}`;
  const fields = { action: 'waf-mode', policy, mode: wanted } as const;
  const after = every ? ownWords(board) : '';
  return stand(board, old, { ...fields, ...signed(command, signature, untilMs) }, before + after);
}

function asDeclared(
  board: Board,
  { policy }: Saying<'waf-as-declared'>,
  signature: Signature,
): Outcome {
  const old = ownOrder(board, policy);
  if (old === undefined) {
    const spoken = board.switches.flatMap((s) => (s.action === 'waf-mode' ? [s.policy] : []));
    return input(
      `the board says nothing of the mode of ${policyText(policy)}`,
      spoken.length === 0 ? 'a policy that it speaks of' : `one of ${spoken.join(', ')}`,
    );
  }
  const all = policy === EVERY_POLICY ? undefined : ownOrder(board, EVERY_POLICY);
  const still = all === undefined ? '' : `, still ${all.mode} as all: by ${all.by}: ${all.reason}`;
  const after = policy === EVERY_POLICY ? ownWords(board) : still;
  return lift(board, old, signature, `firewall ${policyText(policy)} as declared${after}`);
}

function ruleOff(
  board: Board,
  command: Saying<'waf-rule-off'>,
  signature: Signature,
  firewall: DeclaredFirewall,
): Outcome {
  const { rule } = command;
  const refusing = firewall.refusing(rule);
  if (refusing === null)
    return input(
      `no policy has a rule ${rule}`,
      'an id as the audit events of the firewall name it',
    );
  const old = board.switches.find((s) => s.action === 'waf-rule-off' && s.rule === rule);
  const untilMs = endOf(command, signature, old?.untilMs ?? null);
  const opened = refusing.filter((p) => blocks(board, p, firewall));
  if (opened.length > 0 && untilMs === null && !isOpen(command))
    return refused(
      `rule ${rule} is what refuses requests in ${policiesText(opened)}, and would be out until somebody thinks of it`,
      'the same with --for, as --for 30m; or the rule whose hits are wrong',
    );
  const fields = { action: 'waf-rule-off', rule } as const;
  return stand(board, old, { ...fields, ...signed(command, signature, untilMs) }, again(old));
}

function ruleOn(board: Board, { rule }: Saying<'waf-rule-on'>, signature: Signature): Outcome {
  const off = board.switches.filter((s) => s.action === 'waf-rule-off');
  const old = off.find((s) => s.rule === rule);
  if (old !== undefined) return lift(board, old, signature, `firewall rule ${rule} on`);
  const known = off.length === 0 ? 'a rule that is' : `one of ${off.map((s) => s.rule).join(', ')}`;
  return input(`rule ${rule} is not off by the board`, known);
}

function exempt(board: Board, command: Saying<'waf-exempt'>, signature: Signature): Outcome {
  const network = networkOf(command.network);
  if (!network.ok) return network;
  const tooWide = widthRefusal(network.value, isOpen(command));
  if (tooWide !== null) return tooWide;
  const { text } = network.value;
  const old = board.switches.find((s) => s.action === 'waf-exempt' && s.network === text);
  const untilMs = endOf(command, signature, old?.untilMs ?? null);
  const fields = { action: 'waf-exempt', network: text } as const;
  return stand(board, old, { ...fields, ...signed(command, signature, untilMs) }, again(old));
}

function widthRefusal({ text, bits, family }: Network, aside: boolean): Outcome | null {
  if (bits === 0)
    return input(
      `${text} is everybody: that is turning the firewall off`,
      'mode off for a policy, or * for all, with an end',
    );
  const widest = WIDEST_BITS[family];
  if (bits >= widest || aside) return null;
  return refused(`${text} is a large part of the world`, `a network of /${widest} or narrower`);
}

function unexempt(board: Board, command: Saying<'waf-unexempt'>, signature: Signature): Outcome {
  const network = networkOf(command.network);
  const text = network.ok ? network.value.text : command.network;
  const out = board.switches.filter((s) => s.action === 'waf-exempt');
  const old = out.find((s) => s.network === text);
  if (old !== undefined) return lift(board, old, signature, `firewall for ${text} again`);
  const known =
    out.length === 0 ? 'one that does' : `one of ${out.map((s) => s.network).join(', ')}`;
  return input(`no order of the board exempts ${text}`, known);
}

/** By declaration, or by the order that counts now: an order to open is no excuse for the next. */
const blocks = (board: Board, policy: string, { modes }: DeclaredFirewall): boolean =>
  modes.get(policy) === 'block' || modeOrderOf(board, policy)?.mode === 'block';

const isOpen = ({ overrides }: WafCommand): boolean => overrides.includes('firewall-open');

const refused = (message: string, passes: string): Outcome =>
  fail({ rule: 'firewall-open', message, passes: `${passes}; or --override firewall-open` });

const endOf = ({ forS }: Lasting, { atMs }: Signature, kept: number | null): number | null =>
  forS === undefined ? kept : atMs + forS * 1000;

const signed = ({ overrides }: Lasting, signature: Signature, untilMs: number | null) => ({
  ...signature,
  untilMs,
  overrode: overrides,
});

const again = (old: Switch | undefined): string => (old === undefined ? '' : ', said again');

const policyText = (policy: string): string =>
  policy === EVERY_POLICY ? 'all policies' : `policy ${policy}`;

const policiesText = (policies: readonly string[]): string =>
  `${policies.length === 1 ? 'policy' : 'policies'} ${policies.join(', ')}`;

/** What an order to all leaves as it is. */
function ownWords({ switches }: Board): string {
  const own = switches.flatMap((s) =>
    s.action === 'waf-mode' && s.policy !== EVERY_POLICY ? [`${s.policy} ${s.mode}`] : [],
  );
  return own.length === 0 ? '' : `; by orders of their own: ${own.join(', ')}`;
}

type Unnumbered = Switch extends infer S ? (S extends Switch ? Omit<S, 'id'> : never) : never;

function stand(board: Board, old: Switch | undefined, fields: Unnumbered, more: string): Outcome {
  const { id, nextId } = numbered(board, 's');
  const said: Switch = { ...fields, id };
  const switches = [...board.switches.filter((s) => s !== old), said];
  const next = changed(board, { switches, nextId }, fields);
  return ok({ board: next, run: null, what: `${switchText(said)}${more}` });
}

function lift(board: Board, old: Switch, signature: Signature, what: string): Outcome {
  const switches = board.switches.filter((s) => s !== old);
  return ok({ board: changed(board, { switches }, signature), run: null, what });
}
