/** Load tests, as declared, as ordered, and as the gates see them. */
import type { GateInFleet, Switch } from '../../failover/board.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { Scene } from '../../stress-tag/index.ts';

/** @param gates a sentence when the store can't say; @param nowMs wall clock */
export function stressView(
  { stress, board }: Snapshot,
  gates: readonly GateInFleet[] | string,
  nowMs: number,
): object {
  const living = typeof gates === 'string' ? [] : gates.filter((g) => g.leaseLeftMs > 0);
  const scenes = [...(stress?.scenes.values() ?? [])].map((scene) => {
    const stop = stopOf(scene, board.switches);
    const rows = living.flatMap(({ gate, stress: seen }) => {
      const counts = seen?.[scene.name];
      return counts === undefined ? [] : [{ gate, ...counts }];
    });
    const sum = (of: 'active' | 'total' | 'refused'): number =>
      rows.reduce((all, row) => all + row[of], 0);
    return {
      scene: scene.name,
      state: stop === null ? (nowMs < scene.untilMs ? 'on' : 'ended') : 'stopped',
      stop,
      endpoints: scene.shadow ? 'shadow' : 'shared',
      table: scene.owners === null ? 'users' : 'own',
      limits: scene.limits,
      until: new Date(scene.untilMs).toISOString(),
      ...{ active: sum('active'), total: sum('total'), refused: sum('refused') },
      gates: rows,
    };
  });
  return { scenes, why: typeof gates === 'string' ? gates : null };
}

const stopOf = ({ name }: Scene, switches: readonly Switch[]): Switch | null =>
  switches.find((s) => s.action === 'stress-stop' && (s.scene === name || s.scene === '*')) ?? null;
