/** What a transaction is told of a request and its answer. Byte strings; plain data, so that it can be sent to a worker. */

export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface RequestInput {
  readonly method: string;
  /** As received, absolute form included. */
  readonly target: string;
  /** As received, without query and authority. */
  readonly path: string;
  /** As routes see it: docs/request.md. Absent: `path`. */
  readonly normalPath?: string;
  /** Without '?'. */
  readonly query: string;
  /** As `HTTP/1.1`. */
  readonly protocol: string;
  /** As received, in order. */
  readonly headers: HeaderList;
  /** Address of the client as far as trusted proxies tell. */
  readonly remote: string;
  readonly requestId: string;
  readonly app: string;
  readonly zone: string;
  /** '' when it is not known. */
  readonly uid: string;
  /** ISO code, or ''. */
  readonly country: string;
  /** The client has passed a challenge a while ago: rules that ask for one only count. */
  readonly cleared?: boolean;
  /** In [0, 1): decides on sampling. */
  readonly dice: number;
  /** Milliseconds since 1970. */
  readonly receivedAtMs: number;
}

export interface ResponseInput {
  readonly status: number;
  readonly protocol: string;
  readonly headers: HeaderList;
}
