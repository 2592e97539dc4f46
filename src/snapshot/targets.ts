import type { IdcId } from '../model/ids.ts';
import type { Group, Topology } from '../zone/topology.ts';
import type { Target } from './index.ts';

/** Every group, and its shadow, as each IDC sees them. */
export function compileTargets(topology: Topology): Map<IdcId, Map<Group, Target>> {
  const all = new Map<IdcId, Map<Group, Target>>();
  for (const idc of topology.idcs.keys()) {
    const seen = new Map<Group, Target>();
    for (const zone of topology.zones.values()) {
      for (const group of zone.groups) {
        const via = group.idc === idc ? 'local' : 'peer';
        seen.set(group, Object.freeze({ zone, group, via }));
        const { shadow } = group;
        if (shadow !== null) seen.set(shadow, Object.freeze({ zone, group: shadow, via }));
      }
    }
    all.set(idc, seen);
  }
  return all;
}
