/**
 * Gates killed with SIGKILL while boards stream in: `node test/switches/kills.ts [--kills 500]`.
 * Needs a build and redis-server.
 */
import { parseArgs } from 'node:util';
import { GateProcesses } from './gates.ts';
import { Torn } from './torn.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '500' } } });

const fleet = new GateProcesses({ thousands: 30 });
await fleet.start();
const torn = new Torn(fleet);
await torn.start();
try {
  await torn.killEach(Number(values.kills));
} catch (error) {
  torn.faults.push(String(error));
}
await torn.stop();
await fleet.stop();
const { kills, boards, files, drafts, faults } = torn;
console.log(`${kills} kills while ${boards} boards came in`);
console.log(`${files} board files looked at, ${drafts} drafts left behind`);
for (const fault of faults.slice(0, 40)) console.log(fault);
console.log(faults.length === 0 ? 'nothing wrong' : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
