/**
 * The request head as it goes on: the received bytes, with hop-by-hop, internal and untrusted
 * fields cut out, and the gate's own appended. Runs of untouched lines are copied whole.
 */
import type { Forward } from '../../decide/decision.ts';
import { gateToken } from '../../peer/index.ts';
import type { RequestHead } from '../http1/request-head.ts';
import {
  HOP_BY_HOP,
  ID_BY_NAME,
  ID_COUNT,
  INTERNAL,
  idOf,
  OTHER,
  UNDERSCORE,
} from '../http1/tables.ts';
import { isTraceparent, type RequestIds } from './request-ids.ts';

/** 1: never sent on. */
const DROP = new Uint8Array(ID_COUNT);
DROP[INTERNAL] = 1;
for (const name of [
  ...HOP_BY_HOP,
  'proxy-authorization',
  'http2-settings',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
] as const) {
  DROP[idOf(name)] = 1;
}
/** 1: sent on only if it comes from somebody trusted; forwarding claims, as X-Forwarded-* are. */
const DROP_UNTRUSTED = new Uint8Array(ID_COUNT);
for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded'] as const)
  DROP_UNTRUSTED[idOf(name)] = 1;

const COOKIE = idOf('cookie');
const EXPECT = idOf('expect');
const MAX_FORWARDS = idOf('max-forwards');
const TRACEPARENT = idOf('traceparent');
const TRACESTATE = idOf('tracestate');

/** RFC 9112 3.2.4: OPTIONS for a whole server is `*` once its authority is gone. */
function originForm(target: string, method: string): string {
  if (target.startsWith('/') || target === '*') return target;
  return target === '' && method === 'OPTIONS' ? '*' : `/${target}`;
}

export interface Sender {
  /** Address of the TCP peer. */
  readonly remote: string;
  /** His X-Forwarded-* are believed: a listed proxy, a peer gate, an app. */
  readonly trusted: boolean;
}

export interface EditContext {
  readonly idc: string;
  readonly ids: RequestIds;
  readonly underscore: 'drop' | 'refuse' | 'pass';
  /** Protocol to ask the upstream for; '' for none. */
  readonly upgradeTo: string;
}

export interface EditedRequest {
  /** Without the empty line, so that what belongs to a target can follow. */
  readonly head: string;
  readonly requestId: string;
  readonly traceparent: string;
}

export function editRequest(
  head: RequestHead,
  decision: Forward,
  sender: Sender,
  context: EditContext,
): EditedRequest {
  let out = '';
  let runStart = head.start;
  if (!head.lineIsPlain) {
    const target = head.cut(head.pathStart, head.targetEnd);
    out = `${head.method} ${originForm(target, head.method)} HTTP/1.1\r\n`;
    runStart = head.fieldsStart;
  }
  const given = head.find('traceparent');
  const keepsTrace = given !== undefined && isTraceparent(given);
  const cookies = head.first[COOKIE]! < 0 ? 0 : head.occurrences(COOKIE);
  for (let f = 0; f < head.count; f++) {
    if (!drops(head, f, decision, sender, context, keepsTrace, cookies)) continue;
    const lineStart = head.lineStart(f);
    if (lineStart > runStart) out += head.cut(runStart, lineStart);
    runStart = head.lineEnd(f);
  }
  if (head.fieldsEnd > runStart) out += head.cut(runStart, head.fieldsEnd);
  const requestId =
    decision.handedId ?? context.ids.keepOrNext(head.find('x-request-id'), sender.trusted);
  const traceparent = keepsTrace ? given : context.ids.startTrace(requestId);
  if (cookies > 1) out += `Cookie: ${head.findAll('cookie', '; ')}\r\n`;
  if (head.maxForwards > 0) out += `Max-Forwards: ${head.maxForwards - 1}\r\n`;
  if (head.authority !== '') out += `Host: ${head.authority}\r\n`;
  out += forwarded(head, sender);
  const token = gateToken(context.idc);
  out += `Via: 1.${head.minorVersion} ${token}\r\nCDN-Loop: ${token}\r\nX-Request-Id: ${requestId}\r\n`;
  if (context.upgradeTo !== '') out += `Connection: Upgrade\r\nUpgrade: ${context.upgradeTo}\r\n`;
  else if (head.takesTrailers) out += 'TE: trailers\r\nConnection: TE\r\n';
  if (!keepsTrace) out += `traceparent: ${traceparent}\r\n`;
  return { head: out, requestId, traceparent };
}

function drops(
  head: RequestHead,
  field: number,
  decision: Forward,
  sender: Sender,
  context: EditContext,
  keepsTrace: boolean,
  cookies: number,
): boolean {
  const id = head.id(field);
  if (id !== OTHER) {
    if (DROP[id] === 1) return true;
    if (id === UNDERSCORE && dropsUnderscore(head, field, decision, context)) return true;
    if (id === EXPECT && !head.expectsContinue) return true;
    if (id === COOKIE && cookies > 1) return true;
    if (id === MAX_FORWARDS && head.maxForwards >= 0) return true;
    if (DROP_UNTRUSTED[id] === 1 && !sender.trusted) return true;
    // Without a valid parent the state belongs to no trace (W3C Trace Context 1, 3.3).
    if ((id === TRACEPARENT || id === TRACESTATE) && !keepsTrace) return true;
  }
  if (decision.dropHeaders.length > 0 && matches(head, field, decision.dropHeaders)) return true;
  return head.nominated.length > 0 && head.nominated.includes(head.name(field));
}

/** Passed on by choice, such a name must still be no way around the rules for the name it resembles. */
function dropsUnderscore(
  head: RequestHead,
  field: number,
  decision: Forward,
  context: EditContext,
): boolean {
  if (context.underscore !== 'pass') return true;
  const folded = head.name(field).replaceAll('_', '-');
  return ID_BY_NAME.has(folded) || decision.dropHeaders.includes(folded);
}

function matches(head: RequestHead, field: number, names: readonly string[]): boolean {
  for (const name of names) if (head.nameIs(field, name)) return true;
  return false;
}

/** X-Forwarded-*: continued for somebody trusted, begun anew for anybody else. */
function forwarded(head: RequestHead, sender: Sender): string {
  let chain = sender.remote;
  let proto = 'http';
  let host: string | undefined;
  if (sender.trusted) {
    const before = head.findAll('x-forwarded-for');
    if (before !== '') chain = `${before}, ${chain}`;
    proto = head.find('x-forwarded-proto') ?? proto;
    host = head.find('x-forwarded-host');
  }
  host ??= head.find('host') ?? head.authority;
  return `X-Forwarded-For: ${chain}\r\nX-Forwarded-Proto: ${proto}\r\n${host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`}`;
}
