/** Gates that mirror, and what they say of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MirrorsAnswer, mirrorsAnswer } from '../../src/shell/control/mirror-answers.ts';
import { plainGate, type RunningGate } from './gate.ts';
import { until } from './until.ts';
import type { Origin } from './wire.ts';

type Rule = MirrorsAnswer['rules'][number];

/** YAML of the Mirror document's rules. */
export const mirrorDocument = (rules: string, more = ''): string =>
  `apiVersion: zonegate/v1\nkind: Mirror\n${more}\nrules:\n${rules}\n`;

export interface MirroringGate extends RunningGate {
  /** The rule `m` as it stands. */
  rule(name?: string): Promise<Rule>;
  /** Waits until nothing is in flight, and says how it went. */
  settled(name?: string): Promise<Rule>;
}

/**
 * A plain gate with one rule `m`, which copies everything.
 * @param more of the rule, as YAML flow; begins with a comma
 */
export async function mirroringGate(
  origin: Origin,
  target: Origin | number,
  more = '',
  told: {
    readonly gate?: string;
    readonly listener?: string;
    readonly document?: string;
    /** Where it goes instead, as YAML flow; begins with a comma. */
    readonly to?: string;
  } = {},
): Promise<MirroringGate> {
  const port = typeof target === 'number' ? target : target.port;
  const to = told.to ?? `, to: { addresses: ["127.0.0.1:${port}"] }`;
  const rule = `  - { name: m, percent: 100${to}${more} }`;
  const gate = await plainGate([origin], {
    ...{ gate: told.gate ?? '', listener: told.listener ?? '' },
    prepare: (directory) =>
      writeFileSync(join(directory, 'mirror.yaml'), mirrorDocument(rule, told.document ?? '')),
  });
  return withMirrors(gate);
}

export function withMirrors(gate: RunningGate): MirroringGate {
  const rule = async (name = 'm'): Promise<Rule> => {
    const answer = await fetch(`http://127.0.0.1:${gate.admin}/v1/mirrors`);
    const { rules } = mirrorsAnswer.parse(await answer.json());
    const found = rules.find((r) => r.rule === name);
    if (found === undefined) throw new Error(`no rule ${name}`);
    return found;
  };
  const settled = (name = 'm'): Promise<Rule> =>
    until('copies to be over', async () => {
      const now = await rule(name);
      return now.inFlight === 0 && now.drawn > 0 ? now : null;
    });
  return { ...gate, rule, settled };
}

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);
