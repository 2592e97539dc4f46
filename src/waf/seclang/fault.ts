import { nearestName } from '../../model/issue.ts';
import type { Place } from '../ir.ts';
import { placeAt, type Text } from './text.ts';

/** One mistake in the rules; lines and columns count from 1, columns in bytes. */
export interface SecFault {
  readonly place: Place;
  readonly message: string;
  readonly found: string;
  readonly expected: string;
}

/** Longer texts are cut where they are quoted. */
const FOUND_BYTES = 80;

/** Collects mistakes, so that a reader learns of all of them at once. */
export class Faults {
  readonly list: SecFault[] = [];

  at(place: Place, message: string, found: string, expected: string): void {
    const shown = found.length > FOUND_BYTES ? `${found.slice(0, FOUND_BYTES)}…` : found;
    this.list.push({ place, message, found: shown, expected });
  }

  /** @param text what is wrong; its first byte gives the place */
  on(text: Text, message: string, expected: string): void {
    this.at(placeAt(text, 0), message, text.value, expected);
  }

  /** A name that does not exist, with the one that was probably meant. */
  unknown(text: Text, what: string, known: readonly string[], expected: string): void {
    const near = nearestName(text.value.slice(0, FOUND_BYTES), known);
    const meant = near === undefined ? expected : `${near}?`;
    this.on(text, `unknown ${what}`, meant);
  }
}

/** `rules.conf:12:3: unknown variable: found ARG, expected ARGS?` */
export function faultText({ place, message, found, expected }: SecFault): string {
  return `${place.file}:${place.line}:${place.column}: ${message}: found ${found === '' ? 'nothing' : found}, expected ${expected}`;
}
