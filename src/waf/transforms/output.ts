/**
 * Where transformations write. They are synchronous and none calls another, so one piece of memory
 * serves all of them; what is larger than it gets its own, which is forgotten afterwards.
 */
const SHARED_BYTES = 64 * 1024;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);

/** Room for at most so many bytes; good until the next call. */
export const roomFor = (bytes: number): Buffer =>
  bytes <= SHARED_BYTES ? shared : Buffer.allocUnsafeSlow(bytes);

/** Room for `bytes`, with the first `count` bytes of the value in it already. */
export function roomAfter(value: string, count: number, bytes = value.length): Buffer {
  const out = roomFor(bytes);
  for (let i = 0; i < count; i++) out[i] = value.charCodeAt(i);
  return out;
}

/** What was written so far. */
export const written = (out: Buffer, bytes: number): string => out.latin1Slice(0, bytes);
