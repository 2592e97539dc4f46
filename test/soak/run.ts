/**
 * The long run: `node_modules/.bin/node test/soak/run.ts [--minutes 60] [--cores 0.4]`. Needs a build
 * and Linux. Prints a line a minute and a verdict; exits 1 when anything was wrong. Growth is judged
 * from ten minutes on: heaps breathe by 60 MiB, so an hour says more.
 */
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    cores: { type: 'string', default: '0.4' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');

const verdict = await soak({
  ports: {
    gates: [26_001, 26_002],
    admins: [26_011, 26_012],
    origins: [26_021, 26_022],
    relay: 26_031,
  },
  seconds: Math.round(minutes * 60),
  cores: Number(values.cores),
  sampleEveryS: 10,
  reloadEveryS: 60,
  judgesGrowth: minutes >= 10,
  print: (line) => console.log(line),
});
console.log(JSON.stringify(verdict, null, 2));
process.exit(verdict.faults.length === 0 ? 0 : 1);
