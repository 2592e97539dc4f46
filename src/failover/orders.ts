/** Orders that stand at once, and move nobody: freeze, off, pin, mirror, and their ends. */
import type { ZoneId } from '../model/ids.ts';
import { ok } from '../model/result.ts';
import { ownsShards, type Topology } from '../zone/topology.ts';
import type { Board, Signature, Switch } from './board.ts';
import { changed, numbered } from './change.ts';
import type { Command } from './commands.ts';
import { type At, input, type Outcome } from './outcome.ts';
import type { World } from './safety.ts';
import { scopeText } from './scope.ts';
import { ordered } from './steps.ts';

type Ordering = Extract<Command, { do: 'freeze' | 'unfreeze' | 'off' | 'on' }>;

export function order(board: Board, command: Ordering, signature: Signature): Outcome {
  const { scope } = command;
  const fits =
    command.do === 'freeze' || command.do === 'unfreeze'
      ? scope.kind === 'zone' || scope.kind === 'shards'
      : scope.kind === 'group' || scope.kind === 'endpoint';
  if (!fits) {
    const passes = command.do.endsWith('freeze') ? 'a zone or shards' : 'a group or an endpoint';
    return input(`${command.do} does not fit ${scopeText(scope)}`, passes);
  }
  if (command.do === 'off' && command.endWithinS !== undefined && scope.kind !== 'group')
    return input('--end-within does not fit an endpoint', 'a group');
  const forS = 'forS' in command ? command.forS : undefined;
  const untilMs = forS === undefined ? null : signature.atMs + forS * 1000;
  const signed = { ...signature, overrode: command.overrides };
  const endWithinS = command.do === 'off' ? (command.endWithinS ?? null) : null;
  const asked = { do: command.do, scope, percent: 100, endWithinS };
  const patch = ordered(board, asked, signed, untilMs);
  const undone = patch.switches?.length === board.switches.length;
  if ((command.do === 'unfreeze' || command.do === 'on') && undone)
    return input(
      `${scopeText(scope)} is not under such a switch`,
      'the scope as the board shows it',
    );
  return ok({
    board: changed(board, patch, signature),
    run: null,
    what: `${command.do} ${scopeText(scope)}`,
  });
}

export function pin(
  board: Board,
  command: Extract<Command, { do: 'pin' | 'unpin' }>,
  signature: Signature,
  topology: Topology,
): Outcome {
  const others = board.switches.filter((s) => !(s.action === 'pin' && s.uid === command.uid));
  if (command.do === 'unpin') {
    if (others.length === board.switches.length)
      return input(
        'the board has no pin of this uid',
        'a uid that it pins; declared pins stand in Rules',
      );
    return ok({
      board: changed(board, { switches: others }, signature),
      run: null,
      what: 'unpin a uid',
    });
  }
  const zone = topology.zones.get(command.zone as ZoneId);
  if (zone === undefined || !ownsShards(zone))
    return input(`${command.zone} can't own a user`, 'an rzone or an elastic zone');
  const untilMs = command.forS === undefined ? null : signature.atMs + command.forS * 1000;
  const { id, nextId } = numbered(board, 's');
  const pinned = {
    id,
    action: 'pin',
    uid: command.uid,
    zone: zone.id,
    untilMs,
    overrode: [],
    ...signature,
  } as const;
  const next = changed(board, { switches: [...others, pinned], nextId }, signature);
  return ok({ board: next, run: null, what: `pin a uid to ${zone.id}` });
}

/** The kill switch of load tests: one switch for each name, and one for all of them. */
export function stress(
  board: Board,
  command: Extract<Command, { do: 'stress-stop' | 'stress-go' }>,
  signature: Signature,
  { scenes }: World,
): Outcome {
  const { scene } = command;
  const stops = board.switches.filter((s) => s.action === 'stress-stop');
  const others = board.switches.filter((s) => !(s.action === 'stress-stop' && s.scene === scene));
  if (command.do === 'stress-go') {
    if (others.length === board.switches.length)
      return input(
        `no stop of ${sceneText(scene)} is in force`,
        stops.length === 0
          ? 'a scene that is stopped'
          : `one of ${stops.map((s) => s.scene).join(', ')}`,
      );
    const next = changed(board, { switches: others }, signature);
    const all = others.find((s) => s.action === 'stress-stop' && s.scene === '*');
    const still =
      all === undefined ? '' : `, still stopped with all scenes by ${all.by}: ${all.reason}`;
    return ok({ board: next, run: null, what: `stress go ${sceneText(scene)}${still}` });
  }
  // Whoever mistypes the name of what must stop has to learn it now.
  if (scene !== '*' && scenes !== undefined && !scenes.has(scene))
    return input(
      `there is no scene ${scene}`,
      `one of ${[...scenes].join(', ') || 'none, as none is declared'}; or * for all`,
    );
  const untilMs = command.forS === undefined ? null : signature.atMs + command.forS * 1000;
  const { id, nextId } = numbered(board, 's');
  const overrode = command.overrides;
  const stop = { id, action: 'stress-stop', scene, untilMs, overrode, ...signature } as const;
  const next = changed(board, { switches: [...others, stop], nextId }, signature);
  return ok({ board: next, run: null, what: `stress stop ${sceneText(scene)}` });
}

const sceneText = (scene: string): string => (scene === '*' ? 'all scenes' : `scene ${scene}`);
/** One switch for each rule: the newest word counts; of a share that only changes, the end stays. */
export function mirror(
  board: Board,
  command: Extract<Command, { do: 'mirror' | 'unmirror' }>,
  signature: Signature,
  { mirrors = [] }: At,
): Outcome {
  const { rule } = command;
  const others = board.switches.filter((s) => !(s.action === 'mirror' && s.rule === rule));
  if (command.do === 'unmirror') {
    if (others.length === board.switches.length)
      return input(`the board says nothing of the rule ${rule}`, 'a rule that it speaks of');
    const next = changed(board, { switches: others }, signature);
    return ok({ board: next, run: null, what: `mirror ${rule} as declared` });
  }
  if (!mirrors.includes(rule)) {
    const known = mirrors.length === 0 ? 'a Mirror document' : `one of ${mirrors.join(', ')}`;
    return input(`no rule of mirroring is called ${rule}`, known);
  }
  const old = board.switches.find((s) => s.action === 'mirror' && s.rule === rule);
  const { percent } = command;
  // What is switched off stays off, and what is switched on anew has no end yet.
  const kept = old?.action === 'mirror' && old.percent > 0 && percent > 0 ? old.untilMs : null;
  const untilMs = command.forS === undefined ? kept : signature.atMs + command.forS * 1000;
  const { id, nextId } = numbered(board, 's');
  const said: Switch = { id, action: 'mirror', rule, percent, untilMs, overrode: [], ...signature };
  const switches = [...others, said];
  const next = changed(board, { switches, nextId }, signature);
  return ok({ board: next, run: null, what: `mirror ${rule} ${percent} %` });
}
