/** A simulation in words: what happened in numbers, or the shortest history that breaks an invariant. */
import type { Line } from './fleet.ts';
import type { SimulationOutcome } from './index.ts';

export function reportText(o: SimulationOutcome): string {
  const lines = o.broken === null ? summary(o) : story(o.broken, o);
  return `${lines.join('\n')}\n`;
}

const fleetText = (o: SimulationOutcome): string =>
  `${o.gates.length} gates (${o.gates.join(', ')}), fencing ${o.fencing}, seed ${o.seed}, ${o.steps} steps, ${o.seconds} s of their time`;

function summary(o: SimulationOutcome): string[] {
  const width = Math.max(...Object.keys(o.counts).map((k) => k.length), 0);
  return [
    `${fleetText(o)}: every invariant held`,
    '',
    ...Object.entries(o.counts).map(([what, n]) => `${what.padEnd(width)}  ${n}`),
    ...notes(o),
  ];
}

function notes(o: SimulationOutcome): string[] {
  const said: string[] = [];
  if (o.fencing === 'lease')
    said.push('fencing: lease trusts clocks; writes that came through that gap are counted above');
  if (o.users === 0)
    said.push('the rules name no shards that a uid leads to: nobody asked anything');
  else if (o.ways === 0) said.push('no route leads users to rzones: nobody asked anything');
  return said.length === 0 ? [] : ['', ...said];
}

function story(broken: string, o: SimulationOutcome): string[] {
  const { events, trials } = o;
  return [
    `${fleetText(o)}: an invariant broke`,
    broken,
    '',
    `The shortest history found, of ${events.length} events, after ${trials} trials:`,
    ...joined(o.history).map(lineText),
  ];
}

const lineText = ({ atMs, who, what }: Line): string =>
  `${(atMs / 1000).toFixed(3).padStart(9)} s  ${who}: ${what}`;

/** Gates that do the same one after the other share a line. */
function joined(history: readonly Line[]): Line[] {
  const lines: Line[] = [];
  for (const line of history) {
    const before = lines.at(-1);
    if (before?.what !== line.what) lines.push(line);
    else lines[lines.length - 1] = { ...before, who: `${before.who}, ${line.who}` };
  }
  return lines;
}
