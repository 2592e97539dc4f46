/**
 * How fast a switch is in force everywhere: `node test/switches/convergence.ts [--switches 1000]
 * [--no-nudge] [--kills 50 --promotions 10]`. Needs a build and redis-server. With --no-nudge Redis
 * lets nobody subscribe, so the poll finds changes. Losses of the store come between switches.
 */
import { parseArgs } from 'node:util';
import { GateProcesses, IDCS } from './gates.ts';
import { quantile } from './load.ts';
import { Spread } from './spread.ts';

const { values } = parseArgs({
  options: {
    switches: { type: 'string', default: '1000' },
    'no-nudge': { type: 'boolean', default: false },
    kills: { type: 'string', default: '0' },
    promotions: { type: 'string', default: '0' },
  },
});
const count = Number(values.switches);
const kills = Number(values.kills);
const promotions = Number(values.promotions);

const fleet = new GateProcesses({ thousands: 31 });
if (values['no-nudge']) fleet.redisSays = [['ACL', 'SETUSER', 'default', '-subscribe']];
await fleet.start();
const spread = new Spread(fleet);
try {
  let killed = 0;
  let promoted = 0;
  for (let i = 1; i <= count; i++) {
    await spread.one();
    if (killed < Math.floor((i * kills) / count)) {
      killed++;
      await spread.killStore();
    }
    if (promoted < Math.floor((i * promotions) / count)) {
      promoted++;
      await spread.promoteStale(promoted % 2 === 0 ? IDCS[promoted % IDCS.length]! : null);
    }
  }
  await spread.check();
} catch (error) {
  spread.faults.push(String(error));
}
await fleet.stop();

const figures = (name: string, ms: readonly number[]): string =>
  `${name.padEnd(34)} p50 ${quantile(ms, 0.5)} ms  p99 ${quantile(ms, 0.99)} ms  max ${quantile(ms, 1)} ms`;
console.log(`${spread.fromOrderMs.length} switches, ${spread.losses} losses of the store,`);
console.log(`${spread.undone} switches undone by a loss, each with an alarm`);
console.log(figures('order → in force at the last gate', spread.fromOrderMs));
console.log(figures('answer → in force at the last gate', spread.fromAnswerMs));
for (const fault of spread.faults) console.log(fault);
console.log(spread.faults.length === 0 ? 'nothing wrong' : `${spread.faults.length} faults`);
process.exit(spread.faults.length === 0 ? 0 : 1);
