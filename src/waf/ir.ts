/**
 * DESIGN. The one form of a rule: SecLang and YAML are read into it, everything behind it knows no
 * other. A rule is a list of links (SecLang's chain): it hits when all of them match, in order.
 * Names are those of ModSecurity's reference manual, v3, where there is one.
 */

/** 1 request head, 2 request body, 3 response head, 4 response body, 5 log. */
export type Phase = 1 | 2 | 3 | 4 | 5;

export const COLLECTIONS = [
  ...['ARGS', 'ARGS_NAMES', 'ARGS_GET', 'ARGS_GET_NAMES', 'ARGS_POST', 'ARGS_POST_NAMES'],
  ...['REQUEST_HEADERS', 'REQUEST_HEADERS_NAMES', 'REQUEST_COOKIES', 'REQUEST_COOKIES_NAMES'],
  ...['RESPONSE_HEADERS', 'RESPONSE_HEADERS_NAMES', 'FILES', 'FILES_NAMES', 'FILES_SIZES'],
  ...['MULTIPART_PART_HEADERS', 'XML_TEXT', 'XML_ATTRIBUTES', 'TX', 'MATCHED_VARS'],
  'MATCHED_VARS_NAMES',
] as const;
/** Many values, each with a name. XML_TEXT is `XML:/*`, XML_ATTRIBUTES is `XML://@*`. */
export type Collection = (typeof COLLECTIONS)[number];

export const SCALARS = [
  ...['REQUEST_METHOD', 'REQUEST_URI', 'REQUEST_URI_RAW', 'REQUEST_LINE', 'REQUEST_FILENAME'],
  ...['REQUEST_BASENAME', 'REQUEST_PROTOCOL', 'QUERY_STRING', 'REQUEST_BODY', 'REMOTE_ADDR'],
  ...['REQUEST_BODY_LENGTH', 'REQBODY_PROCESSOR', 'REQBODY_ERROR', 'REQBODY_ERROR_MSG'],
  ...['ARGS_COMBINED_SIZE', 'FILES_COMBINED_SIZE', 'MULTIPART_STRICT_ERROR'],
  ...['MULTIPART_UNMATCHED_BOUNDARY', 'MATCHED_VAR', 'MATCHED_VAR_NAME', 'UNIQUE_ID'],
  ...['RESPONSE_STATUS', 'RESPONSE_PROTOCOL', 'RESPONSE_BODY', 'RESPONSE_CONTENT_TYPE'],
  ...['RESPONSE_CONTENT_LENGTH', 'DURATION', 'INBOUND_DATA_ERROR', 'OUTBOUND_DATA_ERROR'],
  ...['ROUTE', 'COUNTRY', 'UID', 'ZONE', 'ROUTE_PATH'],
] as const;
/** One value. The last line is zonegate's own; INBOUND_DATA_ERROR is '1' where the body goes on beyond what was inspected. */
export type Scalar = (typeof SCALARS)[number];

/** A part of a collection; keys are compared without regard to case. */
export type Selector =
  | { readonly kind: 'all' }
  /** @property key in lower case */
  | { readonly kind: 'key'; readonly key: string }
  /** @property source searched in the member's name, case-insensitively for TX and headers */
  | { readonly kind: 'regex'; readonly source: string };

export type Target =
  | { readonly kind: 'scalar'; readonly name: Scalar }
  | {
      readonly kind: 'collection';
      readonly name: Collection;
      readonly selector: Selector;
      /** The number of members instead of the members (SecLang's `&`). */
      readonly count: boolean;
    };

/** What a link does not look at (SecLang's `!ARGS:foo`, or an exclusion). */
export interface Exclusion {
  readonly name: Collection | Scalar;
  readonly selector: Selector;
}

/** `%{tx.score}` inside of a text. The key of a scalar is ''. */
export interface Variable {
  readonly name: Collection | Scalar;
  /** In lower case. */
  readonly key: string;
}
/** A text with variables in it; a plain string where there are none. */
export type Macro = string | readonly (string | Variable)[];

export const TRANSFORMS = [
  ...['base64Decode', 'cmdLine', 'compressWhitespace', 'cssDecode', 'escapeSeqDecode'],
  ...['hexEncode', 'htmlEntityDecode', 'jsDecode', 'length', 'lowercase', 'normalizePath'],
  ...['normalizePathWin', 'removeComments', 'removeCommentsChar', 'removeNulls'],
  ...['removeWhitespace', 'replaceComments', 'replaceNulls', 'sha1', 'trim', 'trimLeft'],
  ...['trimRight', 'uppercase', 'urlDecode', 'urlDecodeUni', 'urlEncode', 'utf8toUnicode'],
  ...['base64DecodeExt', 'hexDecode', 'sqlHexDecode', 'md5'],
] as const;
export type TransformName = (typeof TRANSFORMS)[number];

export type Operator =
  /** Always true: SecAction; @unconditionalMatch, which has targets. */
  | { readonly name: 'always' }
  /** @property pattern PCRE, as written; `%{}` in it is a Macro's business of no rule in CRS and an error */
  | { readonly name: 'rx'; readonly pattern: string }
  /** Any of the phrases anywhere, ASCII case folded. */
  | { readonly name: 'pm'; readonly phrases: readonly string[]; readonly file: string | null }
  | { readonly name: 'eq' | 'ne' | 'ge' | 'gt' | 'le' | 'lt'; readonly value: Macro }
  | {
      readonly name: 'streq' | 'contains' | 'containsWord' | 'beginsWith' | 'endsWith' | 'within';
      readonly value: Macro;
    }
  /** Matches where a byte is outside of the ranges. */
  | { readonly name: 'validateByteRange'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly name: 'validateUrlEncoding' | 'validateUtf8Encoding' }
  | { readonly name: 'ipMatch'; readonly networks: readonly string[] }
  | { readonly name: 'detectSQLi' | 'detectXSS' };

export type SetVar = {
  /** Without `tx.`; lower-cased when it is evaluated. */
  readonly name: Macro;
} & ({ readonly op: 'set' | 'add' | 'subtract'; readonly value: Macro } | { readonly op: 'unset' });

/** What takes rules or targets out of the rest of this transaction. */
export type RuleChoice =
  | { readonly kind: 'ids'; readonly from: number; readonly to: number }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'msg'; readonly msg: string };

export type Control =
  | { readonly kind: 'remove-rules'; readonly rules: RuleChoice }
  | { readonly kind: 'remove-targets'; readonly rules: RuleChoice; readonly target: Exclusion }
  | { readonly kind: 'engine'; readonly mode: 'on' | 'off' | 'detect' }
  | {
      readonly kind: 'body-processor';
      readonly processor: 'urlencoded' | 'multipart' | 'json' | 'xml';
    }
  | { readonly kind: 'force-body-variable' }
  /** Nothing here depends on it: audit events are written for hits alone. */
  | { readonly kind: 'audit' };

export interface Link {
  /** Empty in a SecAction; `always` with targets matches once for each of their values. */
  readonly targets: readonly Target[];
  readonly exclusions: readonly Exclusion[];
  readonly transforms: readonly TransformName[];
  readonly operator: Operator;
  readonly negated: boolean;
  /** Holds where no value matches, none at all included. Native rules only. */
  readonly none?: boolean;
  /** Keeps groups 0–9 of the match in TX. */
  readonly capture: boolean;
  /** The operator sees the value after every step of the transformations that changes it, too. */
  readonly multiMatch: boolean;
  /** Run once for every matching value, also when a later link fails. */
  readonly setVars: readonly SetVar[];
  readonly controls: readonly Control[];
}

export type Disposition =
  /** Nothing but what setVars and controls do. */
  | { readonly kind: 'pass' }
  /** What the policy's mode makes of a hit: SecLang's `block` under CRS's default of pass in anomaly mode. */
  | { readonly kind: 'block' }
  | { readonly kind: 'deny'; readonly status: number }
  | { readonly kind: 'drop' }
  /** request: no further phase of the request is judged; phase: the rest of this one is not. */
  | { readonly kind: 'allow'; readonly scope: 'all' | 'request' | 'phase' }
  | { readonly kind: 'challenge' };

export const SEVERITIES = [
  ...['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'],
] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Where a rule was written. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Rule {
  readonly kind: 'rule';
  readonly id: number;
  readonly phase: Phase;
  /** At least one. */
  readonly links: readonly Link[];
  readonly disposition: Disposition;
  readonly msg: Macro;
  readonly logData: Macro;
  /** A hit makes an audit event. */
  readonly log: boolean;
  readonly severity: Severity | null;
  readonly tags: readonly string[];
  /** Of the tag `paranoia-level/N`; 0 without one. */
  readonly paranoia: 0 | 1 | 2 | 3 | 4;
  /** A hit goes on behind the marker of this name, in this phase. */
  readonly skipAfter: string | null;
  /** What it says about a request, for later rules and the access log. Native rules only. */
  readonly labels: readonly string[];
  /** Native rules only; null: everywhere, always, all of them. */
  readonly only: Only | null;
  readonly place: Place;
}

/** Where and when a native rule holds. */
interface Only {
  /** Names of applications whose routes it is for; empty: all. */
  readonly apps: readonly string[];
  /** Share of requests that it looks at, of 100. */
  readonly samplePercent: number;
  /** Milliseconds since 1970; null: it does not end. */
  readonly expiresAtMs: number | null;
  readonly owner: string | null;
}

export interface Marker {
  readonly kind: 'marker';
  readonly name: string;
}

/** In the order of evaluation. */
export type Step = Rule | Marker;

/** What a front end makes of its files, with SecRuleUpdate* and SecRuleRemove* already carried out. */
export interface RuleSource {
  readonly steps: readonly Step[];
  /** Of SecDefaultAction, SecComponentSignature; for `waf test` and reports. */
  readonly signature: string | null;
}

const COLLECTION_NAMES: ReadonlySet<string> = new Set(COLLECTIONS);
export const isCollection = (name: Collection | Scalar): name is Collection =>
  COLLECTION_NAMES.has(name);
