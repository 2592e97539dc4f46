/** Answers the gate makes itself: problem+json (RFC 9457), or a short page for people. */
import { STATUS_CODES } from 'node:http';
import type { Respond } from '../../decide/decision.ts';
import type { OwnPage } from './inspector.ts';

export interface GateAnswer {
  readonly status: number;
  /** Stable; documented in docs/reasons.md or docs/request.md. */
  readonly code: string;
  readonly detail: string;
  /** Error token of RFC 9209 (2.3) for Proxy-Status. */
  readonly proxyError: string;
  /** Seconds, on a 429 or a 503. */
  readonly retryAfterS: number;
}

export const answer = (
  status: number,
  code: string,
  detail: string,
  proxyError: string,
  retryAfterS = 1,
): GateAnswer => Object.freeze({ status, code, detail, proxyError, retryAfterS });

/** For a decision that ends at the gate. */
export const answerOf = ({ status, reason, retryAfterS }: Respond): GateAnswer =>
  answer(status, reason.code, reason.means, proxyErrorOf(status), retryAfterS ?? 1);

function proxyErrorOf(status: Respond['status']): string {
  if (status === 503) return 'destination_unavailable';
  if (status === 403) return 'http_request_denied';
  return status === 508 ? 'proxy_loop_detected' : 'http_request_error';
}

/** Code of an answer in a drill; its status is the drill's. */
export const FAULT_INJECTED = 'fault-injected';

export const faultAnswer = (status: number): GateAnswer =>
  answer(status, FAULT_INJECTED, 'Answered so on purpose, in a drill.', 'proxy_internal_response');

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** RFC 9110 7.6.2: with Max-Forwards: 0 the gate is the one that was asked. */
export function renderOptions(requestId: string, close: boolean): string {
  return (
    `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nAllow: ${METHODS}\r\nContent-Length: 0\r\nX-Request-Id: ${requestId}\r\n` +
    `${close ? 'Connection: close\r\n' : ''}\r\n`
  );
}
/** Code of that answer in the access log. */
export const OPTIONS_ANSWERED = 'max-forwards-reached';

export const ANSWER = {
  connectRefused: answer(
    502,
    'upstream-refused',
    'No endpoint of the zone accepted a connection.',
    'connection_refused',
  ),
  connectTimeout: answer(
    504,
    'upstream-connect-timeout',
    'No endpoint of the zone accepted a connection in time.',
    'connection_timeout',
  ),
  saturated: answer(
    503,
    'upstream-saturated',
    'Every endpoint of the zone, or the zone, has as many requests or connections as it may have.',
    'connection_limit_reached',
  ),
  cutOff: answer(
    502,
    'upstream-closed',
    'The upstream closed the connection before it answered.',
    'connection_terminated',
  ),
  badAnswer: answer(
    502,
    'upstream-bad-answer',
    'The upstream’s answer is not valid HTTP/1.1.',
    'http_protocol_error',
  ),
  firstByteTimeout: answer(
    504,
    'upstream-timeout',
    'The upstream did not begin to answer in time.',
    'http_response_timeout',
  ),
  halfClosed: answer(
    504,
    'client-half-closed',
    'The client has closed its sending side, and no answer came within timeouts.halfClosedMs.',
    'http_response_timeout',
  ),
  writeTimeout: answer(
    504,
    'upstream-write-timeout',
    'The upstream did not take the request in time.',
    'connection_write_timeout',
  ),
  noEndpoint: answer(
    503,
    'no-endpoint',
    'No endpoint of the app is known or reachable in this zone.',
    'destination_not_found',
  ),
  noHealthy: answer(
    503,
    'no-healthy-endpoint',
    'No endpoint is healthy, and the route’s onNoHealthy does not let a sick one be asked.',
    'destination_unavailable',
  ),
  drained: answer(
    503,
    'group-drained',
    'The group that was to answer has been taken out of service, and its time to end is over.',
    'destination_unavailable',
  ),
  overloaded: answer(
    503,
    'zone-overloaded',
    'The zone has as much to do as it can take; waiting longer would not have helped.',
    'connection_limit_reached',
  ),
  shed: answer(
    503,
    'gate-overloaded',
    'The gate has more to do than it can take, and this request is not critical.',
    'proxy_internal_response',
  ),
  stressShed: answer(
    503,
    'stress-shed',
    'The gate has more to do than it can take: load tests are the first to go.',
    'proxy_internal_response',
    5,
  ),
  stressOverQuota: answer(
    429,
    'stress-over-quota',
    'The scene, or the token, has used up its rate, its number at once, or its number in all.',
    'http_request_denied',
  ),
  inspectionLate: answer(
    503,
    'inspection-late',
    'What looks at the request, or at its answer, did not say in time whether it may pass.',
    'proxy_internal_response',
  ),
  requestTimeout: answer(
    504,
    'request-timeout',
    'The request was not over within the route’s requestMs.',
    'http_response_timeout',
  ),
  peerRefused: answer(
    503,
    'peer-refused',
    'The gate of the zone’s IDC follows other rules at the moment.',
    'proxy_configuration_error',
  ),
} as const;

export interface AnswerContext {
  readonly gate: string;
  readonly requestId: string;
  readonly html: boolean;
  readonly close: boolean;
  readonly omitBody: boolean;
  /** Instead of the problem document; null for nearly all. */
  readonly own: OwnPage | null;
  /** Further header lines, each with CRLF. */
  readonly extra: string;
}

export function renderAnswer(a: GateAnswer, context: AnswerContext): string {
  const title = STATUS_CODES[a.status] ?? 'Error';
  const { type, text: body } = context.own ?? ownWords(a, title, context);
  const proxyStatus = `Proxy-Status: ${context.gate}; error=${a.proxyError}; details="${a.code}"\r\n`;
  const retry = a.status === 503 || a.status === 429 ? `Retry-After: ${a.retryAfterS}\r\n` : '';
  return (
    `HTTP/1.1 ${a.status} ${title}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Date: ${new Date().toUTCString()}\r\nCache-Control: no-store\r\nX-Request-Id: ${context.requestId}\r\n${proxyStatus}${retry}${context.extra}` +
    `${context.close ? 'Connection: close\r\n' : ''}\r\n${context.omitBody ? '' : Buffer.from(body).latin1Slice(0, Buffer.byteLength(body))}`
  );
}

const ownWords = (a: GateAnswer, title: string, context: AnswerContext): OwnPage =>
  context.html
    ? { type: 'text/html; charset=utf-8', text: htmlBody(a, title, context) }
    : { type: 'application/problem+json', text: jsonBody(a, title, context) };

const jsonBody = (a: GateAnswer, title: string, context: AnswerContext): string =>
  `${JSON.stringify({
    type: `urn:zonegate:problem:${a.code}`,
    title,
    status: a.status,
    detail: a.detail,
    instance: `urn:zonegate:request:${context.requestId}`,
  })}\n`;

/** Only texts of our own go in: nothing of the request is echoed. */
const htmlBody = (a: GateAnswer, title: string, context: AnswerContext): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${a.status} ${title}</title></head>` +
  `<body><h1>${a.status} ${title}</h1><p>${a.detail}</p><p><small>${a.code} · ${context.requestId}</small></p></body></html>\n`;
