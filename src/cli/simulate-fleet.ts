/** A fleet of this configuration in one process, under random commands and faults; docs/simulation.md. */
import { simulateFleet as simulated } from '../simulation/index.ts';
import { reportText } from '../simulation/report.ts';
import { mustLoad } from './config.ts';
import { EXIT, usageError } from './exit.ts';

export interface FleetArguments {
  readonly config: string;
  readonly fleet: string;
  readonly seed: string;
  readonly steps: string;
  readonly plan?: string | undefined;
  readonly json?: boolean | undefined;
}

const MOST_GATES = 200;
const MOST_STEPS = 1_000_000;

export function simulateFleet(args: FleetArguments): number {
  const gates = wholeNumber('--fleet', args.fleet, MOST_GATES);
  const steps = wholeNumber('--steps', args.steps, MOST_STEPS);
  const { snapshot } = mustLoad(args.config);
  const { plan } = args;
  if (plan !== undefined && !snapshot.plans.has(plan))
    throw usageError(
      `there is no plan ${plan}; there are ${[...snapshot.plans.keys()].join(', ') || 'none'}`,
    );
  const outcome = simulated({ snapshot, gates, seed: args.seed, steps, plan: plan ?? null });
  process.stdout.write(
    args.json === true ? `${JSON.stringify(outcome, null, 2)}\n` : reportText(outcome),
  );
  return outcome.broken === null ? EXIT.ok : EXIT.failure;
}

function wholeNumber(option: string, text: string, most: number): number {
  const n = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (n < 1 || n > most) throw usageError(`${option} is a whole number from 1 to ${most}`);
  return n;
}
