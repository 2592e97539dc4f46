import type { StoreSettings } from '../../failover/store-settings.ts';
import { FileStore } from './file-store.ts';
import { RedisStore } from './redis-store.ts';
import type { BoardStore } from './store.ts';

/**
 * Reads passwords and certificates, connects to nothing yet.
 * @param tell a sentence for operators on what is not well while the store still works
 */
export function openStore(settings: StoreSettings, tell: (sentence: string) => void): BoardStore {
  return settings.kind === 'file'
    ? new FileStore(settings.directory, tell)
    : new RedisStore(settings, tell);
}
