/** One JSON line per request: OpenTelemetry names where they exist, the gate's own beside them. */
import type { Decision } from '../../decide/decision.ts';
import type { Lane } from '../../model/lane.ts';

/** What a line needs of a request's record. */
export interface LoggedRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly hasQuery: boolean;
  readonly minorVersion: number;
  readonly client: string;
  readonly requestId: string;
  readonly traceparent: string;
  readonly decision: Decision | null;
  readonly gateCode: string | null;
  /** Name of the rate, or the list, that did something to it. */
  readonly rate: string | null;
  readonly status: number;
  readonly endedBy: string;
  readonly endpoint: string | null;
  readonly attempts: number;
  /** Endpoints that were tried before, with commas; '' for none. */
  readonly tried: string;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly startedAtMs: number;
  /** -1: it did not wait. */
  readonly queuedMs: number;
  /** -1: it was not held back. */
  readonly inspectedMs: number;
  readonly connectedMs: number;
  readonly firstByteMs: number;
  readonly durationMs: number;
  readonly cookieWritten: string;
}

/** Ends with a line feed. Queries and cookies never get in. */
export function accessLine(r: LoggedRequest, idc: string): string {
  const query = r.hasQuery ? ',"url.query":"REDACTED"' : '';
  const gate = r.gateCode === null ? '' : `,"gate_code":${quote(r.gateCode)}`;
  const rate = r.rate === null ? '' : `,"rate":"${r.rate}"`;
  const endpoint =
    r.endpoint === null
      ? ''
      : `,"upstream.address":${quote(r.endpoint)},"upstream.attempts":${r.attempts}${r.tried === '' ? '' : `,"upstream.tried":"${r.tried}"`}`;
  const trace = r.traceparent === '' ? '' : `,"trace_id":"${r.traceparent.slice(3, 35)}"`;
  return (
    `{"timestamp":${timestamp(r.startedAtMs)},"http.request.method":${quote(r.method)},"server.address":${quote(r.host)}` +
    `,"url.path":${quote(r.path)}${query},"network.protocol.version":"1.${r.minorVersion}"` +
    `,"client.address":${quote(r.client)},"http.response.status_code":${r.status},"idc":"${idc}"` +
    `${decisionPart(r.decision)},"cookie":"${r.cookieWritten}"${endpoint}` +
    `,"http.request.body.size":${r.requestBytes},"http.response.body.size":${r.responseBytes}` +
    `${ms('inspected_ms', r.inspectedMs)}${ms('queued_ms', r.queuedMs)}${ms('connect_ms', r.connectedMs)}${ms('first_byte_ms', r.firstByteMs)}${ms('duration_ms', r.durationMs)}` +
    `,"ended_by":"${r.endedBy}"${gate}${rate},"request_id":${quote(r.requestId)}${trace}}\n`
  );
}

function decisionPart(d: Decision | null): string {
  if (d === null) return '';
  let why = '';
  for (const reason of d.why) why += why === '' ? reason.code : `,${reason.code}`;
  const board = d.board < 0 ? '' : `,"board":${d.board}`;
  const common = `,"from":"${d.from}","epoch":${d.epoch}${board},"why":"${why}"`;
  const traffic = d.lane === null ? '' : laneText(d.lane);
  if (d.kind === 'respond') return common + traffic;
  const [{ zone, group, via }] = d.targets;
  return (
    `${common}${traffic},"route":${quote(d.route.name)},"zone":"${zone.id}","zone_idc":"${group.idc}","group":"${group.id}"` +
    `,"via":"${via}","shard":${d.shard ?? 'null'},"provisional":${d.provisional},"write":${d.isWrite}` +
    (d.operator === null ? '' : `,"operator":${quote(d.operator)}`)
  );
}

/** A release says itself in `why`: there is one at most for a zone's app. */
const laneText = ({ kind, name }: Lane): string =>
  kind === 'stress' ? `,"traffic":"stress","scene":"${name}"` : `,"gray":"${name}"`;

/** 000 … 999: a fraction's text is looked up, because V8 takes its time over decimals. */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, i) => `.${String(i).padStart(3, '0')}`);

function ms(name: string, value: number): string {
  if (value < 0) return '';
  const micros = Math.round(value * 1000);
  const whole = Math.trunc(micros / 1000);
  return `,"${name}":${whole}${THOUSANDTHS[micros - whole * 1000]!}`;
}

let lastMs = 0;
let lastText = '0';
/** Many lines are of one millisecond. */
function timestamp(nowMs: number): string {
  if (nowMs !== lastMs) {
    lastMs = nowMs;
    lastText = String(nowMs);
  }
  return lastText;
}

/** Most texts need no escaping, and the scan is cheaper than JSON.stringify. */
function quote(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c > 0x7e || c === 0x22 || c === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}
