import type { IpAddress } from '../model/ip-address.ts';
import type { RateList, RateQuestion, RateRoom } from './index.ts';
import type { RateMemory } from './memory.ts';

/**
 * The list that decides about the client; null: none does. Lists that allow stand first, so a network can be
 * let through a country that is not. A file that was never read holds nobody.
 */
export function listFor(
  { client }: Pick<RateQuestion, 'client'>,
  { lists }: RateRoom,
  memory: RateMemory,
  nowMs: number,
): RateList | null {
  if (client === null) return null;
  for (const list of lists) {
    if (list.expiresAtMs !== null && nowMs >= list.expiresAtMs) continue;
    const file = list.file === null ? undefined : memory.files.get(list.file);
    const held =
      list.entries.has(client) ||
      file?.has(client) === true ||
      (list.countries !== null && isFrom(client, list.countries, memory));
    if (!held) continue;
    const tally = memory.listTally(list.name);
    if (list.enforced) {
      tally.hits++;
      return list;
    }
    tally.counted++;
  }
  return null;
}

function isFrom(client: IpAddress, from: ReadonlySet<string>, { countries }: RateMemory): boolean {
  const country = countries?.of(client) ?? null;
  return country !== null && from.has(country);
}
