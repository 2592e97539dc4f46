/** What a declared plan would do from the declared state: no gate, no store. */
import { apply } from '../failover/apply.ts';
import { EMPTY_BOARD } from '../failover/board.ts';
import { commandSchema } from '../failover/commands.ts';
import { forecast } from '../failover/forecast.ts';
import { noteOf } from '../failover/safety.ts';
import { forecastReport } from '../snapshot/forecast-report.ts';
import { worldOf } from '../snapshot/world.ts';
import { mustLoad } from './config.ts';
import { CommandError, EXIT } from './exit.ts';
import { forecastText } from './switches/forecast-text.ts';

export interface SimulatePlanArguments {
  readonly config: string;
  readonly plan: string;
  readonly uid: readonly string[];
  readonly json: boolean | undefined;
}

export function simulatePlan({ config, plan, uid, json }: SimulatePlanArguments): number {
  const { snapshot } = mustLoad(config);
  const command = commandSchema.safeParse({ do: 'plan', plan, by: 'simulate', reason: 'dry run' });
  if (!command.success) throw new CommandError(`${plan} can't be a plan’s name`, EXIT.usage);
  const world = worldOf(snapshot, null);
  const nowMs = Date.now();
  const at = { nowMs, me: 'simulate', plans: snapshot.plans };
  const given = apply(EMPTY_BOARD, command.data, world, at);
  if (!given.ok) throw new CommandError(`refused: ${noteOf(given.error)}`, EXIT.failure);
  const { board, run, what } = given.value;
  const report = forecastReport({
    ...{ what, before: snapshot, uids: uid, nowMs, shardRps: world.shardRps },
    forecast: forecast(board, run ?? '', world),
  });
  process.stdout.write(
    json === true ? `${JSON.stringify(report, null, 2)}\n` : forecastText(report),
  );
  return EXIT.ok;
}
