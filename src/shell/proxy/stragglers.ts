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
  readonly #moved = new Map<ClientConnection, number>();
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** Ended so far, by why. */
  readonly ended = { drained: 0, moved: 0 };

  /** @param nowMs of the coarse clock */
  sweep(clients: readonly ClientConnection[], snapshot: Snapshot, nowMs: number): void {
    if (snapshot !== this.#seen) this.#look(clients, snapshot, nowMs);
    const { endings } = snapshot.placement;
    if (endings.size === 0 && this.#moved.size === 0) return;
    if (nowMs - this.#lookedMs < EVERY_MS) return;
    this.#lookedMs = nowMs;
    if (endings.size > 0) this.#endDrained([...clients], endings);
    for (const [client, sinceMs] of this.#moved) {
      if (client.tunnel !== null && nowMs - sinceMs < snapshot.gate.timeouts.movedTunnelMs)
        continue;
      this.#moved.delete(client);
      if (client.tunnel === null) continue;
      this.ended.moved++;
      client.cut();
    }
  }

  /** Who has come back meanwhile may stay. */
  #look(clients: readonly ClientConnection[], snapshot: Snapshot, nowMs: number): void {
    this.#seen = snapshot;
    for (const client of clients) {
      const { forward } = client.exchange;
      if (client.tunnel === null || forward === null) continue;
      if (!hasMoved(forward, snapshot)) this.#moved.delete(client);
      else if (!this.#moved.has(client)) this.#moved.set(client, nowMs);
    }
  }

  #endDrained(clients: readonly ClientConnection[], endings: ReadonlyMap<string, number>): void {
    const wallMs = Date.now();
    for (const client of clients) {
      const target = client.busyWith;
      const byMs = target && endings.get(`${target.zone.id}/${target.group.id}`);
      if (byMs === undefined || byMs === null || wallMs < byMs) continue;
      this.ended.drained++;
      client.endDrained();
    }
  }
}
