/**
 * Why the engine refuses bytes. One catalogue: a stable code, the status a client gets, a sentence.
 * A refused request always ends its connection, because the end of it can't be known for sure.
 */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly means: string;
}

const refusal = (code: string, status: number, means: string): Refusal =>
  Object.freeze({ code, status, means });

export const REFUSAL = {
  badRequestLine: refusal(
    'bad-request-line',
    400,
    'The request line is not “method target HTTP/1.1” with single spaces and CRLF.',
  ),
  badMethod: refusal('bad-method', 400, 'The method is not a token of at most 32 bytes.'),
  methodNotServed: refusal('method-not-served', 501, 'CONNECT and TRACE are not served here.'),
  badTarget: refusal(
    'bad-target',
    400,
    'The target holds a byte that must be percent-encoded, a fragment, or is of no allowed form.',
  ),
  targetTooLong: refusal('target-too-long', 414, 'The target is longer than limits.targetBytes.'),
  badVersion: refusal('bad-version', 400, 'The version is not HTTP/1.0 or HTTP/1.1.'),
  versionNotServed: refusal(
    'version-not-served',
    505,
    'Only HTTP/1.x is served on this connection.',
  ),
  headTooLong: refusal('head-too-long', 431, 'The head is longer than limits.headBytes.'),
  tooManyFields: refusal('too-many-fields', 431, 'The head has more fields than limits.fields.'),
  badField: refusal(
    'bad-field',
    400,
    'A field line is malformed: its name, the colon, a control byte, a fold, or a line end other than CRLF.',
  ),
  underscoreField: refusal(
    'underscore-field',
    400,
    'A field name holds an underscore, and headers.underscore says refuse.',
  ),
  repeatedRouting: refusal(
    'repeated-routing-field',
    400,
    'The route cookie, or a header that places the request, stands twice, and headers.repeated says refuse.',
  ),
  badHost: refusal(
    'bad-host',
    400,
    'Host is missing, repeated, malformed, or differs from the target’s authority.',
  ),
  insecureScheme: refusal(
    'insecure-scheme',
    421,
    'The target says https:, and no trusted proxy says that the client came by it.',
  ),
  badLength: refusal(
    'bad-content-length',
    400,
    'Content-Length is repeated, not a plain number, or stands beside Transfer-Encoding.',
  ),
  badEncoding: refusal(
    'bad-transfer-encoding',
    400,
    'Transfer-Encoding is repeated or stands in an HTTP/1.0 message.',
  ),
  encodingNotServed: refusal(
    'transfer-encoding-not-served',
    501,
    'Transfer-Encoding is not chunked alone.',
  ),
  badChunk: refusal('bad-chunk', 400, 'The chunked body is malformed.'),
  bodyTooLong: refusal('body-too-long', 413, 'The body is longer than limits.bodyBytes.'),
  badExpect: refusal('bad-expectation', 417, 'Expect asks for something other than 100-continue.'),
  headTimeout: refusal('head-timeout', 408, 'The head did not arrive within timeouts.headMs.'),
  bodyTimeout: refusal('body-timeout', 408, 'The body stood still for timeouts.idleMs.'),
  bodyTooSlow: refusal('body-too-slow', 408, 'The body came slower than limits.bodyMinBytesPerS.'),
  bodyCutShort: refusal(
    'body-cut-short',
    400,
    'The client closed its side before the body was whole.',
  ),
} as const;
