/**
 * What is still under way where it should not be any more: at a group that takes nothing new, until the
 * deadline of the switch; in a tunnel whose user has moved, until `timeouts.movedTunnelMs` is over. Looks at
 * connections only while there is something to look for.
 */
import { hasMoved } from '../../decide/has-moved.ts';
import type { Snapshot } from '../../snapshot/index.ts';
import type { ClientConnection } from './client-connection.ts';

const EVERY_MS = 250;

export class Stragglers {
  #seen: Snapshot | null = null;
  /** When each is ended, by the coarse clock. */
  readonly #moved = new Map<ClientConnection, number>();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #turn = 0;
  /** Ended so far, by why. */
  readonly ended = { drained: 0, moved: 0 };

  /** @param nowMs of the coarse clock */
  sweep(clients: readonly ClientConnection[], snapshot: Snapshot, nowMs: number): void {
    if (snapshot !== this.#seen) {
      this.#seen = snapshot;
      for (const client of clients) this.look(client, snapshot, nowMs);
    }
    const { endings } = snapshot.placement;
    if (endings.size === 0 && this.#moved.size === 0) return;
    if (nowMs - this.#lookedMs < EVERY_MS) return;
    this.#lookedMs = nowMs;
    if (endings.size > 0) this.#endDrained([...clients], endings);
    for (const [client, endMs] of this.#moved) {
      if (nowMs < endMs) continue;
      this.#moved.delete(client);
      this.ended.moved++;
      client.cut();
    }
  }

  /** At each tunnel when a board comes, and at one that begins under an older board. Who has come back may stay. */
  look(client: ClientConnection, snapshot: Snapshot, nowMs: number): void {
    const { forward } = client.exchange;
    if (client.tunnel === null || forward === null) return;
    if (!hasMoved(forward, snapshot)) this.#moved.delete(client);
    else if (!this.#moved.has(client)) this.#moved.set(client, nowMs + this.#patienceMs(snapshot));
  }

  /** It has ended by itself. */
  forget(client: ClientConnection): void {
    if (this.#moved.size > 0) this.#moved.delete(client);
  }

  /** Not all in one moment: they will all come again. */
  #patienceMs({ gate }: Snapshot): number {
    this.#turn = (this.#turn + 0.618_033_988_749_894_9) % 1;
    return gate.timeouts.movedTunnelMs * (0.5 + this.#turn / 2);
  }

  #endDrained(clients: readonly ClientConnection[], endings: ReadonlyMap<string, number>): void {
    const wallMs = Date.now();
    for (const client of clients) {
      const target = client.busyWith;
      // An operator may try a group that is out of service.
      if (target === null || client.exchange.forward?.how === 'forced') continue;
      const byMs = endings.get(`${target.zone.id}/${target.group.id}`);
      if (byMs === undefined || wallMs < byMs) continue;
      this.ended.drained++;
      client.endDrained();
    }
  }
}
