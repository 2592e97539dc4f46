/** Whatever the text: rules or mistakes, and each mistake stands inside of the text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSecLang } from '../../../src/waf/seclang/index.ts';
import { ABSENT, crsData, crsFiles, crsIsThere } from './crs-files.ts';

/** Bytes and words that mean something somewhere. */
const PIECES = [
  ...['"', "'", '\\', '\\\n', '\n', '\r\n', '#', ',', ':', '|', '!', '&', '@', '%{', '}', '/', '='],
  ...[
    ' ',
    '\t',
    '\0',
    '\xff',
    ';',
    '-',
    '+',
    '.',
    'chain',
    'SecRule ',
    'SecMarker ',
    'tx.',
    '%{tx.',
  ],
  ...['id:1', "msg:'", '@pm ', '@eq ', 'ctl:', 'setvar:', 't:', 'XML:', '<', 'Include x', 'block'],
];
interface Edit {
  readonly at: number;
  readonly gone: number;
  readonly piece: string;
}
const edit = fc.record({
  at: fc.nat(),
  gone: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200)),
  piece: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES)),
});

function edited(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const { at, gone, piece } of edits) {
    const from = at % (result.length + 1);
    result = result.slice(0, from) + piece + result.slice(from + gone);
  }
  return result;
}

function check(text: string): void {
  const read = parseSecLang([{ file: 'a.conf', text }], crsData);
  if (read.ok) return;
  expect(read.error.length).toBeGreaterThan(0);
  const lines = text.split('\n');
  for (const { place, message, expected } of read.error) {
    const line = lines[place.line - 1];
    if (line === undefined) throw new Error(`${message}: line ${place.line} of ${lines.length}`);
    // Right behind the last byte is where something is missing.
    if (place.column < 1 || place.column > line.length + 1)
      throw new Error(`${message}: column ${place.column} of ${line.length}`);
    if (message === '' || expected === '') throw new Error(`${place.line}: says too little`);
  }
}

it('any text', () => {
  const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary-ascii' }));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => check(pieces.join(''))),
    { numRuns: 2000 },
  );
});

describe.skipIf(!crsIsThere)(`OWASP CRS 4.28, edited at random${ABSENT}`, () => {
  it('is read to its end', () => {
    const texts = crsFiles().flatMap(({ text }) =>
      text.split('\n\n').filter((t) => t.includes('Sec')),
    );
    expect(texts.length).toBeGreaterThan(600);
    const some = fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(some, fc.array(edit, { minLength: 1, maxLength: 4 }), (parts, edits) =>
        check(edited(parts.join('\n\n'), edits)),
      ),
      { numRuns: 1500 },
    );
  });
});

describe('time is in proportion to the text', () => {
  it.each([
    ['quotes', `SecRule ARGS "${'\\"'.repeat(200_000)}" "id:1"`],
    ['an open quote', `SecRule ARGS "${'\\"'.repeat(200_000)}`],
    ['variables', `SecRule ${'ARGS|'.repeat(100_000)}ARGS x id:1`],
    ['slashes', `SecRule ARGS:/${'a/'.repeat(200_000)} x id:1`],
    ['macros', `SecAction "id:1,msg:'${'%{tx.a}'.repeat(50_000)}'"`],
    ['open macros', `SecRule ARGS "@streq ${'%{tx'.repeat(10_000)}" id:1`],
    ['actions', `SecAction "id:1${',t:trim'.repeat(50_000)}"`],
    ['a long unknown name', `${'x'.repeat(500_000)} y`],
    ['continued lines', `SecAction "id:1,${'\\\n'.repeat(100_000)}pass"`],
    ['a mistake in each of many lines', `SecAction "id:1${',\\\nx'.repeat(10_000)}"`],
    ['white space', `SecRule ARGS "@pm a${' '.repeat(500_000)}b" id:1`],
  ])('%s', (_, text) => {
    // Quadratic work on these would not end within the time that a test has.
    check(text);
  });
});
