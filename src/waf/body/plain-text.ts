/**
 * A body of no type, or of `text/plain`: nothing says how it is read, and some applications parse whatever
 * comes (browsers' beacons send JSON so; forms can be sent so across origins). What looks like JSON or a form
 * is read as that; what does not, or breaks off, is shown as it is. Nothing here is a fault: text may be anything.
 */
import { Gather } from './gather.ts';
import { readJson } from './json.ts';
import { readUrlencoded } from './urlencoded.ts';

/** Between two pieces of a long text: an attack that is cut stands whole in one of them. */
const OVERLAP_BYTES = 256;
/** A name as forms have it, and what follows. */
const LIKE_A_FORM = /^[^\s&=<>"']{1,128}=/;
const LIKE_JSON = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*[[{"]/;

export function readPlainText(text: string, gather: Gather): void {
  const reader = LIKE_JSON.test(text) ? readJson : LIKE_A_FORM.test(text) ? readUrlencoded : null;
  if (reader !== null && readsWhole(reader, text, gather)) return;
  const { valueBytes } = gather.limits;
  const step = Math.max(1, valueBytes - Math.min(OVERLAP_BYTES, valueBytes >> 1));
  for (let at = 0; at < text.length; at += step) {
    if (!gather.add('', text.slice(at, at + valueBytes), at) || at + valueBytes >= text.length)
      return;
  }
}

/** @returns true: there is nothing that its arguments do not show */
function readsWhole(reader: typeof readJson, text: string, gather: Gather): boolean {
  const own = new Gather(gather.limits, gather.truncated);
  reader(text, own);
  gather.args.push(...own.args);
  return own.fault === null || !own.fault.ambiguous;
}
