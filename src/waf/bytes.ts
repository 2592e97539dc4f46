/** What single bytes are, in ASCII: no locale, bytes above 0x7f are no letters. */

/** Value of a hexadecimal digit, else -1. */
export const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16);
  HEX[digit.charCodeAt(0)] = i;
  HEX[digit.toUpperCase().charCodeAt(0)] = i;
}

export const isUpper = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
export const isLower = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;
export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
export const isOctal = (byte: number): boolean => byte >= 0x30 && byte <= 0x37;
export const isAlphanumeric = (byte: number): boolean =>
  isDigit(byte) || isLower(byte) || isUpper(byte);
/** C's isspace: tab, line feed, vertical tab, form feed, carriage return, space. */
export const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** The two hexadecimal digits at `at` as a byte; -1 if there are none. Beyond the end is none. */
export function hexPair(value: string, at: number): number {
  if (at + 1 >= value.length) return -1;
  const high = HEX[value.charCodeAt(at)]!;
  const low = HEX[value.charCodeAt(at + 1)]!;
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}
