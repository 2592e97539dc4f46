import type { RedisServer } from './redis.ts';
import { until } from './until.ts';

/** Both connections are there: the second has subscribed. */
export async function nudgeable(servers: readonly RedisServer[]): Promise<void> {
  await until('somebody to listen', async () => {
    for (const server of servers) {
      const answer = await server.command('PUBSUB', 'NUMSUB', '{zonegate}:epoch').catch(() => []);
      if ((answer as unknown[])[1] === 1) return true;
    }
    return false;
  });
}
