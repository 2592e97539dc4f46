/** Signature bits of bytes that transformations are about. */
import { signatureOf } from '../signature.ts';

const hiOf = (bytes: string): number => signatureOf(bytes).hi;

export const HIGH = hiOf('\x80');
export const NUL = hiOf('\0');
export const LETTERS = hiOf('abcdefghijklmnopqrstuvwxyz');
/** Tab and space, CR and LF, vertical tab and form feed. */
export const SPACES = hiOf(' \n\v');
