/**
 * DESIGN. Which requests are copied, where to, and what their answers are compared by. Rules are
 * data; whether one fits a request is a pure function of the facts and of where the request goes.
 * The draw is made by `decide`, which knows the user's point; bytes move in the shell. Missing on
 * purpose: any way in which a copy could reach back to the request it was made of.
 */
import type { EndpointSource } from '../model/endpoints.ts';
import type { RequestFacts } from '../model/facts.ts';

/** Where copies go. */
export type MirrorTarget =
  | { readonly kind: 'addresses'; readonly source: EndpointSource }
  /** The endpoints there of the request's own app. */
  | { readonly kind: 'group'; readonly zone: string; readonly group: string }
  /** The shadow endpoints that a load test's scene has for the user: copies become its requests. */
  | { readonly kind: 'scene'; readonly scene: string };

export interface CompareRule {
  readonly status: boolean;
  /** Lower case. */
  readonly headers: readonly string[];
  readonly body: 'none' | 'hash' | 'json';
  readonly ignore: readonly string[];
  readonly bodyBytes: number;
  readonly perS: number;
  /** 0 … 1 of comparisons. */
  readonly noiseShare: number;
  readonly noiseAfterMs: number;
  readonly learn: number;
  readonly samples: number;
}

export interface MirrorRule {
  readonly name: string;
  readonly match: {
    /** Lower case; `.suffix` for all below a domain. */
    readonly host: string | null;
    /** Normalised, without a slash at its end; '' for all. */
    readonly path: string;
    readonly zone: string | null;
    readonly zoneType: string | null;
    readonly app: string | null;
    readonly methods: readonly string[];
    readonly header: {
      readonly name: string;
      readonly value: string | null;
      readonly prefix: string | null;
    } | null;
  };
  /** As declared; what counts is the snapshot's, for the board may say otherwise. */
  readonly percent: number;
  readonly by: 'user' | 'request';
  readonly to: MirrorTarget;
  /** Names of fields that copies don't get, in lower case; credentials among them. */
  readonly removes: ReadonlySet<string>;
  /** Lines that copies get, each with CRLF. */
  readonly adds: string;
  /** null: as the client says. */
  readonly host: string | null;
  readonly limits: {
    readonly inFlight: number;
    readonly rps: number;
    readonly bodyBytes: number;
    readonly answerBytes: number;
  };
  readonly timeoutMs: number;
  readonly copies: number;
  readonly compare: CompareRule | null;
}

/** All that is declared of mirroring. */
export interface MirrorSettings {
  readonly bufferBytes: number;
  readonly rules: readonly MirrorRule[];
}

/** Where a request goes, as rules may ask. */
export interface Going {
  readonly zone: string;
  readonly zoneType: string;
  readonly app: string;
}

/** Does the rule speak of this request? @param path normalised */
export function fitsRule(
  { match }: MirrorRule,
  facts: RequestFacts,
  path: string,
  going: Going,
): boolean {
  return (
    match.methods.includes(facts.method) &&
    (match.app === null || match.app === going.app) &&
    (match.zone === null || match.zone === going.zone) &&
    (match.zoneType === null || match.zoneType === going.zoneType) &&
    fitsHost(match.host, facts.host) &&
    fitsPath(match.path, path) &&
    fitsHeader(match.header, facts)
  );
}

function fitsHost(wanted: string | null, host: string): boolean {
  if (wanted === null) return true;
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted;
}

const fitsPath = (prefix: string, path: string): boolean =>
  path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/');

function fitsHeader(wanted: MirrorRule['match']['header'], facts: RequestFacts): boolean {
  if (wanted === null) return true;
  const value = facts.header(wanted.name);
  if (value === undefined) return false;
  if (wanted.value !== null) return value === wanted.value;
  return wanted.prefix === null || value.startsWith(wanted.prefix);
}
