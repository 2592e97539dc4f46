/** What a value is asked; @rx and libinjection's two live elsewhere. As ModSecurity's. */
export { compileByteRange } from './byte-range.ts';
export { compareNumbers, compareText, leadingInteger } from './compare.ts';
export { urlEncoding, utf8Encoding } from './encodings.ts';
export type { Matcher } from './matcher.ts';
export { compileNetworks } from './networks.ts';
export { compilePhrases } from './phrases.ts';
