import type { Macro, Operator } from '../ir.ts';
import type { Faults } from './fault.ts';
import { isPlain, readMacro } from './macro.ts';
import { decimal, isNetwork } from './network.ts';
import { type Phrases, readPhraseFiles, readPhrases } from './phrases.ts';
import { REFUSED_OPERATORS } from './refused.ts';
import { cut, isBlank, placeAt, type Text, trimmed } from './text.ts';
import { isNameByte } from './variables.ts';

export interface Test {
  readonly operator: Operator;
  readonly negated: boolean;
}

type Read = (argument: Text, context: Context) => Operator | null;
interface Context {
  readonly faults: Faults;
  readonly phrases: Phrases;
}

const compared =
  (name: 'streq' | 'contains' | 'containsWord' | 'beginsWith' | 'endsWith' | 'within'): Read =>
  (argument, { faults }) => {
    if (wanting(argument, 'a text', faults)) return null;
    return { name, value: readMacro(argument, faults) };
  };

const counted =
  (name: 'eq' | 'ne' | 'ge' | 'gt' | 'le' | 'lt'): Read =>
  (argument, { faults }) => {
    const number = trimmed(argument);
    if (wanting(number, 'a number', faults)) return null;
    const value: Macro = readMacro(number, faults);
    if (isPlain(value) && !isInteger(value)) {
      faults.on(number, 'not a whole number', 'digits, or a variable');
      return null;
    }
    return { name, value };
  };

const bare =
  (
    name: 'always' | 'validateUrlEncoding' | 'validateUtf8Encoding' | 'detectSQLi' | 'detectXSS',
  ): Read =>
  (argument, { faults }) => {
    if (trimmed(argument).value !== '') faults.on(argument, `@${name} takes nothing`, 'the end');
    return { name };
  };

const rx: Read = (argument, { faults }) => {
  if (wanting(argument, 'a regex', faults)) return null;
  const open = macroIn(argument.value);
  if (open < 0) return { name: 'rx', pattern: argument.value };
  const rest = cut(argument, open, argument.value.length);
  faults.on(rest, 'a variable in a regex', 'plain text, or \\%{');
  return null;
};

const pm: Read = (argument, { faults }) => {
  const phrases = readPhrases(argument, faults);
  return phrases && { name: 'pm', phrases, file: null };
};

const pmFromFile: Read = (argument, { faults, phrases }) => {
  const lines = readPhraseFiles(argument, phrases, faults);
  return lines && { name: 'pm', phrases: lines, file: trimmed(argument).value };
};

const ipMatch: Read = (argument, { faults }) => {
  const networks: string[] = [];
  let from = 0;
  for (const part of argument.value.split(',')) {
    const network = trimmed(cut(argument, from, from + part.length));
    from += part.length + 1;
    if (isNetwork(network.value)) networks.push(network.value);
    else faults.on(network, 'not an address', 'addresses or networks, parted by commas');
  }
  return { name: 'ipMatch', networks };
};

const ipMatchFromFile: Read = (argument, { faults, phrases }) => {
  const networks = readPhraseFiles(argument, phrases, faults)?.map((line) => line.trim());
  if (networks === undefined) return null;
  const wrong = networks.find((network) => !isNetwork(network));
  if (wrong === undefined) return { name: 'ipMatch', networks };
  const message = `not an address, in ${argument.value}`;
  faults.at(placeAt(argument, 0), message, wrong, 'an address or a network a line');
  return null;
};

const validateByteRange: Read = (argument, { faults }) => {
  const ranges: (readonly [number, number])[] = [];
  let from = 0;
  for (const part of argument.value.split(',')) {
    const range = trimmed(cut(argument, from, from + part.length));
    from += part.length + 1;
    const dash = range.value.indexOf('-');
    const low = decimal(dash < 0 ? range.value : range.value.slice(0, dash), 3);
    const high = dash < 0 ? low : decimal(range.value.slice(dash + 1), 3);
    if (low >= 0 && low <= high && high <= 255) ranges.push([low, high]);
    else faults.on(range, 'not a range of bytes', 'numbers of 0 to 255, such as 9,32-126');
  }
  return { name: 'validateByteRange', ranges };
};

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['rx', rx],
  ['pm', pm],
  ...(['pmf', 'pmfromfile'] as const).map((name) => [name, pmFromFile] as const),
  ...(['eq', 'ne', 'ge', 'gt', 'le', 'lt'] as const).map((name) => [name, counted(name)] as const),
  ...(['streq', 'contains', 'within'] as const).map((name) => [name, compared(name)] as const),
  // ModSecurity's strmatch searches a text as contains does; what differs is the algorithm.
  ['strmatch', compared('contains')],
  ['containsword', compared('containsWord')],
  ['beginswith', compared('beginsWith')],
  ['endswith', compared('endsWith')],
  ['validatebyterange', validateByteRange],
  ['validateurlencoding', bare('validateUrlEncoding')],
  ['validateutf8encoding', bare('validateUtf8Encoding')],
  ['ipmatch', ipMatch],
  ...(['ipmatchf', 'ipmatchfromfile'] as const).map((name) => [name, ipMatchFromFile] as const),
  ['detectsqli', bare('detectSQLi')],
  ['detectxss', bare('detectXSS')],
  ['unconditionalmatch', bare('always')],
]);
/** As written. */
const NAMES = [
  ...['rx', 'pm', 'pmFromFile', 'eq', 'ge', 'gt', 'le', 'lt', 'streq', 'contains', 'within'],
  ...['containsWord', 'beginsWith', 'endsWith', 'validateByteRange', 'validateUrlEncoding'],
  ...['validateUtf8Encoding', 'ipMatch', 'ipMatchFromFile', 'detectSQLi', 'detectXSS'],
  'unconditionalMatch',
];

/** `!@rx …`; without an @ it is a regex. @returns null after a mistake */
export function readOperator(text: Text, phrases: Phrases, faults: Faults): Test | null {
  const { value } = text;
  const negated = value.startsWith('!');
  const at = skipBlanks(value, negated ? 1 : 0);
  if (value[at] !== '@') {
    const operator = rx(cut(text, at, value.length), { faults, phrases });
    return operator && { operator, negated };
  }
  let end = at + 1;
  while (end < value.length && isNameByte(value.charCodeAt(end))) end++;
  const name = cut(text, at + 1, end);
  const read = READERS.get(name.value.toLowerCase());
  if (read === undefined) {
    const instead = REFUSED_OPERATORS.get(name.value.toLowerCase());
    if (instead === undefined) faults.unknown(name, 'operator', NAMES, 'an operator, such as @rx');
    else faults.on(name, 'an operator that this firewall does not have', instead);
    return null;
  }
  if (end < value.length && !isBlank(value.charCodeAt(end))) {
    faults.on(cut(text, end, value.length), 'text behind the operator', 'white space');
    return null;
  }
  const operator = read(cut(text, skipBlanks(value, end), value.length), { faults, phrases });
  return operator && { operator, negated };
}

function wanting(argument: Text, what: string, faults: Faults): boolean {
  if (argument.value === '') faults.on(argument, 'an operator without its argument', what);
  return argument.value === '';
}

/** Of `%{name`; a regex may repeat a percent sign: `%{2}`. A backslash in front takes its meaning away. */
function macroIn(pattern: string): number {
  let open = pattern.indexOf('%{');
  while (open >= 0) {
    const byte = pattern.charCodeAt(open + 2);
    const digit = byte >= 0x30 && byte <= 0x39;
    if (isNameByte(byte) && !digit && pattern[open - 1] !== '\\') return open;
    open = pattern.indexOf('%{', open + 2);
  }
  return -1;
}

function isInteger(text: string): boolean {
  return decimal(text.startsWith('-') ? text.slice(1) : text, 15) >= 0;
}

function skipBlanks(value: string, from: number): number {
  let at = from;
  while (at < value.length && isBlank(value.charCodeAt(at))) at++;
  return at;
}
