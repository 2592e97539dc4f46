/**
 * Where to connect to, and with what: one plain connection to the one server that has our keys, in
 * every mode. All keys share a hash tag, so even in a cluster there is one such server; and asking
 * sentinels and nodes ourselves gives deadlines of our own, and WAIT on the connection of the commit.
 */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../failover/store-settings.ts';
import { StoreError } from './store.ts';

export const COMMAND_TIMEOUT_MS = 1000;
const CONNECT_TIMEOUT_MS = 1000;
const KEEP_ALIVE_MS = 5000;

type Options = Omit<RedisOptions, 'replyMapping'>;

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Secrets stay in here: nothing but ioredis ever sees them. */
export class RedisPlace {
  /** As in a URL, without secrets. */
  readonly name: string;
  readonly #settings: RedisSettings;
  readonly #server: Options;
  readonly #sentinel: Options;
  #turn = 0;

  constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.name = nameOf(settings);
    const { tls, username, passwordFile, sentinelPasswordFile } = settings;
    const shared: Options = {
      lazyConnect: true,
      // RedisLink reconnects, and asks again where to; a command is never sent a second time.
      retryStrategy: null,
      maxRetriesPerRequest: 1,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableOfflineQueue: false,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      keepAlive: KEEP_ALIVE_MS,
      // Spare the rights to INFO and CLIENT.
      enableReadyCheck: false,
      disableClientInfo: true,
      ...(tls === null ? {} : { tls: tlsOptions(tls) }),
    };
    const secret = (file: string | null, what: string): Options =>
      file === null ? {} : { password: read(file, what).replace(/\r?\n$/, '') };
    this.#server = {
      ...shared,
      ...(username === null ? {} : { username }),
      ...secret(passwordFile, 'the password of Redis'),
    };
    this.#sentinel = {
      ...shared,
      ...secret(sentinelPasswordFile, 'the password of the sentinels'),
    };
  }

  get moves(): boolean {
    return this.#settings.mode !== 'single';
  }

  connection({ host, port }: Address): Redis {
    return new Redis(port, host, this.#server);
  }

  /** Asks one address after another, beginning with another one each time. */
  async find(key: string): Promise<Address> {
    const { addresses, mode } = this.#settings;
    const first = this.#turn++;
    const whys: string[] = [];
    for (let i = 0; i < addresses.length; i++) {
      const address = addresses[(first + i) % addresses.length]!;
      if (mode === 'single') return address;
      const options = mode === 'sentinel' ? this.#sentinel : this.#server;
      const asked = new Redis(address.port, address.host, options);
      const failure = failureOf(asked);
      try {
        await Promise.race([failure, asked.connect()]);
        return mode === 'sentinel'
          ? await masterBy(asked, this.#settings.sentinelName ?? '')
          : await ownerBy(asked, key, address);
      } catch (error) {
        whys.push(`${show(address)}: ${(error as Error).message}`);
      } finally {
        asked.disconnect();
      }
    }
    throw new StoreError(whys.join('; '));
  }
}

/**
 * Rejects when the connection is over. Only the message goes on: ioredis hangs the arguments of the
 * command to its errors, and with HELLO these hold the password.
 */
export const failureOf = (redis: Redis): Promise<never> => {
  const failure = new Promise<never>((_, reject) => {
    redis.on('error', (error) => reject(new StoreError(error.message)));
    redis.on('end', () => reject(new StoreError('the connection has ended')));
  });
  failure.catch(() => undefined);
  return failure;
};

async function masterBy(sentinel: Redis, name: string): Promise<Address> {
  const found = (await sentinel.call('SENTINEL', 'get-master-addr-by-name', name)) as
    | [string, string]
    | null;
  if (found === null) throw new StoreError(`this sentinel watches no master named ${name}`);
  return { host: found[0], port: Number(found[1]) };
}

type SlotRange = readonly [first: number, last: number, master: readonly [string | null, number]];

async function ownerBy(seed: Redis, key: string, { host }: Address): Promise<Address> {
  const slot = (await seed.call('CLUSTER', 'KEYSLOT', key)) as number;
  const ranges = (await seed.call('CLUSTER', 'SLOTS')) as SlotRange[];
  const range = ranges.find(([first, last]) => first <= slot && slot <= last);
  if (range === undefined) throw new StoreError(`no node owns slot ${slot}, where ${key} lies`);
  const [owner, port] = range[2];
  // A node that does not know its own address leaves it empty.
  return { host: owner === null || owner === '' || owner === '?' ? host : owner, port };
}

export const show = ({ host, port }: Address): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

function nameOf({ addresses, mode, sentinelName, tls }: RedisSettings): string {
  const scheme = `redis${tls === null ? '' : 's'}${mode === 'single' ? '' : `+${mode}`}`;
  const path = sentinelName === null ? '' : `/${sentinelName}`;
  return `${scheme}://${addresses.map(show).join(',')}${path}`;
}

function tlsOptions(tls: NonNullable<RedisSettings['tls']>): NonNullable<Options['tls']> {
  return {
    ...(tls.caFile === null ? {} : { ca: read(tls.caFile, 'the CA of Redis') }),
    ...(tls.certFile === null ? {} : { cert: read(tls.certFile, 'the certificate for Redis') }),
    ...(tls.keyFile === null ? {} : { key: read(tls.keyFile, 'the key for Redis') }),
    ...(tls.serverName === null ? {} : { servername: tls.serverName }),
  };
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreError(
      `${what} can't be read from ${file}: ${(error as NodeJS.ErrnoException).code}`,
    );
  }
}
