/**
 * What is done to a value before an operator sees it: byte string to byte string, in one pass. They do
 * what ModSecurity's do; where its versions 2 and 3 differ, what CRS's tests were written for, which is
 * version 2. Its slips are not taken over: C strings that end at a NUL, a path's part like `a..` taken
 * for a way up, a byte behind a comment that nobody looks at.
 */
import type { TransformName } from '../ir.ts';
import { ANYTHING, meets, type Signature } from '../signature.ts';
import { base64Decode, base64DecodeExt } from './base64.ts';
import { cmdLine } from './command-line.ts';
import { removeComments, removeCommentsChar, replaceComments } from './comments.ts';
import { length, md5, sha1 } from './digest.ts';
import { cssDecode, escapeSeqDecode, jsDecode } from './escapes.ts';
import { hexDecode, hexEncode, sqlHexDecode } from './hex.ts';
import { htmlEntityDecode } from './html.ts';
import { lowercase, uppercase } from './letters.ts';
import { removeNulls, replaceNulls } from './nulls.ts';
import { normalizePath, normalizePathWin } from './path.ts';
import { compressWhitespace, removeWhitespace, trim, trimLeft, trimRight } from './space.ts';
import type { Transform } from './transform.ts';
import { urlDecode, urlDecodeUni, urlEncode } from './url.ts';
import { utf8toUnicode } from './utf8.ts';

export type { Transform } from './transform.ts';

export const TRANSFORM: Readonly<Record<TransformName, Transform>> = {
  base64Decode,
  base64DecodeExt,
  cmdLine,
  compressWhitespace,
  cssDecode,
  escapeSeqDecode,
  hexDecode,
  hexEncode,
  htmlEntityDecode,
  jsDecode,
  length,
  lowercase,
  md5,
  normalizePath,
  normalizePathWin,
  removeComments,
  removeCommentsChar,
  removeNulls,
  removeWhitespace,
  replaceComments,
  replaceNulls,
  sha1,
  sqlHexDecode,
  trim,
  trimLeft,
  trimRight,
  uppercase,
  urlDecode,
  urlDecodeUni,
  urlEncode,
  utf8toUnicode,
};

/** May it change a value of this signature? */
export const mayChange = (transform: Transform, signature: Signature): boolean =>
  transform.triggers === ANYTHING || meets(transform.triggers, signature);
