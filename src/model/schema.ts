/** Zod pieces that every document shares, so that a name or an address is checked in one way. */
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { NAME_PATTERN, NAME_RULE } from './ids.ts';

export const nameSchema = z
  .string()
  .regex(NAME_PATTERN, { error: NAME_RULE })
  .refine((name) => !(name in Object.prototype), {
    error: 'a name that JavaScript does not use itself',
  });

const HOST_LABELS =
  /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** `host:port`, `1.2.3.4:80` or `[::1]:80`. */
export const addressSchema = z.string().refine(isAddress, {
  error: 'host:port, as app.example:8080, 10.0.0.1:80 or [::1]:80',
});

function isAddress(text: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]{1,253})):(\d{1,5})$/.exec(text);
  if (match === null) return false;
  const [, v6, host = ''] = match;
  if (portOf(text) < 1 || portOf(text) > 65_535) return false;
  if (v6 !== undefined) return ipaddr.IPv6.isValid(v6);
  return /^[\d.]+$/.test(host) ? ipaddr.IPv4.isValidFourPartDecimal(host) : HOST_LABELS.test(host);
}

function portOf(text: string): number {
  return Number(text.slice(text.lastIndexOf(':') + 1));
}

/** Where something listens. `text` is as written: the name of the endpoint in logs and metrics. */
export interface Address {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

/** @param text must have passed `addressSchema`. */
export function toAddress(text: string): Address {
  const host = text.slice(0, text.lastIndexOf(':'));
  return Object.freeze({
    text,
    host: host.startsWith('[') ? host.slice(1, -1) : host,
    port: portOf(text),
  });
}

export const countSchema = (min: number, max: number): z.ZodInt =>
  z
    .int({ error: `a whole number from ${min} to ${max}` })
    .min(min)
    .max(max);

export const apiVersionSchema = z.literal('zonegate/v1');
