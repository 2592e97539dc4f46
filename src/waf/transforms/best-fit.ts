/**
 * Windows turns characters that a code page lacks into ones that look alike: U+2215 becomes a slash.
 * This is its table for US-ASCII, code page 20127, the one that CRS recommends, and of the one for
 * 1252 what else becomes punctuation. Most of it follows from Unicode's decompositions; the rest is
 * listed as the code in hexadecimal, a colon and the character.
 */
const LISTED =
  '00a1:! 00a2:c 00a4:$ 00a5:Y 00a6:| 00a9:C 00aa:a 00ab:< 00ad:- 00ae:R 00b2:2 00b3:3 00b7:. 00b8:, 00b9:1 00ba:o 00bb:> ' +
  '00c6:A 00d0:D 00d8:O 00e6:a 00f8:o 0110:D 0111:d 0126:H 0127:h 0131:i 0141:L 0142:l ' +
  '0152:O 0153:o 0166:T 0167:t 0180:b 0189:D 0191:F 0192:f 0197:I 019a:l 019f:O 01ab:t ' +
  "01ae:T 01b6:z 01c0:| 01c3:! 01e4:G 01e5:g 0261:g 02b9:' 02ba:\" 02bc:' 02c4:^ 02c6:^ " +
  '02c8:\' 02cb:` 02cd:_ 02dc:~ 0300:` 0302:^ 0303:~ 030e:" 0331:_ 0332:_ 037e:; 04bb:h ' +
  '0589:: 066a:% 2010:- 2011:- 2013:- 2014:- 2017:_ 2018:\' 2019:\' 201a:, 201c:" 201d:" ' +
  '201e:" 2022:. 2026:. 2032:\' 2035:` 2039:< 203a:> 203c:! 2044:/ 2118:P 2122:T 212e:e ' +
  '2212:- 2215:/ 2216:\\ 2217:* 2223:| 2236:: 223c:~ 2303:^ 2329:< 232a:> 2758:| 3008:< ' +
  '3009:> 301a:[ 301b:]';
/** Codes whose decomposition starts with the ASCII character they are taken for. */
const DECOMPOSED: readonly (readonly [from: number, to: number, form: 'NFD' | 'NFKD'])[] = [
  [0x00c0, 0x01f0, 'NFD'], // Latin letters with marks
  [0x2000, 0x2006, 'NFKD'], // spaces
  [0x2070, 0x2089, 'NFKD'], // superscript and subscript digits
  [0x2102, 0x2134, 'NFKD'], // letter-like symbols
  [0xff01, 0xff5e, 'NFKD'], // full-width ASCII
];

const TABLE = new Uint8Array(0x10000);
for (const [from, to, form] of DECOMPOSED) {
  for (let code = from; code <= to; code++) {
    const first = String.fromCharCode(code).normalize(form).charCodeAt(0);
    if (first < 0x80) TABLE[code] = first;
  }
}
for (const entry of LISTED.split(' ')) {
  TABLE[Number.parseInt(entry.slice(0, 4), 16)] = entry.charCodeAt(5);
}
TABLE[0x00a0] = 0x20;
TABLE[0x3000] = 0x20;

/** The low byte of U+FF01 … U+FF5E plus this is the ASCII character. */
const FULL_WIDTH_SHIFT = 0x20;

/** @returns the byte for a code of 16 bits; its low byte where nothing looks alike */
export const bestFit = (code: number): number => TABLE[code]! || code & 0xff;

/** For escapes that know no code page: the low byte, and full-width ASCII as ASCII. */
export function narrow(code: number): number {
  const low = code & 0xff;
  return code >> 8 === 0xff && low > 0 && low < 0x5f ? low + FULL_WIDTH_SHIFT : low;
}
