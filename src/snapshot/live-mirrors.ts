/** What is declared of mirroring, joined to what the board says of it: the rules that copy now. */
import type { Board } from '../failover/board.ts';
import type { MirrorRule, MirrorSettings } from '../mirror/index.ts';
import type { IdcId, ZoneId } from '../model/ids.ts';
import { type Mixer, mixerOf } from '../release/point.ts';
import type { Topology } from '../zone/topology.ts';

export interface LiveMirror {
  readonly rule: MirrorRule;
  /** Of what the rule fits, 0 … 1; never 0. */
  readonly share: number;
  readonly mixer: Mixer;
  /** Where its target stands: only gates there reach it. null: gates of every IDC do. */
  readonly idc: IdcId | null;
}

/** What the board, or else the document, says of a rule; 0 … 100. */
export function percentOf({ name, percent }: MirrorRule, board: Board): number {
  for (const s of board.switches) if (s.action === 'mirror' && s.rule === name) return s.percent;
  return percent;
}

/** null: nothing is copied. */
export function liveMirrors(
  settings: MirrorSettings | null,
  board: Board,
  topology: Topology,
): readonly LiveMirror[] | null {
  if (settings === null) return null;
  const live = settings.rules
    .map((rule) => ({
      rule,
      share: percentOf(rule, board) / 100,
      mixer: mixerOf(rule.name),
      idc: idcOf(rule, topology),
    }))
    .filter(({ share }) => share > 0);
  return live.length === 0 ? null : Object.freeze(live);
}

function idcOf({ to }: MirrorRule, topology: Topology): IdcId | null {
  if (to.kind !== 'group') return null;
  const zone = topology.zones.get(to.zone as ZoneId);
  return zone?.groups.find((g) => g.id === to.group)?.idc ?? null;
}
