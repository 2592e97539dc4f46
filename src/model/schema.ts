/** Zod pieces that every document shares, so that a name or an address is checked in one way. */
import { z } from 'zod';
import { NAME_PATTERN, NAME_RULE } from './ids.ts';

export const nameSchema = z.string().regex(NAME_PATTERN, { error: NAME_RULE });

/** `host:port`, `1.2.3.4:80` or `[::1]:80`. */
export const ADDRESS_PATTERN =
  /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?):(\d{1,5})$/;

export const addressSchema = z
  .string()
  .regex(ADDRESS_PATTERN, { error: 'host:port, with a port from 1 to 65535' })
  .refine((text) => portOf(text) >= 1 && portOf(text) <= 65535, {
    error: 'host:port, with a port from 1 to 65535',
  });

const portOf = (text: string): number => Number(text.slice(text.lastIndexOf(':') + 1));

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

export const API_VERSION = 'zonegate/v1';
export const apiVersionSchema = z.literal(API_VERSION);
