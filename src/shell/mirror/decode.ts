/** Bodies as they were before they were encoded for the way: bounded, and not on the thread that serves requests. */
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

type Then = (error: Error | null, plain: Buffer) => void;
type Decoder = (body: Buffer, options: { maxOutputLength: number }, then: Then) => void;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', brotliDecompress],
]);
/** Under way at once; of the four threads that the file system and look-ups need too. */
const MOST = 2;

let underWay = 0;

/**
 * @param most bytes, once decoded
 * @param then gets null for what can't be decoded
 * @returns false: too much is being decoded already, and `then` is never called
 */
export function decode(
  body: Buffer,
  encoding: string,
  most: number,
  then: (plain: Buffer | null) => void,
): boolean {
  if (encoding === '' || encoding === 'identity' || body.length === 0) {
    then(body);
    return true;
  }
  const decoder = DECODERS.get(encoding);
  if (decoder === undefined) {
    then(null);
    return true;
  }
  if (underWay >= MOST) return false;
  underWay++;
  decoder(body, { maxOutputLength: Math.max(1, most) }, (error, plain) => {
    underWay--;
    then(error === null ? plain : null);
  });
  return true;
}
