/**
 * What is written of a hit. One JSON line each; field names as in the access log. Values of requests are
 * other people's: unless an operator asks for more, they are cut short and made unreadable where a name
 * or their look says that they are secrets.
 */
import type { Hit } from './engine/hit.ts';

export const AUDIT_VALUES = ['redacted', 'none', 'full'] as const;
export type AuditValues = (typeof AUDIT_VALUES)[number];

/** Of the request that was hit. */
export interface AuditedRequest {
  readonly timestampMs: number;
  readonly requestId: string;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly route: string;
  readonly zone: string;
  readonly idc: string;
  readonly policy: string;
  readonly mode: string;
  /** Fields that are asked for, in lower case, as received. */
  readonly headers: readonly (readonly [string, string])[];
}

export interface AuditedHit {
  readonly hit: Hit;
  /** blocked: it is why the request was refused; shadow: of the rule set beside. */
  readonly action: 'block' | 'detect' | 'count' | 'shadow';
  /** Of the whole request. */
  readonly score: number;
}

const VALUE_BYTES = 200;
/** Names under which secrets travel. */
const SECRET_NAMES = [
  ...['pass', 'pwd', 'secret', 'token', 'auth', 'session', 'sess', 'cookie', 'key', 'card', 'cvv'],
  ...['cvc', 'iban', 'ssn', 'pin', 'otp', 'credential', 'signature', 'jwt'],
];

export function auditLine(
  request: AuditedRequest,
  audited: AuditedHit,
  values: AuditValues,
): string {
  const { hit, action, score } = audited;
  const shown =
    values === 'none' ? undefined : values === 'full' ? hit.value : redacted(hit.target, hit.value);
  return `${JSON.stringify({
    timestamp: request.timestampMs,
    event: 'waf',
    request_id: request.requestId,
    'client.address': request.client,
    'http.request.method': request.method,
    'server.address': request.host,
    'url.path': request.path,
    route: request.route,
    zone: request.zone,
    idc: request.idc,
    policy: request.policy,
    mode: request.mode,
    rule: hit.id,
    phase: hit.phase,
    paranoia: hit.paranoia,
    message: hit.msg,
    severity: hit.severity,
    target: hit.target,
    value: shown,
    // Rules quote the value there.
    data: values === 'full' ? hit.data : undefined,
    score,
    action,
    tags: hit.tags.filter((t) => t.startsWith('attack-')),
    headers: request.headers.length === 0 ? undefined : Object.fromEntries(request.headers),
  })}\n`;
}

/**
 * Short, without what looks like a secret: whole under a telling name; of a text that holds names itself, as a
 * query or a body, what stands behind a telling one; else long runs of digits.
 */
export function redacted(target: string, value: string): string {
  if (isTelling(target)) return `(${value.length} bytes)`;
  const shown = withoutSecrets(value.slice(0, VALUE_BYTES));
  let text = '';
  let digits = 0;
  for (const char of shown) {
    const isDigit = char >= '0' && char <= '9';
    // Cards are written in groups.
    if (isDigit) digits++;
    else if (char !== ' ' && char !== '-') digits = 0;
    // Years and sizes stay readable; numbers of cards, phones and people do not.
    text += isDigit && digits > 4 ? '*' : char;
  }
  return value.length > VALUE_BYTES ? `${text}… (${value.length} bytes)` : text;
}

function isTelling(name: string): boolean {
  const lower = name.toLowerCase();
  return SECRET_NAMES.some((s) => lower.includes(s));
}

/** A name, perhaps in quotes, and what parts it from its value. */
const NAMED = /([\w.%[\]-]{1,64})["']?\s{0,8}(=|:)\s{0,8}["']?/g;

/** `a=1&password=x` without the x; JSON and headers, too. */
function withoutSecrets(value: string): string {
  let text = '';
  let from = 0;
  for (const match of value.matchAll(NAMED)) {
    const [whole, name = '', sign] = match;
    const at = match.index + whole.length;
    if (match.index < from || !isTelling(name)) continue;
    // Behind a colon a value may hold spaces, as `Authorization: Basic …`.
    const end = value.slice(at).search(sign === '=' ? /[&;,\s"'}]/ : /[&;,\r\n"'}]/);
    text += `${value.slice(from, at)}***`;
    from = end < 0 ? value.length : at + end;
  }
  return text + value.slice(from);
}
