/** Whether the zones that take users are well, by what the gates beside them have measured. */
import type { ZoneId } from '../model/ids.ts';
import type { GateInFleet } from './board.ts';
import type { Sight } from './move.ts';
import type { Leg, Run, StopWhen } from './run.ts';
import type { Refusal, World } from './safety.ts';

/** Fewer requests a second prove nothing. */
const ENOUGH_RPS = 1;
const USABLE_AT_LEAST = 0.5;

const ill = (message: string): Refusal => ({
  rule: 'target-health',
  message,
  passes: 'continue when it is well, or with --override target-health',
});

/** null: nothing speaks against going on. */
export function troubleAt(
  run: Run,
  queue: readonly Leg[],
  { errorPercent }: StopWhen,
  world: World,
  sight: Sight,
): Refusal | null {
  const zones = new Set([...queue, ...run.done].map((leg) => leg.to));
  for (const name of zones) {
    const idc = world.topology.zones.get(name as ZoneId)?.idc;
    const near = sight.gates.filter((g) => g.idc === idc && g.leaseLeftMs > 0);
    if (near.length === 0) return ill(`no living gate in IDC ${idc} can say how zone ${name} is`);
    const unwell = unwellness(name, near, errorPercent);
    if (unwell !== null) return ill(unwell);
  }
  return null;
}

function unwellness(
  zone: string,
  near: readonly GateInFleet[],
  limit: number | null,
): string | null {
  let rps = 0;
  let failing = 0;
  let usable = 1;
  for (const gate of near) {
    const seen = gate.zones[zone];
    if (seen === undefined) continue;
    rps += seen.rps;
    failing += seen.rps * seen.errors;
    usable = Math.min(usable, seen.usable ?? 1);
  }
  if (usable < USABLE_AT_LEAST)
    return `zone ${zone}: only ${Math.round(usable * 100)} % of its endpoints are usable`;
  const percent = rps > 0 ? (failing / rps) * 100 : 0;
  if (limit === null || rps < ENOUGH_RPS || percent <= limit) return null;
  return `zone ${zone}: ${percent.toFixed(1)} % of its answers are errors, more than ${limit} %`;
}
