/**
 * Twice as much as a zone can do, for a minute:
 *   node test/overload/run.ts [seconds]
 * after `npm run build`. Prints what was served and refused, by class, and judges it.
 */
import { freePort } from '../support/ports.ts';
import { CAPACITY_PER_S, drill } from './drill.ts';
import { quantile, type Tally } from './load.ts';

const MIB = 1024 * 1024;
const seconds = Number(process.argv[2] ?? 60);
const outcome = await drill(seconds, [await freePort(), await freePort()]);
const { calm, pressed, mostHeld, residentBytes } = outcome;
const all = (of: (t: Tally) => number): number =>
  Object.values(pressed).reduce((sum, t) => sum + of(t), 0);

for (const [name, t] of Object.entries(pressed)) {
  console.log(
    `${name.padEnd(10)} served ${t.served} (p50 ${quantile(t.servedMs, 0.5).toFixed(0)} ms, p99 ${quantile(t.servedMs, 0.99).toFixed(0)} ms)` +
      `, refused ${t.refused} (p99 ${quantile(t.refusedMs, 0.99).toFixed(0)} ms), lost ${t.lost}`,
  );
}
const goodput = all((t) => t.served) / seconds;
const refusedMs = Object.values(pressed).flatMap((t) => t.refusedMs);
const calmP99Ms = quantile(
  Object.values(calm).flatMap((t) => t.servedMs),
  0.99,
);
const verdicts: readonly (readonly [string, boolean])[] = [
  [
    `goodput ${goodput.toFixed(0)} a second, at least 90 % of ${CAPACITY_PER_S}`,
    goodput >= CAPACITY_PER_S * 0.9,
  ],
  [
    `refusals within 50 ms (p99 ${quantile(refusedMs, 0.99).toFixed(0)} ms)`,
    quantile(refusedMs, 0.99) <= 50,
  ],
  ['no critical request refused or lost', pressed.critical.refused + pressed.critical.lost === 0],
  [
    `critical p99 ${quantile(pressed.critical.servedMs, 0.99).toFixed(0)} ms, at most four times the calm ${calmP99Ms.toFixed(0)} ms`,
    quantile(pressed.critical.servedMs, 0.99) <= calmP99Ms * 4,
  ],
  ['nothing lost', all((t) => t.lost) === 0],
  [
    `resident memory ${(residentBytes.calm / MIB).toFixed(0)} → ${(residentBytes.pressed / MIB).toFixed(0)} MiB, below 512`,
    residentBytes.pressed < 512 * MIB,
  ],
];
console.log(`the zone held at most ${mostHeld} requests at once`);
for (const [what, good] of verdicts) console.log(`${good ? 'ok  ' : 'FAIL'} ${what}`);
process.exitCode = verdicts.every(([, good]) => good) ? 0 : 1;
