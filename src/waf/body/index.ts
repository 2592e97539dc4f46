/** Request bodies, queries and cookies, as the firewall's rules see them. */
import type { ContentType } from './content-type.ts';
import { Gather } from './gather.ts';
import { readJson } from './json.ts';
import { readMultipart } from './multipart.ts';
import { readPlainText } from './plain-text.ts';
import type { BodyFault, BodyKind, BodyLimits, BodyReading } from './reading.ts';
import { readUrlencoded } from './urlencoded.ts';
import { readXml } from './xml.ts';

export { bodyKindOf, type ContentType } from './content-type.ts';
export { splitCookies } from './cookies.ts';
export { formDecode, percentDecode } from './decode.ts';
export * from './reading.ts';
export { type Split, splitQuery } from './urlencoded.ts';

/**
 * Reads a body in one pass, within limits; never throws.
 * @param kind `type.kind`, or what a rule has chosen instead (ctl:requestBodyProcessor)
 * @param bytes the body as a byte string, without content coding
 * @param type of its Content-Type field; what is wrong with that is among the faults of the reading
 * @param truncated the body goes on beyond `bytes`
 */
export function readBody(
  kind: BodyKind,
  bytes: string,
  type: ContentType,
  limits: BodyLimits,
  truncated: boolean,
): BodyReading {
  const gather = new Gather(limits, truncated);
  gather.fault = kind === 'none' ? certainty(type.fault) : type.fault;
  const xml = kind === 'xml' ? readXml(bytes, gather) : null;
  const parts = kind === 'multipart' ? readMultipart(bytes, type, gather) : null;
  if (kind === 'urlencoded') readUrlencoded(bytes, gather);
  else if (kind === 'json') readJson(bytes, gather);
  else if (kind === 'none' && mayBeAnything(type)) readPlainText(bytes, gather);
  const { args, fault, stoppedAt } = gather;
  return {
    kind,
    args,
    files: parts?.files ?? [],
    partHeaders: parts?.partHeaders ?? [],
    xml,
    multipart: parts?.flags ?? null,
    fault,
    rest: stoppedAt < 0 ? '' : bytes.slice(stoppedAt, stoppedAt + limits.valueBytes),
  };
}

const mayBeAnything = ({ type }: ContentType): boolean => type === '' || type === 'text/plain';

/** Where nothing is read, parameters mean nothing, but the type must be certain. */
function certainty(fault: BodyFault | null): BodyFault | null {
  return fault?.code === 'content-type-list' || fault?.code === 'content-type-syntax'
    ? fault
    : null;
}
