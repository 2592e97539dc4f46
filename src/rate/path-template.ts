/**
 * A path with what differs from user to user taken out: segments that are a number, a UUID (RFC 9562) or
 * eight and more hexadecimal digits with a decimal one among them become `:id`. After eight segments
 * `*` stands for the rest, so nobody can make more of them than an application has.
 */
const MOST_SEGMENTS = 8;
const LONGEST_SEGMENT = 64;
const SHORTEST_HEX = 8;
const UUID_LENGTH = 36;
const HYPHEN = 0x2d;

/** @param path normalised */
export function pathTemplate(path: string): string {
  let out = '';
  let kept = 1;
  let segments = 0;
  for (let start = 1; start <= path.length; ) {
    let end = path.indexOf('/', start);
    if (end < 0) end = path.length;
    if (segments++ === MOST_SEGMENTS) return `${out}${path.slice(kept - 1, start)}*`;
    const id = isId(path, start, end);
    if (id || end - start > LONGEST_SEGMENT) {
      out += `${path.slice(kept - 1, start)}${id ? ':id' : `${path.slice(start, start + LONGEST_SEGMENT)}…`}`;
      kept = end + 1;
    }
    start = end + 1;
  }
  return out === '' ? path : out + path.slice(kept - 1);
}

function isId(path: string, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0) return false;
  const dashed = length === UUID_LENGTH;
  let decimals = 0;
  for (let i = start; i < end; i++) {
    const c = path.charCodeAt(i);
    if (c >= 0x30 && c <= 0x39) decimals++;
    else if (dashed && isDashPlace(i - start)) {
      if (c !== HYPHEN) return false;
    } else {
      const lower = c | 0x20;
      if (lower < 0x61 || lower > 0x66) return false;
    }
  }
  if (decimals === length) return true;
  if (dashed && path.charCodeAt(start + 8) === HYPHEN) return true;
  return length >= SHORTEST_HEX && decimals > 0;
}

const isDashPlace = (at: number): boolean => at === 8 || at === 13 || at === 18 || at === 23;
