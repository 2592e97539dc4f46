/**
 * The board in Redis: a way to spread it, and to say who was first. It is not the truth: Redis may
 * lose a write that it has acknowledged, and gates notice by the epoch. See docs/stores.md.
 */
import type { Redis } from 'ioredis';
import type { GateAck, GateInFleet } from '../../failover/board.ts';
import type { RedisSettings } from '../../failover/store-settings.ts';
import {
  auditLineOf,
  faultOf,
  gateEntryOf,
  MAX_AUDIT_LINES,
  MAX_BOARD_BYTES,
  mustBeStorable,
} from './entries.ts';
import { RedisLink } from './redis-link.ts';
import { COMMAND_TIMEOUT_MS, RedisPlace } from './redis-place.ts';
import { APPEND, BEAT, COMMIT, FLEET, READ } from './redis-scripts.ts';
import type { AuditLine, BoardStore, Committed, StoredBoard, StoreEvents } from './store.ts';
import { GarbageError, StoreError } from './store.ts';

/** Below COMMAND_TIMEOUT_MS, so that it is the server that gives up waiting. */
const WAIT_MS = 500;
const WRONG_SERVER = /^(MOVED|ASK|READONLY|CLUSTERDOWN|MASTERDOWN) /;

export class RedisStore implements BoardStore {
  readonly name: string;
  readonly #board: string;
  readonly #gates: string;
  readonly #audit: string;
  readonly #channel: string;
  readonly #replicas: number;
  readonly #mustBeMaster: boolean;
  readonly #commands: RedisLink;
  readonly #nudges: RedisLink;
  #events: StoreEvents | null = null;
  /** Commits go one by one: WAIT holds up its connection. */
  #lastCommit: Promise<unknown> = Promise.resolve();

  /** @param tell what operators should know while the store still works: no nudges arrive */
  constructor(settings: RedisSettings, tell: (sentence: string) => void) {
    const key = `{${settings.prefix}}`;
    this.#board = `${key}:board`;
    this.#gates = `${key}:gates`;
    this.#audit = `${key}:audit`;
    this.#channel = `${key}:epoch`;
    this.#replicas = settings.replicas;
    this.#mustBeMaster = settings.mode === 'sentinel';
    const place = new RedisPlace(settings);
    this.name = place.name;
    this.#commands = new RedisLink(place, this.#board, {
      prepare: (redis) => this.#checkRole(redis),
      up: () => this.#events?.connected(),
      down: (why) => this.#events?.lost(`${this.name} can't be reached: ${why}`),
    });
    this.#nudges = new RedisLink(place, this.#board, {
      prepare: (redis) => this.#subscribe(redis),
      // What was said while nobody listened is in the board.
      up: () => {
        if (this.#commands.isUp) this.#events?.connected();
      },
      down: (why) => tell(`${this.name} sends no nudges, changes are found by asking: ${why}`),
    });
  }

  start(events: StoreEvents): Promise<void> {
    this.#events = events;
    this.#commands.start();
    this.#nudges.start();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#events = null;
    this.#commands.close();
    this.#nudges.close();
    return Promise.resolve();
  }

  async read(): Promise<StoredBoard | null> {
    return this.#boardOf(await this.#eval(this.#board, READ, [this.#board]));
  }

  commit(expected: number, next: StoredBoard, audit: AuditLine): Promise<Committed> {
    const commit = this.#lastCommit.then(() => this.#commit(expected, next, audit));
    this.#lastCommit = commit.catch(() => undefined);
    return commit;
  }

  async #commit(expected: number, next: StoredBoard, audit: AuditLine): Promise<Committed> {
    mustBeStorable(expected, next);
    const { redis } = this.#commands;
    const answer = await this.#eval(
      `${this.#board} or ${this.#audit}`,
      COMMIT,
      [this.#board, this.#audit],
      [expected, next.epoch, next.digest, next.text, JSON.stringify(audit), this.#channel],
      redis,
    );
    if (!isTexts(answer) || answer[0] !== 'stored')
      return { kind: 'conflict', current: this.#boardOf(answer) };
    return {
      kind: 'stored',
      copies: await this.#copies(redis),
      replicasWanted: this.#replicas,
    };
  }

  /**
   * On the connection of the commit: WAIT counts for what its own connection has written. Stored is
   * stored, so when the answer fails to come no copy is proven, and that is all.
   */
  async #copies(redis: Redis): Promise<number | null> {
    if (this.#replicas === 0) return null;
    try {
      return await redis.wait(this.#replicas, WAIT_MS);
    } catch {
      return 0;
    }
  }

  async beat(ack: GateAck, leaseMs: number): Promise<void> {
    const lease = Math.max(0, Math.round(leaseMs));
    await this.#eval(this.#gates, BEAT, [this.#gates], [ack.gate, lease, JSON.stringify(ack)]);
  }

  async leave(gate: string): Promise<void> {
    await this.#ask(this.#gates, (redis) => redis.hdel(this.#gates, gate));
  }

  async fleet(): Promise<readonly GateInFleet[]> {
    const answer = await this.#eval(this.#gates, FLEET, [this.#gates]);
    if (!isTexts(answer)) throw this.#garbage(this.#gates, 'an answer of another shape');
    const now = Number(answer[0]);
    const gates: GateInFleet[] = [];
    for (let i = 1; i + 1 < answer.length; i += 2) {
      const entry = gateEntryOf(answer[i + 1]!);
      if (entry === null || entry.ack.gate !== answer[i])
        throw this.#garbage(this.#gates, `something else than a gate in its field ${answer[i]}`);
      const ageMs = Math.max(0, now - entry.atMs);
      gates.push({ ...entry.ack, ageMs, leaseLeftMs: entry.leaseMs - ageMs });
    }
    return gates;
  }

  async append(line: AuditLine): Promise<void> {
    await this.#eval(this.#audit, APPEND, [this.#audit], [JSON.stringify(line)]);
  }

  async audit(limit: number): Promise<readonly AuditLine[]> {
    const last = Math.min(limit, MAX_AUDIT_LINES) - 1;
    if (last < 0) return [];
    const lines = await this.#ask(this.#audit, (redis) => redis.lrange(this.#audit, 0, last));
    return lines.map(auditLineOf);
  }

  async #checkRole(redis: Redis): Promise<void> {
    if (!this.#mustBeMaster) {
      await redis.ping();
      return;
    }
    const [role] = (await redis.call('ROLE')) as [string];
    if (role !== 'master')
      throw new StoreError(`the sentinels name it as the master, but it is a ${role}`);
  }

  async #subscribe(redis: Redis): Promise<void> {
    redis.on('message', () => this.#events?.nudged());
    await redis.subscribe(this.#channel);
  }

  #eval(
    key: string,
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[] = [],
    on?: Redis,
  ): Promise<unknown> {
    const ask = (redis: Redis): Promise<unknown> =>
      redis.eval(script, keys.length, ...keys, ...args);
    return this.#ask(key, ask, on);
  }

  async #ask<T>(key: string, ask: (redis: Redis) => Promise<T>, on?: Redis): Promise<T> {
    const redis = on ?? this.#commands.redis;
    try {
      return await ask(redis);
    } catch (error) {
      const { message } = error as Error;
      if (WRONG_SERVER.test(message)) this.#commands.drop(message);
      throw this.#failure(key, message);
    }
  }

  #failure(key: string, message: string): StoreError {
    if (message.includes('WRONGTYPE')) return this.#garbage(key, 'a value of another type');
    if (message === 'Command timed out')
      return new StoreError(`${this.name} did not answer within ${COMMAND_TIMEOUT_MS} ms`);
    return new StoreError(`${this.name} failed: ${message}`);
  }

  #garbage(key: string, what: string): GarbageError {
    return new GarbageError(`${this.name} holds ${what} under ${key}: look who wrote it`);
  }

  #boardOf(answer: unknown): StoredBoard | null {
    if (!isTexts(answer)) throw this.#garbage(this.#board, 'an answer of another shape');
    const [kind, epoch = '', digest = '', text = ''] = answer;
    if (kind === 'none') return null;
    if (kind === 'too-large')
      throw this.#garbage(
        this.#board,
        `a text of ${epoch} bytes (at most ${MAX_BOARD_BYTES} are read)`,
      );
    const board = { epoch: Number(epoch), digest, text };
    const fault = /^[1-9]\d{0,15}$/.test(epoch)
      ? faultOf(board)
      : `its epoch is ${JSON.stringify(epoch.slice(0, 40))}`;
    if (fault !== null) throw this.#garbage(this.#board, `what is not a board, as ${fault},`);
    return board;
  }
}

const isTexts = (answer: unknown): answer is readonly string[] =>
  Array.isArray(answer) && answer.length > 0 && answer.every((part) => typeof part === 'string');
