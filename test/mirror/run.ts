/**
 * What a mirror costs the requests, and what its reports are worth:
 *   node_modules/.bin/node test/mirror/run.ts [rounds of each] [seconds of memory]
 * after `npm run build`. Everything is copied to a target that hangs, in rounds that take turns with rounds
 * without a mirror, twice, for what the machine does by itself; then for a while, with memory watched; then to a target that differs in two fields.
 */
import { quantile } from '../overload/load.ts';
import { withDrill } from './drill.ts';

const MIB = 1024 * 1024;
const PER_S = 800;
const ROUND_S = 4;
/** Off twice: what differs between these is the machine's. */
const TURNS = ['off', 'on', 'control'] as const;
type Turn = (typeof TURNS)[number];
const pairs = Number(process.argv[2] ?? 15);
const memoryS = Number(process.argv[3] ?? 60);

const findings: (readonly [string, boolean])[] = [];
const judge = (what: string, good: boolean): void => {
  findings.push([what, good]);
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}`);
};

await withDrill(async (drill) => {
  await drill.load(PER_S, 3);
  const rounds: Record<Turn, number[][]> = { off: [], on: [], control: [] };
  for (let i = 0; i < pairs; i++) {
    // Who goes first changes, so that a machine that grows slower is fair to all.
    for (const turn of [...TURNS.slice(i % 3), ...TURNS.slice(0, i % 3)]) {
      await drill.mirror('hung', turn === 'on' ? 100 : 0);
      rounds[turn].push(await drill.load(PER_S, ROUND_S));
    }
  }
  const at = (turn: Turn, part: number): number => quantile(rounds[turn].flat(), part);
  for (const part of [0.5, 0.9, 0.99])
    console.log(
      `p${part * 100} off, on, off again: ${TURNS.map((t) => at(t, part).toFixed(2)).join(', ')} ms`,
    );
  const middle = (turn: Turn): number =>
    quantile(
      rounds[turn].map((ms, i) => quantile(ms, 0.99) / quantile(rounds.off[i]!, 0.99)),
      0.5,
    );
  const over = `${middle('on').toFixed(3)} in the middle round, ${(at('on', 0.99) / at('off', 0.99)).toFixed(3)} over all`;
  const noise = `${middle('control').toFixed(3)} and ${(at('control', 0.99) / at('off', 0.99)).toFixed(3)}`;
  judge(
    `p99 with a mirror that hangs over p99 without: ${over}; of none over none: ${noise}`,
    Math.min(middle('on'), at('on', 0.99) / at('off', 0.99)) <= 1.05,
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
