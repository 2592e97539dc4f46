/** A body as a test writes it, read. */
import {
  BODY_LIMITS,
  type BodyLimits,
  type BodyReading,
  bodyKindOf,
  readBody,
} from '../../../src/waf/body/index.ts';

/** The bytes of a text as the firewall holds them. */
export const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

export interface Odds {
  readonly limits?: Partial<BodyLimits>;
  readonly truncated?: boolean;
}

/** @param body a byte string */
export function reading(contentType: string, body: string, odds: Odds = {}): BodyReading {
  const type = bodyKindOf(contentType);
  const limits = { ...BODY_LIMITS, ...odds.limits };
  return readBody(type.kind, body, type, limits, odds.truncated ?? false);
}

/** `name=value` of each argument. */
export const argsOf = ({ args }: BodyReading): string[] => args.map((a) => `${a.name}=${a.value}`);

/** The fault in short: its code, with a `!` if it is ambiguous; '' if there is none. */
export const faultOf = ({ fault }: BodyReading): string =>
  fault === null ? '' : `${fault.code}${fault.ambiguous ? '!' : ''}`;
