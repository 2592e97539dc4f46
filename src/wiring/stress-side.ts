/** What a gate shows of its load tests: to metrics, and to the fleet. */
import type { SceneMeasure } from '../failover/board.ts';
import type { StressGauges } from '../shell/observe/stress-counters.ts';
import type { Gateway } from '../shell/proxy/gateway.ts';

export const stressGauges = ({ stress, hooks }: Gateway): StressGauges => ({
  underWay: () => {
    const names = [...(hooks.current().stress?.scenes.keys() ?? [])];
    return Object.fromEntries(names.map((name) => [name, stress.underWay(name)]));
  },
  refused: () => stress.refused,
  cut: () => stress.cut,
});

/** By scene, of those that are declared. */
export function sceneMeasures({ stress, hooks }: Gateway): Record<string, SceneMeasure> {
  const measures: Record<string, SceneMeasure> = {};
  for (const name of hooks.current().stress?.scenes.keys() ?? []) {
    const { active, total } = stress.quota.used(name);
    const refused = Object.values(stress.refused.get(name) ?? {}).reduce((a, b) => a + b, 0);
    measures[name] = { active, total, refused };
  }
  return measures;
}
