/**
 * Elastic zones under load, the long form: `node test/switches/elastic-run.ts [--rounds 20]
 * [--rps 1000]`. Needs a build and redis-server. Exits 1 when anything was wrong.
 */
import { parseArgs } from 'node:util';
import { Drill } from './drill.ts';
import {
  appOutAndBack,
  fallingEpochs,
  lostElastic,
  outAndBack,
  SHARDS,
  window,
} from './elastic.ts';
import { lossesOf, tableOf } from './table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    rps: { type: 'string', default: '1000' },
  },
});
const print = (line: string): void => console.log(line);
const options = { thousands: 27, perS: Number(values.rps), soakS: 1, favoured: SHARDS, print };
const drill = await Drill.start(options);
process.once('uncaughtException', (error) => {
  console.error(error);
  process.exit(1);
});
const faults: string[] = [];
for (let i = 0; i < Number(values.rounds); i++) {
  faults.push(...(await outAndBack(drill, 1500)));
  faults.push(...(await appOutAndBack(drill, 1500)));
  await window(drill, 6);
}
const loss = await lostElastic(drill);
drill.load.stop();
await drill.settled();
const rows = drill.rows();
const { faults: judged, ...figures } = await drill.verdict();
faults.push(...fallingEpochs(drill.recorder.records));
const atElastic = drill.recorder.records.filter((r) => r.zone === 'EZ01').length;
await drill.stop();

console.log(`\n${tableOf(rows)}\n\n${lossesOf([loss])}\n`);
console.log({ ...figures, atElastic });
const failed = rows.filter((r) => r.phase !== 'elastic zone lost').flatMap((r) => r.failed);
const wrong = [...failed, ...loss.others].map((s) => JSON.stringify(s));
const all = [...judged, ...faults, ...wrong];
for (const sentence of all.slice(0, 40)) console.log(sentence);
console.log(all.length === 0 ? 'nothing wrong' : `${all.length} faults`);
process.exit(all.length === 0 ? 0 : 1);
