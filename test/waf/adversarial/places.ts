/** Where a hostile value can stand in a request. */
import { FORM, get, JSON_TYPE, post } from '../bypass/shapes.ts';

export const PLACES: Readonly<Record<string, (value: string) => string>> = {
  form: (v) => post(FORM, `q=${v.replaceAll(/[&%+;\0\r\n]/g, percent)}`),
  json: (v) => post(JSON_TYPE, `{"q":"${v.replaceAll(/["\\\x00-\x1f\x7f-\xff]/g, json)}"}`),
  header: (v) => get('/', `X-Note: ${plain(v)}\r\n`),
  cookie: (v) => get('/', `Cookie: a=${plain(v)}\r\n`),
};
const percent = (c: string): string => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
const json = (c: string): string => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
const plain = (v: string): string => v.replaceAll(/[\x00-\x1f\x7f]/g, ' ').trim();
