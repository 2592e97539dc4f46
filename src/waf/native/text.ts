/** Text of a configuration ⇄ bytes of a request, where it stands as UTF-8. */

/** @returns a byte string */
export const toBytes = (text: string): string => {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
};

/** @returns null: the bytes are not UTF-8, or begin with a byte order mark that would be lost */
export function fromBytes(bytes: string): string | null {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  } catch {
    return null;
  }
}
