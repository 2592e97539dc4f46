/** The three engines that must say the same: what is printed for V8, for re2js, and Perl's own. */
import { spawnSync } from 'node:child_process';
import { workOf } from '../../../src/waf/rx/growth.ts';
import { Linear } from '../../../src/waf/rx/linear.ts';
import { parse } from '../../../src/waf/rx/parse.ts';
import { isLinear, javascript, print, RE2 } from '../../../src/waf/rx/print.ts';
import type { Node } from '../../../src/waf/rx/tree.ts';
import { candidate, drawFrom } from './strings.ts';

export interface Engines {
  readonly source: string;
  readonly tree: Node;
  readonly backtracking: RegExp;
  readonly linear: Linear;
  readonly exact: boolean;
}

export function enginesOf(source: string): Engines {
  const parsed = parse(source, false);
  if (!parsed.ok) throw new Error(`${source}: ${JSON.stringify(parsed.error)}`);
  const { tree } = parsed.value;
  return {
    source,
    tree,
    backtracking: new RegExp(
      print(
        tree,
        javascript(() => true),
      ),
    ),
    linear: new Linear(print(tree, RE2)),
    exact: isLinear(tree),
  };
}

const MAX_VALUE_BYTES = 200;
const MIN_VALUE_BYTES = 20;
/** V8 and Perl are without a guard here: values are cut to what they can't backtrack in for long. */
const MAX_STEPS = 20_000_000;

function valueBytes(tree: Node): number {
  const { steps } = workOf(tree);
  let bytes = MAX_VALUE_BYTES;
  while (bytes > MIN_VALUE_BYTES && steps(bytes) > MAX_STEPS) bytes--;
  return bytes;
}

export function valuesFor(tree: Node, count: number, seed: number): readonly string[] {
  const draw = drawFrom(seed);
  const bytes = valueBytes(tree);
  return Array.from({ length: count }, () => candidate(tree, draw).slice(0, bytes));
}

const PROGRAM = `
use strict; use warnings; no warnings 'regexp';
while (my $line = <STDIN>) {
  chomp $line;
  my ($source, @values) = map { pack 'H*', $_ } split / /, $line, -1;
  my $pattern = eval { qr/(?s)$source/ };
  print defined $pattern ? join('', map { $_ =~ $pattern ? 1 : 0 } @values) : '?', "\\n";
}`;

export const PERL_PRESENT = spawnSync('perl', ['-e', 'exit 0']).status === 0;

const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/** @returns of each source, of each value: '1' where it matches; null where Perl refuses the pattern */
export function askPerl(
  asked: readonly (readonly [string, readonly string[]])[],
): (string | null)[] {
  const input = asked.map(([source, values]) => [source, ...values].map(hex).join(' ')).join('\n');
  const answer = spawnSync('perl', ['-e', PROGRAM], {
    input: `${input}\n`,
    encoding: 'latin1',
    maxBuffer: 1 << 28,
    timeout: 50_000,
  });
  if (answer.status !== 0) throw new Error(`perl: ${answer.stderr}`);
  return answer.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (line === '?' ? null : line));
}

/** Perl has no DOLLAR_ENDONLY: its `$` also stands before a last newline. */
export const perlDiffers = (source: string, value: string): boolean =>
  value.endsWith('\n') && source.includes('$');
