import { type FleetAnswer, fleetAnswer } from '../../shell/control/answers.ts';
import { EXIT } from '../exit.ts';
import { Control } from './control.ts';
import type { ReadOptions } from './options.ts';
import { gatesText } from './progress.ts';
import { staleLines } from './stale.ts';

export async function fleet(options: ReadOptions): Promise<number> {
  const answer = await new Control(options).get('/v1/fleet', fleetAnswer);
  const text = [...staleLines(answer.standing), ...fleetLines(answer)].join('\n');
  process.stdout.write(
    options.json === true ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`,
  );
  return EXIT.ok;
}

export function fleetLines(answer: FleetAnswer): string[] {
  const { gates, lag, epoch } = answer;
  const late = lag.p50Ms === null ? '' : `; lag p50 ${lag.p50Ms} ms, p99 ${lag.p99Ms ?? 0} ms`;
  const lines = [`${gatesText(answer, epoch)}${late}`];
  const ahead = Math.max(0, ...(gates ?? []).map((g) => g.epoch));
  if (ahead > epoch)
    lines.push(`  this gate is BEHIND: it has epoch ${epoch}, others have ${ahead}; ask another`);
  for (const g of gates ?? []) {
    const state = !g.living ? 'LOST' : g.epoch < epoch ? 'BEHIND' : 'in step';
    const lease = g.living ? `lease ${g.leaseLeftMs} ms` : `silent for ${g.ageMs} ms`;
    const trouble = g.trouble === null ? '' : `; ${g.trouble}`;
    const where = `${g.gate.padEnd(16)} ${g.idc.padEnd(8)} ${state.padEnd(8)}`;
    lines.push(`  ${where} epoch ${g.epoch}, settled ${g.settled}, ${lease}${trouble}`);
  }
  return lines;
}
