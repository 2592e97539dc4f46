/** `zonegate waf test`: one request from a file, and the firewall's verdict on it, rule by rule. */
import ipaddr from 'ipaddr.js';
import type { Forward } from '../../decide/decision.ts';
import { decide } from '../../decide/index.ts';
import { nearestName, Report } from '../../model/issue.ts';
import type { RequestHead } from '../../shell/http1/request-head.ts';
import { RequestRecord } from '../../shell/proxy/record.ts';
import { senderOf } from '../../shell/proxy/sender.ts';
import { WireFacts } from '../../shell/proxy/wire-facts.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { compileFirewall, type Firewall } from '../../waf/compile-firewall.ts';
import type { Forge } from '../../waf/forge.ts';
import type { Policy } from '../../waf/policy.ts';
import { requestInput } from '../../wiring/firewall/input-of.ts';
import { loadWithForge, mustFindIdc } from '../config.ts';
import { EXIT, usageError } from '../exit.ts';
import { type Asked, judge } from './ask.ts';
import { heldBack, ruleTold, shadowDifference } from './explanation.ts';
import { type Message, readAnswer, readBytes, readRequest } from './message.ts';
import { type Told, toldText } from './told-text.ts';

export interface TestArguments {
  readonly config: string;
  readonly idc?: string | undefined;
  readonly policy?: string | undefined;
  readonly answer?: string | undefined;
  readonly client: string;
  readonly from: string;
  readonly full?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export async function wafTest(file: string, args: TestArguments): Promise<number> {
  if (!ipaddr.isValid(args.client)) throw usageError('--client is an IP address');
  if (args.from !== 'external' && args.from !== 'app')
    throw usageError('--from is external or app');
  if (file === '-' && args.answer === '-') throw usageError('only one of both can be read from -');
  const { compiled, forge } = loadWithForge(args.config);
  const { snapshot } = compiled;
  const message = readRequest(readBytes(file), snapshot.gate.limits);
  if ('means' in message)
    return say(
      `refused before it is a request: ${message.status} ${message.code}: ${message.means}`,
      args,
      {
        refused: true,
        status: message.status,
        code: message.code,
      },
    );
  const { decision, asked, client } = askedOf(message, snapshot, args);
  if (decision.kind === 'respond') {
    const { status, reason } = decision;
    return say(`answered by the gate: ${status} ${reason.code}: ${reason.means}`, args, {
      refused: true,
      status,
      code: reason.code,
    });
  }
  const policy = policyFor(decision, snapshot, args.policy);
  if (policy === null) {
    const { name } = decision.route;
    return say(`passes: route ${name} has no firewall`, args, { refused: false, route: name });
  }
  const told = await toldOf(policy, asked(), snapshot.firewall!, forge, args.full === true);
  const whole: Told = {
    request: `${message.head.method} ${message.head.host}${message.head.path}`,
    route: decision.route.name,
    app: decision.route.app,
    client,
    ...told,
  };
  process.stdout.write(
    args.json === true
      ? `${JSON.stringify(whole, null, 2)}\n`
      : toldText(whole, args.verbose === true),
  );
  return whole.refused ? EXIT.failure : EXIT.ok;
}

function say(
  text: string,
  { json }: TestArguments,
  told: { readonly refused: boolean } & Readonly<Record<string, unknown>>,
): number {
  process.stdout.write(json === true ? `${JSON.stringify(told, null, 2)}\n` : `${text}\n`);
  return told.refused ? EXIT.failure : EXIT.ok;
}

/** As the proxy does it, from the same parts. */
function askedOf(
  message: Message<RequestHead>,
  snapshot: Snapshot,
  args: TestArguments,
): { decision: ReturnType<typeof decide>; asked: () => Asked; client: string } {
  const { head, body, hasBody } = message;
  const [first] = snapshot.topology.idcs.keys();
  const idc =
    args.idc === undefined && first !== undefined ? first : mustFindIdc(args.idc, snapshot);
  const record = new RequestRecord();
  record.begin(args.client);
  record.describe(head, head.path);
  const facts = new WireFacts(head, idc);
  facts.listener = args.from === 'app' ? 'app' : 'external';
  facts.remote = args.client;
  facts.path = head.path;
  facts.query = head.query;
  facts.receivedAtMs = record.startedAtMs;
  const decision = decide(facts, snapshot);
  const sender = senderOf(head, args.client, decision.from, snapshot.gate);
  const asked = (): Asked => {
    if (decision.kind === 'respond') throw new Error('there is no route');
    const inspected = {
      ...{ decision, snapshot, head, facts, sender, record, hasBody },
      ...{ listener: facts.listener, remote: args.client },
    };
    // Rules that look at a share of requests look at this one.
    const input = { ...requestInput(inspected, 'test', '', false), dice: 0 };
    const answer = args.answer === undefined ? null : readAnswer(readBytes(args.answer));
    return { input, body, hasBody, answer };
  };
  return { decision, asked, client: sender.client };
}

function policyFor(
  { route }: Forward,
  { firewall, policyOf }: Snapshot,
  name: string | undefined,
): Policy | null {
  if (name === undefined) return policyOf.get(route) ?? null;
  const known = [...(firewall?.policies.keys() ?? [])];
  const named = firewall?.policies.get(name);
  if (named !== undefined) return named;
  const near = nearestName(name, known);
  throw usageError(
    `there is no policy ${name}; there are ${known.join(', ') || 'none'}${near === undefined ? '' : `. Did you mean ${near}?`}`,
  );
}

type Judgements = Omit<Told, 'request' | 'route' | 'app' | 'client'>;

async function toldOf(
  policy: Policy,
  asked: Asked,
  firewall: Firewall,
  forge: Forge,
  full: boolean,
): Promise<Judgements> {
  const doc = firewall.recipe.doc.policies[policy.name]!;
  // The first time pays for what V8 compiles only when it is used.
  await judge(policy, asked, false);
  const judged = await judge(policy, asked, false);
  const blocking = await judge(policy, asked, true);
  const bare = doc.exclusions.length === 0 ? null : bareOf(policy, firewall, forge);
  const { judgement, truncated, ms } = judged;
  const { verdict, at } = blocking;
  const { ruling } = blocking.judgement;
  return {
    policy: policy.name,
    mode: policy.mode,
    refused: verdict.kind !== 'pass',
    verdict:
      verdict.kind === 'answer'
        ? { status: verdict.answer.status, code: verdict.answer.code }
        : { status: 0, code: verdict.kind },
    at,
    by: ruling.kind === 'pass' || ruling.rule === 0 ? null : ruling.rule,
    rules: judgement.traces.map((trace) => ruleTold(trace, full)),
    score: { found: judgement.score, threshold: policy.inboundThreshold },
    answerScore:
      asked.answer === null
        ? null
        : { found: judgement.answerScore, threshold: doc.thresholds.outbound },
    bodyFault: judgement.fault,
    truncated,
    labels: judgement.labels,
    heldBack: bare === null ? [] : heldBack(judged, await judge(bare, asked, false), doc),
    shadow: shadowDifference(judged),
    tested: judgement.tested,
    ms: Math.round(ms * 1000) / 1000,
  };
}

function bareOf({ name }: Policy, { recipe }: Firewall, forge: Forge): Policy | null {
  const { doc } = recipe;
  const policies = { [name]: { ...doc.policies[name]!, exclusions: [], maxCostUnits: undefined } };
  const bare = { ...recipe, doc: { ...doc, policies, default: undefined } };
  const compiler = { forge, report: new Report(), faults: [], file: '' };
  return compileFirewall(bare, compiler)?.policies.get(name) ?? null;
}
