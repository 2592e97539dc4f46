/** Bytes to send, and how they are cut. */

/** Bytes of all kinds. */
export function noise(length: number, seed: number): string {
  const all = Buffer.alloc(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    all[i] = x >>> 16;
  }
  return all.toString('latin1');
}

/** In pieces that end where it is cut. */
export function pieces(text: string, cuts: readonly number[]): string[] {
  const ends = [...cuts.filter((c) => c > 0 && c < text.length), text.length].sort((a, b) => a - b);
  return ends.map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1], end)).filter((p) => p !== '');
}

export const inChunks = (text: string, cuts: readonly number[]): string =>
  `${pieces(text, cuts)
    .map((p) => `${p.length.toString(16)};x=1\r\n${p}\r\n`)
    .join('')}0\r\n\r\n`;

/** Payload of a whole chunked body. */
export function unchunked(text: string): string {
  let out = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return out;
    out += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
