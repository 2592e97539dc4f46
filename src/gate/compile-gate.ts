/**
 * What one gate is told about itself: where it listens, whom it trusts, its keys, limits and
 * deadlines. Several gates of an IDC share one Gate document.
 */
import ipaddr from 'ipaddr.js';
import type { ListenerKind } from '../model/facts.ts';
import { type IdcId, parseIdcId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import { type Address, toAddress } from '../model/schema.ts';
import type { GateDoc } from './gate-schema.ts';
import { compileNetworks, type Networks } from './networks.ts';

export interface Listener {
  readonly address: Address;
  readonly from: ListenerKind;
  readonly idc: IdcId | null;
}

export interface GateSettings {
  readonly listeners: readonly Listener[];
  readonly admin: readonly { readonly address: Address; readonly idc: IdcId | null }[];
  readonly proxies: Networks;
  readonly peers: Networks;
  readonly keys: { readonly cookie: KeyRing; readonly peer: KeyRing; readonly operator: KeyRing };
  readonly cookie: GateDoc['cookie'];
  readonly limits: GateDoc['limits'];
  readonly timeouts: GateDoc['timeouts'];
  readonly headers: GateDoc['headers'];
  readonly log: GateDoc['log'];
}

/** Secrets that start so are for demos; `check` warns of them. */
const DEMO_SECRET_PREFIX = 'demo-only-';

export function compileGate(doc: GateDoc, report: Report): GateSettings {
  const settings: GateSettings = {
    listeners: doc.listeners.map((l) => ({
      address: toAddress(l.address),
      from: l.from,
      idc: l.idc === undefined ? null : parseIdcId(l.idc),
    })),
    admin: doc.admin.map((a) => ({
      address: toAddress(a.address),
      idc: a.idc === undefined ? null : parseIdcId(a.idc),
    })),
    proxies: compileNetworks(doc.trust.proxies, ['trust', 'proxies'], report),
    peers: compileNetworks(doc.trust.peers, ['trust', 'peers'], report),
    keys: {
      cookie: compileKeys(doc.keys.cookie, ['keys', 'cookie'], report),
      peer: compileKeys(doc.keys.peer, ['keys', 'peer'], report),
      operator: compileKeys(doc.keys.operator ?? [], ['keys', 'operator'], report),
    },
    cookie: doc.cookie,
    limits: doc.limits,
    timeouts: doc.timeouts,
    headers: doc.headers,
    log: doc.log,
  };
  checkAdmin(settings, report);
  checkCookie(settings, report);
  return settings;
}

function compileKeys(
  keys: readonly { readonly id: string; readonly secret?: string | undefined }[],
  path: DocPath,
  report: Report,
): KeyRing {
  const ids = new Set<string>();
  return keys.map((key, i) => {
    if (ids.has(key.id)) {
      report.error([...path, i, 'id'], 'duplicate-key-id', `key id ${key.id} is used twice`, {
        found: key.id,
        expected: 'two different ids',
      });
    }
    ids.add(key.id);
    if (key.secret?.startsWith(DEMO_SECRET_PREFIX) === true) {
      report.warn(
        [...path, i],
        'demo-key',
        `key ${key.id} is the published demo key: anybody can sign with it`,
      );
    }
    return { id: key.id, secret: key.secret ?? '' };
  });
}

/** The admin listener has no login yet, so it stays on the machine. */
function checkAdmin(settings: GateSettings, report: Report): void {
  settings.admin.forEach(({ address }, i) => {
    if (address.host === 'localhost' || isLoopback(address.host)) return;
    report.error(
      ['admin', i, 'address'],
      'admin-address',
      'the admin listener would be reachable from outside',
      {
        found: address.text,
        expected: 'a loopback address, as 127.0.0.1:9901',
      },
    );
  });
}

const isLoopback = (host: string): boolean =>
  ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';

function checkCookie(settings: GateSettings, report: Report): void {
  const { sameSite, secure, name } = settings.cookie;
  if (sameSite === 'none' && secure === 'never') {
    report.error(
      ['cookie', 'secure'],
      'cookie-secure',
      'browsers drop a SameSite=None cookie that is not Secure',
      {
        found: 'secure: never',
        expected: 'secure: always, or another sameSite',
      },
    );
  }
  if (name.startsWith('__Host-') && settings.cookie.domain !== undefined) {
    report.error(
      ['cookie', 'domain'],
      'cookie-domain',
      'a __Host- cookie has no domain (RFC 6265bis 4.1.3.2)',
      {
        found: settings.cookie.domain,
        expected: 'no domain',
      },
    );
  }
}
