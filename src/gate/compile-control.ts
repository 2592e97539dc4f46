/** Who may use the admin listeners, and from where. Off this machine nobody may without proof. */
import ipaddr from 'ipaddr.js';
import { type IdcId, parseIdcId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import { type Address, toAddress } from '../model/schema.ts';
import { compileKeys } from './compile-keys.ts';
import type { GateDoc } from './gate-schema.ts';

/** Paths as declared: the shell knows what they are relative to. */
export interface AdminTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** null: callers need no certificate. */
  readonly clientCaFile: string | null;
}

export interface AdminListener {
  readonly address: Address;
  readonly idc: IdcId | null;
  readonly tls: AdminTls | null;
}

export type ControlRole = 'read' | 'write';

interface ControlToken {
  readonly id: string;
  readonly role: ControlRole;
  readonly secret: string;
}

export interface ControlSettings {
  readonly tokens: readonly ControlToken[];
  /** Names in Host that are ours, in lower case. */
  readonly hosts: readonly string[];
}

export function compileAdmin(doc: GateDoc, report: Report): AdminListener[] {
  const listeners = doc.admin.map(
    ({ address, idc, tls }): AdminListener => ({
      address: toAddress(address),
      idc: idc === undefined ? null : parseIdcId(idc),
      tls: tls === undefined ? null : { ...tls, clientCaFile: tls.clientCaFile ?? null },
    }),
  );
  const tokens = doc.control.tokens.length > 0;
  for (const [i, listener] of listeners.entries())
    checkReach(listener, tokens, ['admin', i, 'address'], report);
  return listeners;
}

function checkReach(
  { address, tls }: AdminListener,
  tokens: boolean,
  path: (string | number)[],
  report: Report,
): void {
  if (isLoopback(address.host)) return;
  if (!tokens && (tls?.clientCaFile ?? null) === null) {
    report.error(path, 'admin-address', 'the admin listener would be open to anybody', {
      found: address.text,
      expected:
        'a loopback address, as 127.0.0.1:9901; or control.tokens, or tls with a clientCaFile',
    });
  } else if (tls === null) {
    report.warn(path, 'admin-plain', 'tokens would cross the network unencrypted: give it tls');
  }
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback');

export function compileControl({ control }: GateDoc, report: Report): ControlSettings {
  const path = ['control', 'tokens'];
  const keys = compileKeys(control.tokens, path, report, 'anybody can give orders with it');
  return {
    tokens: keys.map((key, i) => ({ ...key, role: control.tokens[i]!.role })),
    hosts: control.hosts.map((h) => h.toLowerCase()),
  };
}
