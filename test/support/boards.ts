/** Stores that end with their test. */
import { onTestFinished } from 'vitest';
import type { RedisSettings, StoreSettings } from '../../src/failover/store-settings.ts';
import { openStore } from '../../src/shell/fleet/open-store.ts';
import type { BoardStore } from '../../src/shell/fleet/store.ts';
import { until } from './until.ts';

export function redisSettings(
  addresses: RedisSettings['addresses'],
  more: Partial<RedisSettings> = {},
): StoreSettings {
  return {
    kind: 'redis',
    mode: 'single',
    addresses,
    sentinelName: null,
    username: null,
    passwordFile: null,
    sentinelPasswordFile: null,
    tls: null,
    prefix: 'zonegate',
    replicas: 0,
    ...more,
  };
}

export interface Opened {
  readonly store: BoardStore;
  /** In order: `connected`, `nudged`, `lost: why`, `told: what`. */
  readonly events: string[];
  /** How many of them begin so. */
  readonly count: (event: string) => number;
}

/** Started and connected. */
export async function ready(settings: StoreSettings): Promise<Opened> {
  const one = await opened(settings);
  await until('the store to be connected', () => one.count('connected') > 0);
  return one;
}

/** Started; whether it is connected is for the test to see. */
export async function opened(settings: StoreSettings): Promise<Opened> {
  const events: string[] = [];
  const store = openStore(settings, (sentence) => void events.push(`told: ${sentence}`));
  onTestFinished(() => store.close());
  await store.start({
    nudged: () => void events.push('nudged'),
    connected: () => void events.push('connected'),
    lost: (why) => void events.push(`lost: ${why}`),
  });
  return { store, events, count: (event) => events.filter((e) => e.startsWith(event)).length };
}
