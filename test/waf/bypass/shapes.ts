/** Requests as bytes, for the matrix of ways around a firewall. Everything is a byte string. */

const HEAD = 'Host: shop.test\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n';

/** The bytes of a text in UTF-8. */
export const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
export const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');

/** What is not a letter or a digit, as %XX. */
export const escaped = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9]/g, (c) => `%${hex(c.charCodeAt(0), 2)}`);
/** Every byte as %XX. */
export const escapedAll = (text: string): string =>
  Array.from(text, (c) => `%${hex(c.charCodeAt(0), 2)}`).join('');
/** IIS: %uXXXX. */
export const escapedU = (text: string): string =>
  Array.from(text, (c) => `%u${hex(c.charCodeAt(0), 4)}`).join('');
/** The Unicode letters of double width, in UTF-8, escaped. */
export const fullWidth = (text: string): string =>
  escaped(utf8(Array.from(text, (c) => (c > ' ' && c <= '~' ? wide(c) : c)).join('')));
const wide = (c: string): string => String.fromCharCode(c.charCodeAt(0) + 0xfee0);
/** Each ASCII byte as the two bytes of UTF-8 that must not stand for it. */
export const overlong = (text: string): string =>
  Array.from(
    text,
    (c) => `%${hex(0xc0 | (c.charCodeAt(0) >> 6), 2)}%${hex(0x80 | (c.charCodeAt(0) & 63), 2)}`,
  ).join('');
export const mixedCase = (text: string): string =>
  Array.from(text, (c, i) => (i % 2 === 0 ? c.toUpperCase() : c.toLowerCase())).join('');
export const unicodeEscapes = (text: string): string =>
  Array.from(text, (c) => `\\u${hex(c.charCodeAt(0), 4)}`).join('');
export const htmlEscapes = (text: string): string =>
  Array.from(text, (c) => `&#x${c.charCodeAt(0).toString(16)};`).join('');

const hex = (n: number, digits: number): string =>
  n.toString(16).toUpperCase().padStart(digits, '0');

/** @param lines more header lines, each with CRLF */
export const get = (target: string, lines = ''): string =>
  `GET ${target} HTTP/1.1\r\n${HEAD}${lines}\r\n`;

/** @param type '' for none */
export const post = (type: string, body: string, lines = ''): string =>
  `POST /order HTTP/1.1\r\n${HEAD}${type === '' ? '' : `Content-Type: ${type}\r\n`}${lines}` +
  `Content-Length: ${body.length}\r\n\r\n${body}`;

/** @param chunks as they stand on the wire */
export const chunked = (type: string, chunks: string, lines = ''): string =>
  `POST /order HTTP/1.1\r\n${HEAD}Content-Type: ${type}\r\n${lines}` +
  `Transfer-Encoding: chunked\r\n\r\n${chunks}`;

export const FORM = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';
export const MULTIPART = 'multipart/form-data; boundary=BoundaryXyz';
export const NAME = 'Content-Disposition: form-data; name="note"';

/** One part with its delimiter before it. */
export const part = (content: string, head = NAME): string =>
  `--BoundaryXyz\r\n${head}\r\n\r\n${content}\r\n`;
export const multipart = (...parts: readonly string[]): string =>
  `${parts.join('')}--BoundaryXyz--\r\n`;
