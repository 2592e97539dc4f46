/**
 * What one gate is told about itself: where it listens, whom it trusts, its keys, limits and
 * deadlines. Several gates of an IDC share one Gate document.
 */
import { stringifySetCookie } from 'cookie';
import ipaddr from 'ipaddr.js';
import type { ListenerKind } from '../model/facts.ts';
import { type IdcId, parseIdcId } from '../model/ids.ts';
import type { DocPath, Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import { type Address, toAddress } from '../model/schema.ts';
import type { GateDoc, PathPolicy } from './gate-schema.ts';
import { compileNetworks, type Networks } from './networks.ts';

export interface Listener {
  readonly address: Address;
  readonly from: ListenerKind;
  /** Open on it at once; null: only the gate's own limit counts. */
  readonly connections: number | null;
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
  readonly overload: GateDoc['overload'];
  /** Lower case. */
  readonly upgrades: readonly string[];
  readonly paths: PathPolicy;
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
      connections: l.connections ?? null,
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
      peer: compileKeys(doc.keys.peer ?? [], ['keys', 'peer'], report),
      operator: compileKeys(doc.keys.operator ?? [], ['keys', 'operator'], report),
    },
    cookie: doc.cookie,
    limits: doc.limits,
    timeouts: doc.timeouts,
    overload: doc.overload,
    upgrades: doc.upgrades.map((u) => u.toLowerCase()),
    paths: doc.paths,
    headers: doc.headers,
    log: doc.log,
  };
  checkAddresses(settings, report);
  checkAdmin(settings, report);
  checkLimits(settings, report);
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
    if (key.secret === undefined) {
      report.error([...path, i], 'no-secret', `key ${key.id} has no secret`, {
        expected: 'secret or secretFile',
      });
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
  const { sameSite, secure, name, domain } = settings.cookie;
  const error = (key: string, message: string, found: string, expected: string): void =>
    report.error(['cookie', key], `cookie-${key}`, message, { found, expected });
  const mustBeSecure = sameSite === 'none' || /^__(Host|Secure)-/i.test(name);
  if (mustBeSecure && secure === 'never') {
    error(
      'secure',
      'browsers drop this cookie unless it is Secure',
      'secure: never',
      'secure: always',
    );
  }
  if (/^__Host-/i.test(name) && domain !== undefined) {
    error('domain', 'a __Host- cookie has no domain (RFC 6265bis 4.1.3.2)', domain, 'no domain');
  }
  try {
    stringifySetCookie({ name, value: '', ...(domain === undefined ? {} : { domain }) });
  } catch {
    error('domain', 'the domain can’t stand in a cookie', domain ?? '', 'a domain name');
  }
}

/** Two listeners on one address: the second could never be bound. */
function checkAddresses(settings: GateSettings, report: Report): void {
  const seen: { text: string; idc: IdcId | null }[] = [];
  for (const section of ['listeners', 'admin'] as const) {
    settings[section].forEach(({ address, idc }, i) => {
      const clash = seen.some(
        (s) => s.text === address.text && (s.idc === idc || s.idc === null || idc === null),
      );
      if (clash) {
        report.error(
          [section, i, 'address'],
          'duplicate-address',
          `${address.text} is listened on twice`,
          {
            found: address.text,
            expected: 'an address of its own',
          },
        );
      }
      seen.push({ text: address.text, idc });
    });
  }
}

function checkLimits(settings: GateSettings, report: Report): void {
  const { headBytes, targetBytes } = settings.limits;
  if (targetBytes < headBytes) return;
  report.error(
    ['limits', 'targetBytes'],
    'limits',
    'a target of this length does not fit into a head',
    {
      found: `targetBytes: ${targetBytes}, headBytes: ${headBytes}`,
      expected: 'targetBytes below headBytes',
    },
  );
}
