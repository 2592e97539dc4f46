/** `zonegate firewall`: its switches for the whole fleet, and how it stands. */
import type { Command as CliCommand } from 'commander';
import type { Switch } from '../../failover/board.ts';
import { type FirewallAnswer, firewallAnswer } from '../../shell/control/firewall-answers.ts';
import { EXIT } from '../exit.ts';
import { Control } from './control.ts';
import {
  commandOf,
  lasting,
  type MoveOptions,
  type ReadOptions,
  reading,
  writing,
} from './options.ts';
import { order } from './order.ts';
import { switchLine } from './status.ts';
import { numberOf } from './words.ts';

type Done = (code: Promise<number>) => void;

const MODES = 'off, detect (told, not refused) or block';

export function addFirewall(program: CliCommand, done: Done): void {
  const firewall = program.command('firewall').description('modes of policies, rules, exemptions');
  const give = (fields: object, o: MoveOptions): void =>
    done(Promise.resolve().then(() => order(commandOf({ ...fields }, o), o)));
  lasting(firewall.command('mode').description('a policy judges in another mode than is declared'))
    .argument('<policy>', 'which; * for all that have no order of their own')
    .argument('<mode>', MODES)
    .action((policy: string, mode: string, o: MoveOptions) =>
      give({ do: 'waf-mode', policy }, { ...o, mode }),
    );
  writing(firewall.command('as-declared').description('take such an order back'))
    .argument('<policy>', 'which; * for the order to all')
    .action((policy: string, o: MoveOptions) => give({ do: 'waf-as-declared', policy }, o));
  addRules(firewall, done);
  lasting(firewall.command('exempt').description('clients of a network are not judged'))
    .argument('<network>', 'an address or a block, as 192.0.2.0/24')
    .action((network: string, o: MoveOptions) => give({ do: 'waf-exempt', network }, o));
  writing(firewall.command('unexempt').description('they are judged again'))
    .argument('<network>')
    .action((network: string, o: MoveOptions) => give({ do: 'waf-unexempt', network }, o));
  reading(
    firewall.command('status').description('policies and their modes; what is out, and by whom'),
  ).action((o: ReadOptions) => done(status(o)));
}

function addRules(firewall: CliCommand, done: Done): void {
  const give = (what: 'waf-rule-off' | 'waf-rule-on', id: string, o: MoveOptions): void =>
    done(
      Promise.resolve().then(() =>
        order(commandOf({ do: what, rule: numberOf(id, 'the rule’s id') }, o), o),
      ),
    );
  lasting(firewall.command('rule-off').description('one rule is out, in all policies'))
    .argument('<id>', 'as the audit events name it')
    .action((id: string, o: MoveOptions) => give('waf-rule-off', id, o));
  writing(firewall.command('rule-on').description('it judges again'))
    .argument('<id>')
    .action((id: string, o: MoveOptions) => give('waf-rule-on', id, o));
}

async function status(options: ReadOptions): Promise<number> {
  const answer = await new Control(options).get('/v1/firewall', firewallAnswer);
  const text =
    options.json === true
      ? JSON.stringify(answer, null, 2)
      : statusLines(answer, Date.now()).join('\n');
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

function statusLines({ policies, rulesOff, networksOut }: FirewallAnswer, now: number): string[] {
  const said = (order: Switch): string => `  ${switchLine(order, now)}`;
  return [
    ...(policies.length === 0 ? ['no Firewall document is declared'] : []),
    ...policies.flatMap((p) => [policyLine(p), ...(p.order === null ? [] : [said(p.order)])]),
    ...rulesOff.flatMap(({ rule, policies: having, order }) => [
      `rule ${rule}: out of ${having.length === 0 ? 'no policy of this gate' : having.join(', ')}`,
      said(order),
    ]),
    ...networksOut.flatMap(({ network, order }) => [`${network}: not judged`, said(order)]),
  ];
}

function policyLine(p: FirewallAnswer['policies'][number]): string {
  const declared = p.mode === p.declaredMode ? '' : ` (declared ${p.declaredMode})`;
  const beside = p.shadowRules === null ? '' : `, ${p.shadowRules} beside`;
  return `${p.policy}: ${p.mode}${declared}, ${p.rules} rules${beside}`;
}
