/** Rates at the proxy's seam: what is kept between requests, and what becomes of one. */
import { randomBytes } from 'node:crypto';
import type pino from 'pino';
import type { StoreSettings } from '../../failover/store-settings.ts';
import { parseIp } from '../../model/ip-address.ts';
import { assertNever } from '../../model/result.ts';
import { makeChallenge } from '../../rate/challenge.ts';
import { clientOf } from '../../rate/client.ts';
import type { RateRoom } from '../../rate/index.ts';
import { judgeRate, type RateVerdict } from '../../rate/judge.ts';
import { refusalFields, type Standing, standingFields } from '../../rate/limit-fields.ts';
import { RateMemory } from '../../rate/memory.ts';
import { type RateStatus, rateStatus } from '../../rate/status.ts';
import { normalisePath } from '../../route/normalise.ts';
import type { InspectedRequest, Verdict } from '../../shell/proxy/inspector.ts';
import { Delays } from '../../shell/rate/delays.ts';
import { type FileNews, RateFiles } from '../../shell/rate/rate-files.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import { challengeVerdict, DENY, linesOf, reject } from './answers.ts';
import { RateEvents } from './events.ts';
import { type Additions, Refused } from './passage.ts';
import { RateSharing } from './sharing.ts';

/** Requests that wait at once. Whoever finds no room is refused: else a flood would wait for nothing. */
const MOST_DELAYED = 4096;

export interface RateOptions {
  readonly directory: string;
  readonly idc: string;
  /** This gate's name in the fleet. */
  readonly gate: string;
  /** The fleet's, with absolute paths; null: there is none. */
  readonly store: StoreSettings | null;
  readonly log: pino.Logger;
  /** Where events go now. */
  events(): { write(line: string): void } | null;
}

/** null: it goes on as it came. */
export type RateOutcome = Refused | Additions | null;

export class RateSide {
  readonly memory = new RateMemory(randomSeed());
  readonly delays = new Delays(MOST_DELAYED);
  readonly events: RateEvents;
  readonly #options: RateOptions;
  readonly #files: RateFiles;
  #sharing: RateSharing | null = null;

  constructor(options: RateOptions) {
    this.#options = options;
    this.events = new RateEvents(options.idc, () => options.events());
    this.#files = new RateFiles(options.directory, this.memory, (news) => this.#fileRead(news));
  }

  get exchanges(): { readonly done: number; readonly failed: number } {
    const exchange = this.#sharing?.exchange;
    return { done: exchange?.exchanges ?? 0, failed: exchange?.failures ?? 0 };
  }

  /** Resolves when list files and the country database have been read, as far as they can be. */
  async start({ rates }: Snapshot): Promise<void> {
    this.#take(rates);
    await this.#files.look();
    this.#files.start();
  }

  /** A snapshot is published. */
  follow({ rates }: Snapshot): void {
    this.#take(rates);
    // A look under way knows nothing of new files.
    void this.#files.look().then(() => this.#files.look());
  }

  stop(): void {
    this.#files.close();
    this.delays.close();
    this.#sharing?.close();
    this.#sharing = null;
  }

  #take(room: RateRoom | null): void {
    this.#files.follow(room ?? NO_FILES);
    if (room === null) return;
    this.memory.counters.adopt(room.counters, room.keys);
    const { store, gate, log } = this.#options;
    if (!room.hasFleet || store?.kind !== 'redis' || this.#sharing !== null) return;
    this.#sharing = new RateSharing(this.memory, store, gate, log);
    this.#sharing.start();
  }

  #fileRead(news: FileNews): void {
    const { log } = this.#options;
    const { file } = news;
    if (news.kind === 'read') log.info({ file, ranges: news.ranges }, 'rates: a file was read');
    else if (news.kind === 'broken')
      log.error({ file, problems: news.problems }, 'rates: a list is broken; the last one stays');
    else log.error({ file, message: news.message }, 'rates: a file can’t be read');
  }

  /** '' where nobody knows, and where there is no database. */
  readonly countryOf = (address: string): string => {
    const { countries } = this.memory;
    const client = countries === null ? null : parseIp(address);
    return (client === null ? null : countries?.of(client)) ?? '';
  };

  /** For scrapes and `/status`. */
  status({ rates }: Snapshot): RateStatus | null {
    return rates === null ? null : rateStatus(rates, this.memory, Date.now());
  }

  /** By lists and rates; the firewall is asked afterwards. */
  judge(request: InspectedRequest, room: RateRoom): RateOutcome {
    const { facts, decision, snapshot } = request;
    const question = {
      facts,
      client: clientOf(facts, snapshot.gate.proxies),
      path: normalisePath(facts.path, snapshot.gate.paths) ?? facts.path,
      route: decision.route.name,
      app: decision.route.app,
      uid: decision.uid,
      shard: decision.shard,
    };
    const found = judgeRate(question, room, this.memory, facts.receivedAtMs);
    switch (found.kind) {
      case 'pass':
        return found.standing === null ? null : { ...NOTHING_ADDED, ...standing(found.standing) };
      case 'tag':
        return this.#tagged(request, found);
      case 'delay':
        return this.#delayed(request, found);
      case 'challenge': {
        const { action, retryAfterS, rule } = found;
        const means = { nowMs: facts.receivedAtMs, nonce: nonce(), retryAfterS };
        const secure = isSecure(request);
        const made = makeChallenge(question, action, room.proof, { ...means, secure });
        return this.#refuse(request, rule.name, 'challenge', challengeVerdict(made));
      }
      case 'return':
        // What it was challenged by is not known any more, and it is no offence.
        return new Refused(challengeVerdict(found.answer), null);
      case 'reject': {
        const { rule, retryAfterS, fields } = found;
        return this.#refuse(request, rule.name, 'reject', reject(retryAfterS, fields));
      }
      case 'close':
        return this.#refuse(request, found.rule.name, 'close', { kind: 'cut' });
      case 'deny':
        return this.#refuse(request, found.list.name, 'deny', DENY);
      default:
        return assertNever(found);
    }
  }

  #tagged(
    { record }: InspectedRequest,
    { rule, tags, standing: told }: Extract<RateVerdict, { kind: 'tag' }>,
  ): Additions {
    record.rate = rule.name;
    const event = { rule: rule.name, action: 'tag' };
    return { ...NOTHING_ADDED, event, lines: tagLine(tags), ...standing(told) };
  }

  #delayed(
    request: InspectedRequest,
    { rule, delayMs, tags, standing: told }: Extract<RateVerdict, { kind: 'delay' }>,
  ): RateOutcome {
    const delayed = this.delays.hold(delayMs, noop);
    if (delayed === null)
      return this.#refuse(request, rule.name, 'reject', reject(1, refusalFields(rule, 1)));
    request.record.rate = rule.name;
    const event = { rule: rule.name, action: 'delay' };
    const lines = tags === null ? '' : tagLine(tags);
    return { event, lines, delayMs, delayed, ...standing(told) };
  }

  #refuse(request: InspectedRequest, rule: string, action: string, what: Verdict): Refused {
    request.record.rate = rule;
    const { record } = request;
    return new Refused(what, { event: { rule, action }, events: this.events, record });
  }
}

const NO_FILES = { lists: [], countryDatabase: null } as const;
const NOTHING_ADDED = {
  event: null,
  lines: '',
  answerLines: '',
  delayMs: 0,
  delayed: null,
} as const;
const noop = (): void => undefined;

const tagLine = (tags: string): string => `X-Ldc-Rate: ${tags}\r\n`;

const standing = (told: Standing | null): { readonly answerLines: string } => ({
  answerLines: told === null ? '' : linesOf(standingFields(told)),
});

/** A cookie that says Secure over plain http would be lost, and its client locked out. */
export const isSecure = ({ sender, snapshot }: Pick<InspectedRequest, 'sender' | 'snapshot'>) =>
  sender.https && snapshot.gate.cookie.secure !== 'never';

export const nonce = (): string => randomBytes(12).toString('base64url');

function randomSeed() {
  const bytes = randomBytes(8);
  return { k0: bytes.readInt32LE(0), k1: bytes.readInt32LE(4) };
}
