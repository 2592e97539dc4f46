import { createHash } from 'node:crypto';
import { ANYTHING } from '../signature.ts';
import type { Transform } from './transform.ts';

const digest = (algorithm: string, value: string): string =>
  createHash(algorithm).update(value, 'latin1').digest('binary');

/** Twenty raw bytes; for people hexEncode comes next. */
export const sha1: Transform = {
  name: 'sha1',
  triggers: ANYTHING,
  apply: (value) => digest('sha1', value),
};
/** Sixteen raw bytes. */
export const md5: Transform = {
  name: 'md5',
  triggers: ANYTHING,
  apply: (value) => digest('md5', value),
};
/** The number of bytes, in decimal. */
export const length: Transform = {
  name: 'length',
  triggers: ANYTHING,
  apply: (value) => String(value.length),
};
