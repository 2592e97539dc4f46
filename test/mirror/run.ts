/**
 * What a mirror costs the requests, and what its reports are worth:
 *   node_modules/.bin/node test/mirror/run.ts [pairs of rounds] [seconds of memory]
 * after `npm run build`. Everything is copied to a target that hangs, in rounds that take turns with rounds
 * without a mirror; then for a while, with memory watched; then to a target that differs in two fields.
 */
import { quantile } from '../overload/load.ts';
import { withDrill } from './drill.ts';

const MIB = 1024 * 1024;
const PER_S = 400;
const ROUND_S = 2;
const pairs = Number(process.argv[2] ?? 15);
const memoryS = Number(process.argv[3] ?? 60);

const findings: (readonly [string, boolean])[] = [];
const judge = (what: string, good: boolean): void => {
  findings.push([what, good]);
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}`);
};

await withDrill(async (drill) => {
  await drill.load(PER_S, 3);
  const off: number[] = [];
  const on: number[] = [];
  const ratios: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const round = new Map<number, number[]>();
    // Who goes first changes, so that a machine that grows slower is fair to both.
    for (const percent of i % 2 === 0 ? [0, 100] : [100, 0]) {
      await drill.mirror('hung', percent);
      round.set(percent, await drill.load(PER_S, ROUND_S));
    }
    off.push(...round.get(0)!);
    on.push(...round.get(100)!);
    ratios.push(quantile(round.get(100)!, 0.99) / quantile(round.get(0)!, 0.99));
  }
  const at = (part: number): string =>
    `${quantile(off, part).toFixed(2)} → ${quantile(on, part).toFixed(2)} ms`;
  console.log(`p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, of ${off.length} requests each`);
  const pooled = quantile(on, 0.99) / quantile(off, 0.99);
  const middle = quantile(ratios, 0.5);
  judge(
    `p99 with a mirror that hangs over p99 without: ${middle.toFixed(3)} in the middle round, ${pooled.toFixed(3)} over all`,
    Math.min(middle, pooled) <= 1.05,
  );

  await drill.mirror('hung', 100);
  const sizes: number[] = [];
  for (let s = 0; s < memoryS; s += 2) {
    await drill.load(PER_S, 2);
    sizes.push(drill.rssBytes());
  }
  const part = (from: number, to: number): number =>
    quantile(sizes.slice(Math.floor(sizes.length * from), Math.ceil(sizes.length * to)), 0.5);
  const [early, late] = [part(0.25, 0.5), part(0.75, 1)];
  judge(
    `resident memory over ${memoryS} s: ${(early / MIB).toFixed(1)} → ${(late / MIB).toFixed(1)} MiB`,
    late < early + 8 * MIB,
  );
  const hung = await drill.rule('hung');
  const dropped = Object.values(hung.dropped).reduce((sum, n) => sum + n, 0);
  judge(
    `drawn ${hung.drawn} = sent ${hung.sent} + dropped ${dropped} (in-flight ${hung.dropped['in-flight']}), timed out ${hung.failed['timed-out']}`,
    hung.drawn === hung.sent + dropped && hung.dropped['in-flight']! > 0,
  );
  await drill.mirror('hung', 0);

  await drill.mirror('differs', 100);
  await drill.load(PER_S, 20);
  const { routes } = await drill.rule('differs');
  for (const route of routes) {
    const of = (finding: string): string[] =>
      route.fields.filter((f) => f.finding === finding).map((f) => f.field);
    console.log(`${route.route}: ${route.compared} compared, noise learnt from ${route.learnt}`);
    console.log(`     noise: ${of('noise').join(', ')}`);
    judge(
      `mismatches: ${of('differs').join(', ')}`,
      [...of('differs'), ...of('rare')].sort().join() === '$.items[].price,$.user.tier',
    );
  }
  judge('one route was compared', routes.length === 1);
});
process.exitCode = findings.every(([, good]) => good) ? 0 : 1;
