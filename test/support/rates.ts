/** Rates as a document declares them, and the questions of requests. */
import { factsFrom, type RecordedFacts } from '../../src/model/facts.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { parseIp } from '../../src/model/ip-address.ts';
import { Report } from '../../src/model/issue.ts';
import type { KeyRing } from '../../src/model/mac.ts';
import { compileRate } from '../../src/rate/compile-rate.ts';
import type { CounterRule } from '../../src/rate/counters.ts';
import type { RateQuestion, RateRoom } from '../../src/rate/index.ts';
import { judgeRate, type RateVerdict } from '../../src/rate/judge.ts';
import { RateMemory } from '../../src/rate/memory.ts';
import { rateSchema } from '../../src/rate/rate-schema.ts';

export const KEYS: KeyRing = [{ id: 'k1', secret: 'a secret of thirty-two characters' }];
export const SEED = { k0: 0x1234_5678, k1: 0x0abc_def1 };
/** Wall clock of tests: 2026-11-20T00:00:00Z. */
export const NOW = 1_795_132_800_000;

const WORLD = {
  keys: KEYS,
  routes: new Set(['shop.example/', 'shop.example/pay']),
  apps: new Set(['shop', 'pay']),
};

/** With mistakes as `code path`. */
export function compiled(doc: unknown, keys = KEYS) {
  const report = new Report();
  const room = compileRate(rateSchema.parse(doc), { ...WORLD, keys }, report);
  return { room, problems: report.problems.map((p) => `${p.code} ${p.path.join('.')}`), report };
}

const SAID = { owner: 'ann', reason: 'test' };

/** A room of these rates; limit 10 in 60 s by address, rejected, where nothing else is said. */
export function roomOf(
  rates: Readonly<Record<string, object>>,
  more: { lists?: Readonly<Record<string, object>>; keys?: number; countryDatabase?: string } = {},
  keys = KEYS,
): RateRoom {
  const said = (part: Readonly<Record<string, object>>, base: object): object =>
    Object.fromEntries(Object.entries(part).map(([n, r]) => [n, { ...SAID, ...base, ...r }]));
  const base = { by: ['ip'], limit: 10, windowS: 60, action: { kind: 'reject' } };
  const { lists = {}, ...rest } = more;
  const { room, problems } = compiled(
    { rates: said(rates, base), lists: said(lists, {}), ...rest },
    keys,
  );
  if (problems.some((p) => !p.startsWith('shared-limit'))) throw new Error(problems.join('; '));
  return room;
}

export interface Asked extends Partial<Omit<RecordedFacts, 'remote'>> {
  readonly ip?: string;
  readonly route?: string | null;
  readonly app?: string | null;
  readonly uid?: string | null;
  readonly shard?: number | null;
}

export function ask(asked: Asked = {}): RateQuestion {
  const { ip = '192.0.2.1', route = null, app = null, uid = null, shard = null, ...facts } = asked;
  const path = facts.path ?? '/';
  return {
    facts: factsFrom({
      host: 'shop.example',
      entryIdc: 'hz1' as IdcId,
      receivedAtMs: NOW,
      dice: 0.5,
      remote: ip,
      ...facts,
      path,
    }),
    client: parseIp(ip),
    path,
    ...{ route, app, uid, shard },
  };
}

export const counterOf = (more: Partial<CounterRule> = {}): CounterRule => ({
  index: 0,
  fingerprint: 'r',
  id0: 1,
  id1: 2,
  slotMs: 7000 / 7,
  limit: 10,
  burst: 0,
  isFleet: false,
  ...more,
});

/** A gate with nothing but rates. */
export class RateGate {
  readonly memory = new RateMemory(SEED);
  room: RateRoom;

  constructor(room: RateRoom) {
    this.room = room;
  }

  judge(question: RateQuestion, nowMs = NOW): RateVerdict {
    return judgeRate(question, this.room, this.memory, nowMs);
  }

  /** What becomes of each of these requests in turn. */
  kinds(...asked: readonly Asked[]): string[] {
    return asked.map((a) => this.judge(ask(a)).kind);
  }
}

export const gateOf = (rates: Readonly<Record<string, object>>, more = {}): RateGate =>
  new RateGate(roomOf(rates, more));
export const times = (n: number, asked: Asked = {}): Asked[] =>
  Array.from({ length: n }, () => asked);
