/** Names of fields in native rules → variables of the form that all rules have. */
import type { Collection, Scalar, Selector, Target } from '../ir.ts';

const ALL: Selector = { kind: 'all' };

const SCALAR_FIELDS: Readonly<Record<string, Scalar>> = {
  method: 'REQUEST_METHOD',
  path: 'REQUEST_FILENAME',
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
  header: 'REQUEST_HEADERS',
  cookie: 'REQUEST_COOKIES',
  file: 'FILES',
  answerHeader: 'RESPONSE_HEADERS',
};

export const FIELD_NAMES: readonly string[] = [
  ...Object.keys(SCALAR_FIELDS),
  ...Object.keys(LIST_FIELDS),
  ...Object.keys(KEYED_FIELDS).map((name) => `${name}:NAME`),
];

/** @returns undefined: there is no such field */
export function fieldTarget(field: string, count: boolean): Target | undefined {
  const colon = field.indexOf(':');
  if (colon >= 0) {
    const name = KEYED_FIELDS[field.slice(0, colon)];
    const key = field.slice(colon + 1).toLowerCase();
    return name && { kind: 'collection', name, selector: { kind: 'key', key }, count };
  }
  const scalar = SCALAR_FIELDS[field];
  if (scalar !== undefined) return { kind: 'scalar', name: scalar };
  const name = LIST_FIELDS[field];
  return name && { kind: 'collection', name, selector: ALL, count };
}
