/** The two operators that read a value as an attacker's SQL or HTML. */
export { detectSqli } from './sqli.ts';
export { detectXss } from './xss.ts';
