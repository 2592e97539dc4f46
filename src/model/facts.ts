import type { IdcId } from './ids.ts';

/** Which kind of listener a connection came in by; it decides what its headers are worth. */
export type ListenerKind = 'external' | 'app';

export const CONNECTION_CLASSES = ['external', 'app', 'peer', 'operator'] as const;
/** Who speaks: anybody, a zone's own app, a gate of another IDC, or a person with a token. */
export type ConnectionClass = (typeof CONNECTION_CLASSES)[number];

/**
 * Everything the decision core may know about one request. Time and chance arrive here, so the
 * same facts always give the same decision and any request can be replayed.
 */
export interface RequestFacts {
  readonly listener: ListenerKind;
  /** IP address of the TCP peer. */
  readonly remote: string;
  readonly method: string;
  /** Host without port, lower case; '' when an HTTP/1.0 request has none. */
  readonly host: string;
  /** Path as received, without the query. */
  readonly path: string;
  /** Query as received, without '?'; '' when there is none. */
  readonly query: string;
  /** IDC of the gate that asks. */
  readonly entryIdc: IdcId;
  /** Wall clock, milliseconds since 1970. */
  readonly receivedAtMs: number;
  /** One uniform draw in [0, 1). */
  readonly dice: number;
  /** First value of a field; `name` in lower case. */
  header(name: string): string | undefined;
  /** All values of a field that is a list, joined by commas; '' when there is none. */
  list(name: string): string;
  /** First value of a cookie in any Cookie field. */
  cookie(name: string): string | undefined;
}

/** The serialisable form of facts: what `explain`, tests and replays are written in. */
export interface RecordedFacts {
  readonly listener?: ListenerKind;
  readonly remote?: string;
  readonly method?: string;
  readonly host: string;
  readonly path: string;
  readonly query?: string;
  readonly entryIdc: IdcId;
  readonly receivedAtMs: number;
  readonly dice: number;
  readonly headers?: readonly (readonly [string, string])[];
}

/**
 * First value of cookie `name` in one Cookie field, or undefined. A scan for one name costs a
 * sixteenth of a full parse; it agrees with the `cookie` package (property test).
 */
export function scanCookie(field: string, name: string): string | undefined {
  let from = 0;
  for (;;) {
    const at = field.indexOf(name, from);
    if (at < 0) return undefined;
    const after = at + name.length;
    if (field.charCodeAt(after) === 0x3d && startsPair(field, at)) {
      const semicolon = field.indexOf(';', after);
      const raw = field.slice(after + 1, semicolon < 0 ? field.length : semicolon).trim();
      return raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
    }
    from = at + 1;
  }
}

/** Does a cookie's name begin at `at`? Only where the field, or a pair after `;`, does. */
export function startsPair(field: string, at: number): boolean {
  let i = at - 1;
  while (i >= 0 && (field.charCodeAt(i) === 0x20 || field.charCodeAt(i) === 0x09)) i--;
  return i < 0 || field.charCodeAt(i) === 0x3b;
}

/**
 * The client as far as trusted proxies tell: the last address of X-Forwarded-For that none of them is.
 * @param remote address of the TCP peer, whose word the chain is
 */
export function clientBehind(
  chain: string,
  remote: string,
  proxies: { has(address: string): boolean },
): string {
  const hops = chain.split(',');
  let client = remote;
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = hops[i]!.trim();
    if (hop === '') break;
    client = hop;
    if (!proxies.has(hop)) break;
  }
  return client;
}

export function factsFrom(record: RecordedFacts): RequestFacts {
  const headers = (record.headers ?? []).map(([n, v]) => [n.toLowerCase(), v] as const);
  return {
    listener: record.listener ?? 'external',
    remote: record.remote ?? '127.0.0.1',
    method: record.method ?? 'GET',
    host: record.host,
    path: record.path,
    query: record.query ?? '',
    entryIdc: record.entryIdc,
    receivedAtMs: record.receivedAtMs,
    dice: record.dice,
    header: (name) => headers.find(([n]) => n === name)?.[1],
    list: (name) =>
      headers
        .filter(([n]) => n === name)
        .map(([, v]) => v)
        .join(', '),
    cookie: (name) => {
      for (const [n, v] of headers) {
        const found = n === 'cookie' ? scanCookie(v, name) : undefined;
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
