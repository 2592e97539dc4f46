/** Why a request goes where it goes: the production function, run offline. */
import { readFileSync } from 'node:fs';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { REASONS } from '../decide/catalogue.ts';
import type { Decision } from '../decide/decision.ts';
import { decide } from '../decide/index.ts';
import { parseBoard } from '../failover/board-schema.ts';
import { PLACE } from '../failover/reasons.ts';
import { factsFrom, type ListenerKind } from '../model/facts.ts';
import type { IdcId } from '../model/ids.ts';
import type { Snapshot } from '../snapshot/index.ts';
import { withBoard } from '../snapshot/with-board.ts';
import { mustFindIdc, mustLoad } from './config.ts';
import { EXIT, usageError } from './exit.ts';

export interface ExplainArguments {
  readonly config: string;
  readonly idc?: string | undefined;
  readonly header: readonly string[];
  readonly cookie?: string | undefined;
  readonly method: string;
  readonly client: string;
  readonly from: string;
  readonly dice: string;
  readonly log?: string | undefined;
  readonly board?: string | undefined;
  readonly json?: boolean | undefined;
}

export function explain(url: string | undefined, args: ExplainArguments): number {
  const declared = mustLoad(args.config).snapshot;
  const snapshot = args.board === undefined ? declared : onBoard(declared, args.board);
  if (args.log !== undefined && url !== undefined)
    throw usageError('give a URL or --log, not both');
  if (args.log !== undefined) return explainLine(args.log, snapshot, args.json === true);
  if (url === undefined) throw usageError('give a URL, or --log with a line of the access log');
  const decision = decide(factsOf(url, args, mustFindIdc(args.idc, snapshot)), snapshot);
  const said = summary(decision, judgedBy(decision, snapshot, args.client));
  process.stdout.write(args.json === true ? `${JSON.stringify(said, null, 2)}\n` : text(said));
  return decision.kind === 'forward' ? EXIT.ok : EXIT.failure;
}

/** What `zonegate board` prints, or a file of a gate's stateDir. */
function onBoard(snapshot: Snapshot, file: string): Snapshot {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw usageError(`--board: ${(error as Error).message}`);
  }
  const board = parseBoard(boardIn(text));
  if (typeof board === 'string') throw usageError(`--board ${file}: ${board}`);
  return withBoard(snapshot, board, false);
}

function boardIn(text: string): string {
  try {
    const data = JSON.parse(text) as { board?: unknown; text?: unknown };
    if (typeof data.text === 'string') return data.text;
    return data.board === undefined ? text : JSON.stringify(data.board);
  } catch {
    return text;
  }
}

function factsOf(url: string, args: ExplainArguments, entryIdc: IdcId) {
  const match = /^https?:\/\/([^/?#]+)([^?#]*)(?:\?([^#]*))?$/i.exec(url);
  if (match === null) throw usageError(`${url} is not a URL as http://host/path`);
  if (args.from !== 'external' && args.from !== 'app')
    throw usageError('--from is external or app');
  const dice = Number(args.dice);
  if (args.dice.trim() === '' || !(dice >= 0 && dice < 1))
    throw usageError('--dice is a number from 0 to below 1');
  if (!ipaddr.isValid(args.client)) throw usageError('--client is an IP address');
  if (!/^[A-Za-z-]{1,32}$/.test(args.method)) throw usageError('--method is a word, as POST');
  const headers = args.header.map((line): [string, string] => {
    const colon = line.indexOf(':');
    if (colon <= 0 || /\s/.test(line.slice(0, colon)))
      throw usageError(`header "${line}" is not of the form "name: value"`);
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  if (args.cookie !== undefined) headers.push(['cookie', args.cookie]);
  const given = headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  return factsFrom({
    listener: args.from satisfies ListenerKind,
    remote: args.client,
    method: args.method.toUpperCase(),
    host: (given ?? match[1]!).replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase(),
    path: match[2] === '' ? '/' : match[2]!,
    query: match[3] ?? '',
    entryIdc,
    receivedAtMs: Date.now(),
    dice,
    headers,
  });
}

/** Which policy, and in which mode under the board. @returns null: the firewall has no part in it */
function judgedBy(
  decision: Decision,
  { policyOf, firewallOrders }: Snapshot,
  client: string,
): { policy: string; mode: string; declared: string } | null {
  if (decision.kind === 'respond') return null;
  const policy = policyOf.get(decision.route);
  // The gate where it came in has judged it already.
  if (policy === undefined || decision.from === 'peer' || decision.copyMark !== null) return null;
  const { mode } = firewallOrders.of(policy, client);
  return { policy: policy.name, mode: mode ?? policy.mode, declared: policy.mode };
}

function summary(decision: Decision, firewall: ReturnType<typeof judgedBy>) {
  const why = decision.why.map(({ room, code, means }) => ({ room, code, means }));
  if (decision.kind === 'respond') {
    return {
      action: 'respond',
      status: decision.status,
      from: decision.from,
      scene: sceneOf(decision),
      epoch: decision.epoch,
      board: decision.board,
      why,
    };
  }
  const [{ zone, group, via }] = decision.targets;
  return {
    action: 'forward',
    zone: zone.id,
    idc: group.idc,
    city: zone.city,
    group: group.id,
    via,
    shard: decision.shard,
    provisional: decision.provisional,
    write: decision.isWrite,
    route: decision.route.name,
    app: decision.route.app,
    from: decision.from,
    scene: sceneOf(decision),
    // JSON leaves out what is undefined.
    gray: decision.lane?.kind === 'gray' ? decision.lane.name : undefined,
    shadow: group.isShadow ? true : undefined,
    epoch: decision.epoch,
    board: decision.board,
    firewall: firewall ?? undefined,
    cookie: decision.why.at(-1)!.code,
    setsCookie: decision.cookieToSet,
    copiedBy:
      decision.mirrors?.map(({ rule, scene }) =>
        scene === null || scene.why === null ? rule.name : `${rule.name} (dropped: ${scene.why})`,
      ) ?? [],
    why,
  };
}

/** undefined for all but load tests. */
const sceneOf = ({ lane }: Decision): string | undefined =>
  lane?.kind === 'stress' ? lane.name : undefined;

function text(s: ReturnType<typeof summary>): string {
  const lines: string[] = [];
  if (s.action === 'respond') lines.push(`answered by the gate: ${s.status}`);
  else {
    lines.push(
      `zone    ${s.zone}, group ${s.group}`,
      `idc     ${s.idc} (${s.city}), ${s.via === 'local' ? 'here' : 'over a peer gate'}`,
      `shard   ${s.shard ?? 'not known'}${s.provisional === true ? ', provisional: drawn by the dice' : ''}`,
      `route   ${s.route}, app ${s.app}${s.write === true ? ', a write' : ''}`,
      `cookie  ${s.setsCookie ?? s.cookie}`,
    );
    if (s.gray !== undefined) lines.push(`gray    by the rule ${s.gray}`);
    if (s.firewall !== undefined) {
      const { policy, mode, declared } = s.firewall;
      const other = mode === declared ? '' : ` (declared ${declared})`;
      lines.push(`judged  by the policy ${policy}, mode ${mode}${other}`);
    }
    if (s.copiedBy !== undefined && s.copiedBy.length > 0)
      lines.push(`copied  by ${s.copiedBy.join(', ')}`);
  }
  if (s.scene !== undefined)
    lines.push(
      `stress  scene ${s.scene}${s.action === 'forward' && s.shadow === true ? ', shadow endpoints' : ''}`,
    );
  const board = s.board < 0 ? '' : `, board ${s.board}`;
  lines.push(`epoch   ${s.epoch}${board}`, '', ...stepLines(s.why));
  return `${lines.join('\n')}\n`;
}

const stepLines = (why: readonly { room: string; code: string; means: string }[]): string[] =>
  why.map(
    ({ room, code, means }, i) =>
      `${String(i + 1).padStart(2)}. ${room.padEnd(12)} ${code.padEnd(22)} ${means}`,
  );

const lineSchema = z.looseObject({
  why: z.string(),
  epoch: z.number(),
  board: z.number().optional(),
  idc: z.string(),
  zone: z.string().optional(),
  group: z.string().optional(),
  via: z.string().optional(),
  shard: z.number().nullish(),
  'http.request.method': z.string(),
  'server.address': z.string(),
  'url.path': z.string(),
});
type LogLine = z.infer<typeof lineSchema>;

/** The recorded steps in words; then what this configuration would do with the recorded shard. */
function explainLine(given: string, snapshot: Snapshot, json: boolean): number {
  const line = parseLine(given);
  const why = line.why.split(',').map((code) => {
    const known = REASONS.find((r) => r.code === code);
    return {
      room: known?.room ?? '?',
      code,
      means: known?.means ?? 'not a reason of this version',
    };
  });
  const now = redecide(line, snapshot);
  if (json) {
    process.stdout.write(`${JSON.stringify({ recorded: { ...line, why }, now }, null, 2)}\n`);
    return EXIT.ok;
  }
  const lines = [
    line.zone === undefined
      ? 'answered by the gate'
      : `went to ${line.zone}/${line.group}, ${line.via}, shard ${line.shard ?? 'not known'}, epoch ${line.epoch}${line.board === undefined ? '' : `, board ${line.board}`}`,
    '',
    ...stepLines(why),
    '',
    now === null
      ? 'this configuration can’t tell: the line was not placed by shard here, or its IDC or route is gone'
      : nowText(line, now),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

function nowText(line: LogLine, now: NonNullable<ReturnType<typeof redecide>>): string {
  const same = now.zone === line.zone && now.group === line.group;
  const board = now.board < 0 ? '' : `, board ${now.board}`;
  // What switches and lanes did to it, the files alone can't say.
  const unasked =
    now.board === 0 && (line.board ?? 0) > 0 ? ', and no board asked: --board FILE' : '';
  return `with this configuration (epoch ${now.epoch}${board}${unasked}): ${same ? 'the same' : `${now.zone}/${now.group}`}`;
}

function redecide(
  line: LogLine,
  snapshot: Snapshot,
): { zone: string; group: string; epoch: number; board: number } | null {
  // A pin or an operator placed by more than the shard, and the line does not say whom.
  const byShard = line.why.split(',').includes(PLACE.owner.code);
  const shard = byShard ? (line.shard ?? -1) : -1;
  const cookie = snapshot.cookieOfShard[shard];
  const idc = [...snapshot.topology.idcs.keys()].find((id) => id === line.idc);
  if (cookie === undefined || idc === undefined) return null;
  const decision = decide(
    factsFrom({
      method: line['http.request.method'],
      host: line['server.address'],
      path: line['url.path'],
      entryIdc: idc,
      receivedAtMs: Date.now(),
      dice: 0,
      headers: [['cookie', `${snapshot.gate.cookie.name}=${cookie}`]],
    }),
    snapshot,
  );
  if (decision.kind === 'respond') return null;
  const [{ zone, group }] = decision.targets;
  return { zone: zone.id, group: group.id, epoch: decision.epoch, board: decision.board };
}

function parseLine(given: string): LogLine {
  const text = given === '-' ? readFileSync(0, 'utf8').trim().split('\n', 1)[0]! : given;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(
      '--log takes one JSON line of the access log, or - to read it from standard input',
    );
  }
  const line = lineSchema.safeParse(value);
  if (!line.success) throw usageError('the line is not of a request that was decided');
  return line.data;
}
