/**
 * What one gate is told about itself: where it listens, whom it trusts, its keys, limits and
 * deadlines. Several gates of an IDC share one Gate document.
 */
import { stringifySetCookie } from 'cookie';
import type { ListenerKind } from '../model/facts.ts';
import { type IdcId, parseIdcId } from '../model/ids.ts';
import type { Report } from '../model/issue.ts';
import type { KeyRing } from '../model/mac.ts';
import { type Address, toAddress } from '../model/schema.ts';
import {
  type AdminListener,
  type ControlSettings,
  compileAdmin,
  compileControl,
} from './compile-control.ts';
import { compileKeys } from './compile-keys.ts';
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
  readonly admin: readonly AdminListener[];
  readonly control: ControlSettings;
  readonly proxies: Networks;
  readonly peers: Networks;
  readonly keys: Readonly<Record<'cookie' | 'peer' | 'operator' | 'stress', KeyRing>>;
  readonly cookie: GateDoc['cookie'];
  readonly limits: GateDoc['limits'] & {
    /** A query may hold `\` and bytes above 127. */
    readonly rawQuery: boolean;
  };
  readonly timeouts: GateDoc['timeouts'];
  readonly overload: GateDoc['overload'];
  /** Lower case. */
  readonly upgrades: readonly string[];
  readonly paths: PathPolicy;
  readonly headers: GateDoc['headers'];
  readonly log: GateDoc['log'];
}

export function compileGate(doc: GateDoc, report: Report): GateSettings {
  const settings: GateSettings = {
    listeners: doc.listeners.map((l) => ({
      address: toAddress(l.address),
      from: l.from,
      connections: l.connections ?? null,
      idc: l.idc === undefined ? null : parseIdcId(l.idc),
    })),
    admin: compileAdmin(doc, report),
    control: compileControl(doc, report),
    proxies: compileNetworks(doc.trust.proxies, ['trust', 'proxies'], report),
    peers: compileNetworks(doc.trust.peers, ['trust', 'peers'], report),
    keys: {
      cookie: compileKeys(doc.keys.cookie, ['keys', 'cookie'], report),
      peer: compileKeys(doc.keys.peer ?? [], ['keys', 'peer'], report),
      operator: compileKeys(doc.keys.operator ?? [], ['keys', 'operator'], report),
      stress: compileKeys(doc.keys.stress ?? [], ['keys', 'stress'], report),
    },
    cookie: doc.cookie,
    limits: { ...doc.limits, rawQuery: doc.paths.query === 'raw' },
    timeouts: doc.timeouts,
    overload: doc.overload,
    upgrades: doc.upgrades.map((u) => u.toLowerCase()),
    paths: doc.paths,
    headers: doc.headers,
    log: doc.log,
  };
  checkAddresses(settings, report);
  checkLimits(settings, report);
  checkCookie(settings, report);
  return settings;
}

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
  if (settings.cookie.laneName === name)
    error('laneName', 'two cookies can’t have one name', name, 'a name of its own');
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
