/** A request's variables: made when first asked for, most never. */
import type { BodyReading, Named } from '../body/index.ts';
import { percentDecode, type Split, splitCookies, splitQuery } from '../body/index.ts';
import type { Collection, Scalar } from '../ir.ts';
import type { HeaderList, RequestInput, ResponseInput } from './input.ts';
import { Member } from './member.ts';

/** What a transaction knows of the request's body. */
export interface BodyFacts {
  readonly reading: BodyReading;
  /** All of it, or as much as was inspected. */
  readonly bytes: string;
  /** There is more than that. */
  readonly truncated: boolean;
}

export interface AnswerFacts {
  readonly head: ResponseInput;
  /** Text as far as it was inspected; '' while, or where, no body is looked at. */
  readonly body: string;
}

const MAX_ARGS = 1000;

export class Variables {
  readonly request: RequestInput;
  body: BodyFacts | null = null;
  answer: AnswerFacts | null = null;
  /** As rules name it: '' where the content type says nothing of a body that can be read. */
  processor = '';
  forcedBody = false;
  readonly #lists = new Map<Collection, readonly Member[]>();
  readonly #scalars = new Map<Scalar, Member | null>();
  #query: readonly Named[] | null = null;

  constructor(request: RequestInput) {
    this.request = request;
  }

  bodyRead(body: BodyFacts): void {
    this.body = body;
    for (const name of OF_BODY) this.#lists.delete(name);
    for (const name of SCALARS_OF_BODY) this.#scalars.delete(name);
  }

  /** REQUEST_BODY holds the body whatever its type. */
  forceBody(): void {
    this.forcedBody = true;
    this.#scalars.delete('REQUEST_BODY');
  }

  answered(answer: AnswerFacts): void {
    this.answer = answer;
    this.#lists.delete('RESPONSE_HEADERS');
    this.#lists.delete('RESPONSE_HEADERS_NAMES');
    for (const name of SCALARS_OF_ANSWER) this.#scalars.delete(name);
  }

  list(name: Collection): readonly Member[] {
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    this.#lists.set(name, made);
    return made;
  }

  /** null: there is no such thing in this request. */
  scalar(name: Scalar): Member | null {
    const known = this.#scalars.get(name);
    if (known !== undefined) return known;
    const value = this.#valueOf(name);
    const made = value === null ? null : new Member(name, '', value);
    this.#scalars.set(name, made);
    return made;
  }

  #make(name: Collection): readonly Member[] {
    switch (name) {
      case 'ARGS':
        return [
          ...this.#named('ARGS', this.#queryArgs()),
          ...this.#named('ARGS', this.#bodyArgs()),
        ];
      case 'ARGS_NAMES':
        return [...names(name, this.#queryArgs()), ...names(name, this.#bodyArgs())];
      case 'ARGS_GET':
        return this.#named(name, this.#queryArgs());
      case 'ARGS_GET_NAMES':
        return names(name, this.#queryArgs());
      case 'ARGS_POST':
        return this.#named(name, this.#bodyArgs());
      case 'ARGS_POST_NAMES':
        return names(name, this.#bodyArgs());
      case 'REQUEST_HEADERS':
        return this.request.headers.map(([key, value]) => new Member(name, key, value));
      case 'REQUEST_HEADERS_NAMES':
        return this.request.headers.map(([key]) => new Member(name, key, key));
      case 'REQUEST_COOKIES':
        return this.#named(name, cookiesOf(this.request.headers));
      case 'REQUEST_COOKIES_NAMES':
        return names(name, cookiesOf(this.request.headers));
      case 'RESPONSE_HEADERS':
        return (this.answer?.head.headers ?? []).map(
          ([key, value]) => new Member(name, key, value),
        );
      case 'RESPONSE_HEADERS_NAMES':
        return (this.answer?.head.headers ?? []).map(([key]) => new Member(name, key, key));
      case 'FILES':
        return this.#files().map((f) => new Member(name, f.field, f.filename));
      case 'FILES_NAMES':
        return this.#files().map((f) => new Member(name, f.field, f.field));
      case 'FILES_SIZES':
        return this.#files().map((f) => new Member(name, f.field, String(f.bytes)));
      case 'MULTIPART_PART_HEADERS':
        return this.#named(name, this.body?.reading.partHeaders ?? []);
      case 'XML_TEXT':
        return (this.body?.reading.xml?.text ?? []).map((t) => new Member('XML', '/*', t));
      case 'XML_ATTRIBUTES':
        return (this.body?.reading.xml?.attributes ?? []).map((t) => new Member('XML', '//@*', t));
      case 'TX':
      case 'MATCHED_VARS':
      case 'MATCHED_VARS_NAMES':
        throw new Error(`${name} belongs to the transaction`);
    }
  }

  #queryArgs(): readonly Named[] {
    this.#query ??= itemsOf(splitQuery(this.request.query, MAX_ARGS));
    return this.#query;
  }

  /** What could not be read any more is still looked at. */
  #bodyArgs(): readonly Named[] {
    const reading = this.body?.reading;
    if (reading === undefined) return [];
    return reading.rest === ''
      ? reading.args
      : [...reading.args, { name: '', value: reading.rest }];
  }

  #files(): BodyReading['files'] {
    return this.body?.reading.files ?? [];
  }

  #named(of: string, pairs: readonly Named[]): Member[] {
    const made: Member[] = [];
    for (const { name, value } of pairs) made.push(new Member(of, name, value));
    return made;
  }

  #valueOf(name: Scalar): string | null {
    const { request } = this;
    switch (name) {
      case 'REQUEST_METHOD':
        return request.method;
      case 'REQUEST_URI':
        return request.query === '' && !request.target.includes('?')
          ? request.path
          : `${request.path}?${request.query}`;
      case 'REQUEST_URI_RAW':
        return request.target;
      case 'REQUEST_LINE':
        return `${request.method} ${request.target} ${request.protocol}`;
      case 'REQUEST_FILENAME':
        return percentDecode(request.path);
      case 'REQUEST_BASENAME': {
        const path = percentDecode(request.path);
        return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
      }
      case 'REQUEST_PROTOCOL':
        return request.protocol;
      case 'QUERY_STRING':
        return request.query;
      case 'REMOTE_ADDR':
        return request.remote;
      case 'UNIQUE_ID':
        return request.requestId;
      case 'ROUTE':
        return request.app;
      case 'ROUTE_PATH':
        return percentDecode(request.normalPath ?? request.path);
      case 'UID':
        return request.uid;
      case 'ZONE':
        return request.zone;
      case 'COUNTRY':
        return request.country;
      case 'RESPONSE_STATUS':
        return this.answer === null ? null : String(this.answer.head.status);
      case 'RESPONSE_PROTOCOL':
        return this.answer?.head.protocol ?? null;
      case 'RESPONSE_BODY':
        return this.answer?.body ?? null;
      case 'RESPONSE_CONTENT_TYPE':
        return headerOf(this.answer?.head.headers ?? [], 'content-type');
      case 'RESPONSE_CONTENT_LENGTH':
        return headerOf(this.answer?.head.headers ?? [], 'content-length');
      case 'OUTBOUND_DATA_ERROR':
        return '0';
      case 'REQBODY_PROCESSOR':
        return this.processor;
      case 'DURATION':
      case 'MATCHED_VAR':
      case 'MATCHED_VAR_NAME':
        return null;
      default:
        return this.#ofBody(name);
    }
  }

  #ofBody(name: BodyScalar): string | null {
    const { body } = this;
    switch (name) {
      case 'REQUEST_BODY':
        if (body === null) return null;
        return body.reading.kind === 'urlencoded' || this.forcedBody ? body.bytes : '';
      case 'REQUEST_BODY_LENGTH':
        return body === null ? '0' : String(body.bytes.length);
      case 'REQBODY_ERROR':
        return flag(body !== null && body.reading.fault !== null);
      case 'REQBODY_ERROR_MSG':
        return body?.reading.fault?.message ?? '';
      case 'ARGS_COMBINED_SIZE':
        return String(sizeOf(this.#queryArgs()) + sizeOf(this.#bodyArgs()));
      case 'FILES_COMBINED_SIZE':
        return String(this.#files().reduce((sum, f) => sum + f.bytes, 0));
      case 'MULTIPART_STRICT_ERROR':
        return flag(body?.reading.multipart?.strictError === true);
      case 'MULTIPART_UNMATCHED_BOUNDARY':
        return flag(body?.reading.multipart?.unmatchedBoundary === true);
      case 'INBOUND_DATA_ERROR':
        return flag(body?.truncated === true);
    }
  }
}

type BodyScalar = (typeof SCALARS_OF_BODY)[number];

const OF_BODY = [
  ...(['ARGS', 'ARGS_NAMES', 'ARGS_POST', 'ARGS_POST_NAMES', 'FILES', 'FILES_NAMES'] as const),
  ...(['FILES_SIZES', 'MULTIPART_PART_HEADERS', 'XML_TEXT', 'XML_ATTRIBUTES'] as const),
] satisfies readonly Collection[];
const SCALARS_OF_BODY = [
  ...(['REQUEST_BODY', 'REQUEST_BODY_LENGTH', 'REQBODY_ERROR', 'REQBODY_ERROR_MSG'] as const),
  ...(['ARGS_COMBINED_SIZE', 'FILES_COMBINED_SIZE', 'MULTIPART_STRICT_ERROR'] as const),
  ...(['MULTIPART_UNMATCHED_BOUNDARY', 'INBOUND_DATA_ERROR'] as const),
] satisfies readonly Scalar[];
const SCALARS_OF_ANSWER = [
  ...(['RESPONSE_STATUS', 'RESPONSE_PROTOCOL', 'RESPONSE_BODY', 'RESPONSE_CONTENT_TYPE'] as const),
  ...(['RESPONSE_CONTENT_LENGTH', 'OUTBOUND_DATA_ERROR'] as const),
] satisfies readonly Scalar[];

const flag = (is: boolean): string => (is ? '1' : '0');

const sizeOf = (pairs: readonly Named[]): number =>
  pairs.reduce((sum, { name, value }) => sum + name.length + value.length, 0);

const names = (of: string, pairs: readonly Named[]): Member[] =>
  pairs.map(({ name }) => new Member(of, name, name));

/** What is left over when there are too many is one more, with the name of none. */
function itemsOf({ items, rest }: Split): readonly Named[] {
  return rest === '' ? items : [...items, { name: '', value: rest }];
}

const cookiesOf = (headers: HeaderList): readonly Named[] =>
  headers.flatMap(([name, value]) =>
    name.toLowerCase() === 'cookie' ? itemsOf(splitCookies(value, MAX_ARGS)) : [],
  );

export function headerOf(headers: HeaderList, name: string): string | null {
  for (const [key, value] of headers)
    if (key.length === name.length && key.toLowerCase() === name) return value;
  return null;
}

/** Of a field that stands several times, all values as one list (RFC 9110, section 5.3): a reader may take any. */
export function fieldOf(headers: HeaderList, name: string): string | null {
  let all: string | null = null;
  for (const [key, value] of headers)
    if (key.length === name.length && key.toLowerCase() === name)
      all = all === null ? value : `${all}, ${value}`;
  return all;
}
