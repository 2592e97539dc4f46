/**
 * FNV-1a over the UTF-16 code units' low bytes (ids are ASCII), then murmur3's 32-bit finaliser so
 * that every input bit reaches every output bit. Stable for ever: shards and A/B groups of running
 * services hang on it (test vectors in test/uid-router). 0 … 2^32-1.
 */
export function stableHash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ (text.charCodeAt(i) & 0xff), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
