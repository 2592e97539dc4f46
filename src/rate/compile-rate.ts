import { stableHash } from '../model/hash.ts';
import { parseIpBlock } from '../model/ip-address.ts';
import { EMPTY_IP_SET, type IpSet, IpSetBuilder } from '../model/ip-set.ts';
import type { DocPath, Report } from '../model/issue.ts';
import { type KeyRing, macOf } from '../model/mac.ts';
import { type CounterRule, SLOTS_PER_WINDOW } from './counters.ts';
import type { KeyPart, RateAction, RateList, RateMatch, RateRoom, RateRule } from './index.ts';
import type { HashSeed } from './keyed-hash.ts';
import type { RateDoc, RateListDoc, RateRuleDoc } from './rate-schema.ts';

/** Of other documents. */
export interface RateWorld {
  /** Of the route cookie: they sign proofs too, for another purpose. */
  readonly keys: KeyRing;
  /** Names that rates may speak of. */
  readonly routes: ReadonlySet<string>;
  readonly apps: ReadonlySet<string>;
}

const PROOF_FACTOR = 10;
const MOST_LIMIT = 100_000_000;

export function compileRate(doc: RateDoc, world: RateWorld, report: Report): RateRoom {
  const counters: CounterRule[] = [];
  const rules = Object.entries(doc.rates).map(([name, rule]) =>
    compileRule(name, rule, counters, world, report),
  );
  const lists = Object.entries(doc.lists).map(([name, list]) =>
    compileList(name, list, doc, report),
  );
  if (rules.length > 0 && world.keys.length === 0 && rules.some((r) => needsKeys(r)))
    report.error(['rates'], 'no-keys', 'challenges and shared counts need keys to sign with', {
      expected: 'keys.cookie in the Gate document',
    });
  return Object.freeze({
    rules,
    counters,
    lists: [...lists.filter((l) => l.kind === 'allow'), ...lists.filter((l) => l.kind === 'deny')],
    keys: doc.keys,
    countryDatabase: doc.countryDatabase ?? null,
    proof: { ...doc.proof, keys: world.keys },
    fleetSeed: seedOf(world.keys),
    isEmpty: rules.length === 0 && lists.length === 0,
    hasFleet: rules.some((r) => r.counter.isFleet),
    hasChallenge: rules.some((r) => r.action.kind === 'challenge' && r.enforced),
  });
}

const needsKeys = ({ action, counter }: RateRule): boolean =>
  action.kind === 'challenge' || counter.isFleet;

/** The same on every gate that signs with the same key, and known to nobody else. */
function seedOf([key]: KeyRing): HashSeed {
  const bytes = Buffer.from(macOf(key?.secret ?? '', 'rate-seed', 'v1'), 'base64url');
  return { k0: bytes.readInt32LE(0), k1: bytes.readInt32LE(4) };
}

function compileRule(
  name: string,
  doc: RateRuleDoc,
  counters: CounterRule[],
  world: RateWorld,
  report: Report,
): RateRule {
  const path = ['rates', name];
  checkRule(doc, path, report);
  const print = JSON.stringify([name, doc.by, doc.prefix, doc.windowS, doc.scope, doc.missing]);
  const counter = addCounter(print, doc, doc.limit, doc.burst, doc.scope === 'fleet', counters);
  return Object.freeze({
    name,
    match: compileMatch(doc, [...path, 'match'], world, report),
    by: doc.by.map(partOf),
    ...doc.prefix,
    limit: doc.limit,
    windowS: doc.windowS,
    action: compileAction(name, doc, print, counters),
    byIpWhereMissing: doc.missing === 'ip',
    tellsAlways: doc.fields === 'always' && doc.mode === 'enforce',
    enforced: doc.mode === 'enforce',
    counter,
  });
}

function addCounter(
  fingerprint: string,
  { windowS }: RateRuleDoc,
  limit: number,
  burst: number,
  isFleet: boolean,
  counters: CounterRule[],
): CounterRule {
  const index = counters.length;
  const id0 = stableHash(fingerprint) | 0;
  const id1 = stableHash(`2${fingerprint}`) | 0;
  const slotMs = (windowS * 1000) / SLOTS_PER_WINDOW;
  const rule = Object.freeze({ index, fingerprint, id0, id1, slotMs, limit, burst, isFleet });
  counters.push(rule);
  return rule;
}

function compileAction(
  name: string,
  doc: RateRuleDoc,
  print: string,
  counters: CounterRule[],
): RateAction {
  const { action } = doc;
  if (action.kind === 'tag') return { kind: 'tag', label: action.label ?? name };
  if (action.kind !== 'challenge') return action;
  const most = action.requests ?? Math.min(MOST_LIMIT, doc.limit * PROOF_FACTOR);
  return Object.freeze({
    kind: 'challenge',
    mode: action.mode,
    lastsMs: action.lastsS * 1000,
    bits: action.bits,
    counter: addCounter(`proof ${print}`, doc, most, 0, false, counters),
  });
}

function partOf(text: string): KeyPart {
  const colon = text.indexOf(':');
  const name = text.slice(colon + 1);
  if (text.startsWith('cookie:')) return { kind: 'cookie', name };
  if (text.startsWith('header:')) return { kind: 'header', name: name.toLowerCase() };
  switch (text) {
    case 'ip':
    case 'uid':
    case 'shard':
    case 'path':
    case 'host':
    case 'route':
      return { kind: text };
    default:
      throw new Error(`${text} has passed the schema`);
  }
}

function compileMatch(
  { match }: RateRuleDoc,
  path: DocPath,
  { routes, apps }: RateWorld,
  report: Report,
): RateMatch {
  const known = (
    what: 'route' | 'app',
    names: readonly string[] | undefined,
    all: ReadonlySet<string>,
  ) => {
    names?.forEach((n, i) => {
      if (!all.has(n)) report.unknownName([...path, `${what}s`, i], what, n, all);
    });
    return names === undefined ? null : new Set(names);
  };
  const hosts = match.hosts?.map((h) => h.toLowerCase());
  return {
    routes: known('route', match.routes, routes),
    apps: known('app', match.apps, apps),
    hosts: hosts === undefined ? null : new Set(hosts.filter((h) => !h.startsWith('*.'))),
    suffixes: (hosts ?? []).filter((h) => h.startsWith('*.')).map((h) => h.slice(1)),
    paths: match.paths?.map((p) => (p.endsWith('/') ? p.slice(0, -1) : p)) ?? null,
    methods: match.methods === undefined ? null : new Set(match.methods),
    networks:
      match.networks === undefined
        ? null
        : compileBlocks(match.networks, [...path, 'networks'], report),
    listener: match.listener ?? null,
  };
}

function compileBlocks(texts: readonly string[], path: DocPath, report: Report): IpSet {
  if (texts.length === 0) return EMPTY_IP_SET;
  const builder = new IpSetBuilder();
  texts.forEach((text, i) => {
    const block = parseIpBlock(text);
    if (block !== null) builder.add(block);
    else
      report.error([...path, i], 'network', `${text} is not a network`, {
        found: text,
        expected: 'an address or a block, as 10.0.0.0/8',
      });
  });
  return builder.build();
}

/** Parts that tell one client from another. */
const OF_CLIENT = /^(?:ip|uid|cookie:|header:)/;
const MAY_BE_ABSENT = /^(?:uid|shard|route|cookie:|header:)/;

function checkRule(doc: RateRuleDoc, path: DocPath, report: Report): void {
  doc.by.forEach((part, i) => {
    if (doc.by.indexOf(part) !== i)
      report.error([...path, 'by', i], 'duplicate-part', `${part} stands twice`, { found: part });
  });
  if (!doc.by.some((part) => OF_CLIENT.test(part)) && doc.action.kind !== 'tag')
    report.warn(
      [...path, 'by'],
      'shared-limit',
      'nothing here tells one client from another: one can use up the limit for all',
    );
  if (doc.missing === 'ip' && !doc.by.some((part) => MAY_BE_ABSENT.test(part)))
    report.warn([...path, 'missing'], 'never-missing', 'no part of this key can be absent');
  if (doc.scope === 'fleet' && doc.windowS < 2)
    report.warn(
      [...path, 'windowS'],
      'short-fleet-window',
      'gates hear of each other some times a second: a window this short is hardly shared',
    );
  const { methods } = doc.match;
  if (
    doc.action.kind === 'challenge' &&
    methods?.every((m) => m !== 'GET' && m !== 'HEAD') === true
  )
    report.warn(
      [...path, 'action'],
      'challenge-unanswerable',
      `${methods.join(', ')} can’t be sent round: without a proof from elsewhere they are answered 429`,
    );
}

function compileList(name: string, doc: RateListDoc, all: RateDoc, report: Report): RateList {
  const path = ['lists', name];
  const { kind, entries, file, countries, expires } = doc;
  if (entries.length === 0 && file === undefined && countries.length === 0)
    report.error(path, 'empty-list', `list ${name} holds nobody`, {
      atKey: true,
      expected: 'entries, file or countries',
    });
  if (countries.length > 0 && all.countryDatabase === undefined)
    report.error(
      [...path, 'countries'],
      'no-country-database',
      'countries are found by a database, and none is named',
      { expected: 'countryDatabase: a .mmdb file' },
    );
  entries.forEach((text, i) => {
    if (text.endsWith('/0'))
      report.warn([...path, 'entries', i], 'everybody', `${text} is everybody: ${kind}`);
  });
  return Object.freeze({
    name,
    kind,
    entries: compileBlocks(entries, [...path, 'entries'], report),
    file: file ?? null,
    countries: countries.length === 0 ? null : new Set(countries),
    enforced: doc.mode === 'enforce',
    expiresAtMs: expires === undefined ? null : Date.parse(expires),
  });
}
