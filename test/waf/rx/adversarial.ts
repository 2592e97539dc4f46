/**
 * How much processor time each pattern of the Core Rule Set takes for its worst cases, per size, on
 * first sight and when it is seen again. Not a test: run it
 * with node. Arguments: sizes in bytes, 64 128 256 1024 4096 8192 without any.
 */

import { linearBytes } from '../../../src/waf/rx/linear.ts';
import { compilePattern, type Pattern, warm } from '../../../src/waf/rx/pattern.ts';
import { crsPatterns } from './crs.ts';
import { worstCases } from './worst-cases.ts';

const sizes =
  process.argv.length > 2
    ? process.argv.slice(2).map(Number)
    : [64, 128, 256, 512, 1024, 4096, 8192];
const patterns: Pattern[] = [];
const started = performance.now();
for (const source of crsPatterns().patterns) {
  const made = compilePattern(source);
  if (made.ok) patterns.push(made.value);
}
const compiled = performance.now();
for (const pattern of patterns) warm(pattern);
console.log(
  `${patterns.length} patterns: compiled ${(compiled - started).toFixed(0)} ms, warmed ${(performance.now() - compiled).toFixed(0)} ms`,
);

const time = (run: () => void): number => {
  const from = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
};
for (const bytes of sizes) {
  const worst: { ms: number; again: number; pattern: Pattern; value: string }[] = [];
  for (const pattern of patterns) {
    let most = { ms: 0, again: 0, pattern, value: '' };
    for (const value of worstCases(pattern.source, bytes)) {
      const ms = time(() => void pattern.test(value));
      if (ms > most.ms) most = { ms, again: 0, pattern, value };
    }
    most.again = time(() => void pattern.test(most.value));
    worst.push(most);
  }
  worst.sort((a, b) => b.ms - a.ms);
  const sum = worst.reduce((all, one) => all + one.ms, 0);
  console.log(
    `\n${bytes} bytes: sum of maxima ${sum.toFixed(1)} ms, automata ${(linearBytes() / 1e6).toFixed(1)} MB, rss ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
  );
  for (const { ms, again, pattern, value } of worst.slice(0, 8))
    console.log(
      `  ${ms.toFixed(2)} ms, again ${again.toFixed(2)}  ${pattern.tier.growth} ${pattern.tier.backtrackMaxBytes}  ${JSON.stringify(value.slice(0, 40))}  ${pattern.source.slice(0, 60)}`,
    );
}
const values = worst8();
let most = 0;
let mostValue = '';
for (const value of values) {
  const ms = time(() => {
    for (const pattern of patterns) pattern.test(value);
  });
  if (ms > most) [most, mostValue] = [ms, value];
}
console.log(
  `\nall patterns on one value of 8192 bytes, ${values.length} values: at most ${most.toFixed(1)} ms, ${JSON.stringify(mostValue.slice(0, 60))}`,
);

function worst8(): string[] {
  const values: string[] = [];
  for (let i = 0; i < patterns.length; i += 6)
    values.push(...worstCases(patterns[i]!.source, 8192).slice(0, 6));
  return [...values, ...worstCases('a', 8192)];
}
