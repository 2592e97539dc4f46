/** What the wire says, as the firewall's rules are told of it. */
import { normalisePath } from '../../route/normalise.ts';
import type { FieldSection } from '../../shell/http1/head.ts';
import type { ResponseHead } from '../../shell/http1/response-head.ts';
import type { InspectedRequest } from '../../shell/proxy/inspector.ts';
import type { HeaderList, RequestInput, ResponseInput } from '../../waf/engine/input.ts';

export function requestInput(
  { head, decision, sender, record, snapshot }: InspectedRequest,
  requestId: string,
  country: string,
  cleared: boolean,
): RequestInput {
  return {
    method: head.method,
    target: head.cut(head.targetStart, head.targetEnd),
    path: head.path,
    normalPath: normalisePath(head.path, snapshot.gate.paths) ?? head.path,
    query: head.query,
    protocol: head.minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
    headers: headersOf(head),
    remote: sender.client,
    requestId,
    app: decision.route.app,
    zone: decision.targets[0].zone.id,
    uid: decision.uid ?? '',
    country,
    cleared,
    dice: Math.random(),
    receivedAtMs: record.startedAtMs,
  };
}

export const responseInput = (head: ResponseHead): ResponseInput => ({
  status: head.status,
  protocol: head.minorVersion === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
  headers: headersOf(head),
});

function headersOf(head: FieldSection): HeaderList {
  const headers: [string, string][] = [];
  for (let field = 0; field < head.count; field++)
    headers.push([head.writtenName(field), head.value(field)]);
  return headers;
}
