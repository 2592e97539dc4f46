/**
 * Switches under load, the long form: `node test/switches/run.ts [--requests 200000] [--rps 1200]
 * [--soak-s 2]`. Needs a build and redis-server. Planned switches are repeated until enough requests
 * were sent; then come the losses. Exits 1 when anything was wrong.
 */
import { parseArgs } from 'node:util';
import { Drill } from './drill.ts';
import {
  lostGate,
  lostStore,
  lostStoreInMidRun,
  lostZone,
  planned,
  stallingGates,
} from './phases.ts';
import { lossesOf, tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    rps: { type: 'string', default: '1200' },
    'soak-s': { type: 'string', default: '2' },
  },
});
const STORE_LOSSES = 10;
const STALLED_ROUNDS = 10;
const LOSSES = new Set(['zone lost', 'gate lost', 'gates stall']);

const drill = await Drill.start({
  thousands: 29,
  perS: Number(values.rps),
  soakS: Number(values['soak-s']),
  print: (line) => console.log(line),
});
process.once('uncaughtException', (error) => {
  console.error(error);
  process.exit(1);
});
const atLeast = Number(values.requests);
do await planned(drill);
while (drill.load.begun < atLeast);
const losses = [await lostZone(drill), await lostGate(drill)];
const missing = await lostStore(drill);
for (let i = 0; i < STORE_LOSSES; i++) await lostStoreInMidRun(drill);
await stallingGates(drill, STALLED_ROUNDS);
drill.load.stop();
await drill.settled();
const rows = drill.rows();
const verdict = await drill.verdict();
await drill.stop();

console.log(`\n${tableOf(rows)}\n\n${lossesOf(losses)}\n`);
const { faults, ...figures } = verdict;
console.log(figures);
const failed = rows.filter((r) => !LOSSES.has(r.phase)).flatMap((r) => r.failed);
const wrong = [...failed, ...losses.flatMap((l) => l.others)].map((s) => JSON.stringify(s));
const all = [...faults, ...missing, ...wrong];
for (const sentence of all.slice(0, 40)) console.log(sentence);
console.log(all.length === 0 ? 'nothing wrong' : `${all.length} faults`);
process.exit(all.length === 0 ? 0 : 1);
