/** Names of fields in native rules → variables of the form that all rules have. */
import type { Collection, Exclusion, Scalar, Selector, Target } from '../ir.ts';
import { fromBytes, toBytes } from './text.ts';

const ALL: Selector = { kind: 'all' };

const SCALAR_FIELDS: Readonly<Record<string, Scalar>> = {
  method: 'REQUEST_METHOD',
  path: 'ROUTE_PATH',
  decodedPath: 'REQUEST_FILENAME',
  rawPath: 'REQUEST_URI',
  query: 'QUERY_STRING',
  protocol: 'REQUEST_PROTOCOL',
  requestLine: 'REQUEST_LINE',
  ip: 'REMOTE_ADDR',
  country: 'COUNTRY',
  uid: 'UID',
  zone: 'ZONE',
  app: 'ROUTE',
  body: 'REQUEST_BODY',
  bodyBytes: 'REQUEST_BODY_LENGTH',
  bodyKind: 'REQBODY_PROCESSOR',
  bodyFault: 'REQBODY_ERROR',
  bodyTruncated: 'INBOUND_DATA_ERROR',
  argsBytes: 'ARGS_COMBINED_SIZE',
  filesBytes: 'FILES_COMBINED_SIZE',
  status: 'RESPONSE_STATUS',
  answerBody: 'RESPONSE_BODY',
};

const LIST_FIELDS: Readonly<Record<string, Collection>> = {
  args: 'ARGS',
  argNames: 'ARGS_NAMES',
  queryArgs: 'ARGS_GET',
  bodyArgs: 'ARGS_POST',
  headers: 'REQUEST_HEADERS',
  headerNames: 'REQUEST_HEADERS_NAMES',
  cookies: 'REQUEST_COOKIES',
  cookieNames: 'REQUEST_COOKIES_NAMES',
  files: 'FILES',
  fileFields: 'FILES_NAMES',
  partHeaders: 'MULTIPART_PART_HEADERS',
  xmlText: 'XML_TEXT',
  xmlAttributes: 'XML_ATTRIBUTES',
  answerHeaders: 'RESPONSE_HEADERS',
};

const KEYED_FIELDS: Readonly<Record<string, Collection>> = {
  arg: 'ARGS',
  queryArg: 'ARGS_GET',
  bodyArg: 'ARGS_POST',
  argName: 'ARGS_NAMES',
  header: 'REQUEST_HEADERS',
  headerName: 'REQUEST_HEADERS_NAMES',
  cookie: 'REQUEST_COOKIES',
  cookieName: 'REQUEST_COOKIES_NAMES',
  file: 'FILES',
  fileField: 'FILES_NAMES',
  partHeader: 'MULTIPART_PART_HEADERS',
  answerHeader: 'RESPONSE_HEADERS',
};

export const FIELD_NAMES: readonly string[] = [
  ...Object.keys(SCALAR_FIELDS),
  ...Object.keys(LIST_FIELDS),
  ...Object.keys(KEYED_FIELDS).map((name) => `${name}:NAME`),
];

/** @param field as in YAML. @returns undefined: there is no such field */
export function fieldTarget(field: string, count: boolean): Target | undefined {
  const colon = field.indexOf(':');
  if (colon >= 0) {
    const name = KEYED_FIELDS[field.slice(0, colon)];
    const selector = selectorOf(toBytes(field.slice(colon + 1)));
    return name && { kind: 'collection', name, selector, count };
  }
  const scalar = SCALAR_FIELDS[field];
  if (scalar !== undefined) return { kind: 'scalar', name: scalar };
  const name = LIST_FIELDS[field];
  return name && { kind: 'collection', name, selector: ALL, count };
}

/** A `*` in a name stands for anything: `arg:json.lines.*.sku`. */
function selectorOf(name: string): Selector {
  if (!name.includes('*')) return { kind: 'key', key: name.toLowerCase() };
  const parts = name.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\/]/g, '\\$&'));
  return { kind: 'regex', source: `(?i)^${parts.join('.*')}$` };
}

const inverse = <V extends string>(
  fields: Readonly<Record<string, V>>,
): ReadonlyMap<string, string> =>
  new Map(Object.entries(fields).map(([field, name]) => [name, field]));

const FIELD_OF_SCALAR = inverse(SCALAR_FIELDS);
const FIELD_OF_LIST = inverse(LIST_FIELDS);
const FIELD_OF_KEYED = inverse(KEYED_FIELDS);

/**
 * The way back: from a variable as events and rules name it (`ARGS:comment`, a byte string) to the field
 * that an exclusion names (`arg:comment`). A member without a name gives the whole list.
 * @returns null: no field says the same, as for what rules themselves have set, or a name that is no UTF-8
 */
export function fieldOfTarget(target: string): string | null {
  if (target === 'XML:/*') return 'xmlText';
  if (target === 'XML://@*') return 'xmlAttributes';
  const colon = target.indexOf(':');
  if (colon < 0) return FIELD_OF_SCALAR.get(target) ?? FIELD_OF_LIST.get(target) ?? null;
  const field = FIELD_OF_KEYED.get(target.slice(0, colon));
  const key = fromBytes(target.slice(colon + 1));
  return field === undefined || key === null ? null : `${field}:${key}`;
}

/** Of what the field names, as rules leave it out. @returns undefined: there is no such field */
export function exclusionOfField(field: string): Exclusion | undefined {
  const target = fieldTarget(field, false);
  if (target === undefined) return undefined;
  return { name: target.name, selector: target.kind === 'collection' ? target.selector : ALL };
}
