/** `zonegate mirror`: what rules copy, how that goes, and what the copies’ answers showed. */
import { type MirrorsAnswer, mirrorsAnswer } from '../../shell/control/mirror-answers.ts';
import { EXIT, usageError } from '../exit.ts';
import { Control } from './control.ts';
import type { ReadOptions } from './options.ts';

type Rule = MirrorsAnswer['rules'][number];
type Route = Rule['routes'][number];

export async function mirrorStatus(options: ReadOptions): Promise<number> {
  const { rules, buffer } = await new Control(options).get('/v1/mirrors', mirrorsAnswer);
  if (options.json === true) return say(JSON.stringify({ rules, buffer }, null, 2));
  if (rules.length === 0) return say('no Mirror document is declared');
  return say(
    [
      ...rules.flatMap(statusLines),
      `copies hold ${buffer.used} of ${buffer.limit} bytes at this gate`,
    ].join('\n'),
  );
}

function statusLines(r: Rule): string[] {
  const declared = r.percent === r.declaredPercent ? '' : ` (declared ${r.declaredPercent} %)`;
  return [
    `${r.rule}: ${r.percent} % of ${r.by === 'user' ? 'users' : 'requests'}${declared} to ${r.to}`,
    `  drawn ${r.drawn}, sent ${r.sent}, in flight ${r.inFlight}`,
    `  answered ${countsText(r.answered)}`,
    `  dropped ${countsText(r.dropped)}`,
    `  no whole answer ${countsText(r.failed)}`,
  ];
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, n]) => n > 0);
  return some.length === 0 ? 'none' : some.map(([key, n]) => `${key} ${n}`).join(', ');
}

export async function mirrorReport(
  name: string | undefined,
  options: ReadOptions,
): Promise<number> {
  const { rules } = await new Control(options).get('/v1/mirrors', mirrorsAnswer);
  const wanted = rules.filter((r) => name === undefined || r.rule === name);
  if (name !== undefined && wanted.length === 0)
    throw usageError(`no rule ${name}; there are ${rules.map((r) => r.rule).join(', ') || 'none'}`);
  if (options.json === true) return say(JSON.stringify({ rules: wanted }, null, 2));
  return say(wanted.flatMap(reportLines).join('\n'));
}

function reportLines(r: Rule): string[] {
  if (!r.compares) return [`${r.rule}: compares nothing`];
  if (r.routes.length === 0) return [`${r.rule}: nothing compared yet`];
  return [`${r.rule}:`, ...r.routes.flatMap(routeLines)];
}

function routeLines(route: Route): string[] {
  const learning =
    route.learnt < route.learn ? `; learns noise, ${route.learnt} of ${route.learn}` : '';
  const lost = route.fieldsLost === 0 ? '' : `; ${route.fieldsLost} differences in other fields`;
  return [
    `  ${route.route}: ${route.compared} compared, ${route.mismatches} with mismatches${learning}${lost}`,
    ...route.fields.map((f) => {
      const last = f.samples.at(-1);
      const sample =
        last === undefined || f.finding === 'noise'
          ? ''
          : `, as ${last.ours} → ${last.theirs} in request ${last.requestId}`;
      return `    ${f.finding.padEnd(8)} ${f.field}: ${f.mismatches} times${sample}`;
    }),
  ];
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}
