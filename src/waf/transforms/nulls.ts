import { NUL } from './kinds.ts';
import type { Transform } from './transform.ts';

const triggers = { lo: 0, hi: NUL };

export const removeNulls: Transform = {
  name: 'removeNulls',
  triggers,
  apply: (value) => (value.includes('\0') ? value.replaceAll('\0', '') : value),
};
/** A NUL becomes a space. */
export const replaceNulls: Transform = {
  name: 'replaceNulls',
  triggers,
  apply: (value) => (value.includes('\0') ? value.replaceAll('\0', ' ') : value),
};
