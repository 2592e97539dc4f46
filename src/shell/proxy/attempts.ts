/** Which connections to try for one request, in which order, and when to stop. */

import type { AppId } from '../../model/ids.ts';
import type { Address } from '../../model/schema.ts';
import type { Snapshot, Target } from '../../snapshot/index.ts';
import type { UpstreamConnection, Upstreams, UpstreamUser } from './upstream.ts';

/** Further endpoints tried after the first one failed to accept a connection. */
const MAX_OTHERS = 2;
const NO_ADDRESSES: readonly Address[] = [];

/** A connection, still dialling unless `connected`; or why there is none. */
export type Attempt = UpstreamConnection | 'saturated' | 'exhausted';

export class Attempts {
  count = 0;
  #addresses: readonly Address[] = NO_ADDRESSES;
  #first = 0;
  #tried = 0;

  /** Endpoints of the app in the group, or the gates of the IDC it stands in. */
  begin(target: Target, app: AppId, snapshot: Snapshot, upstreams: Upstreams): void {
    const list =
      target.via === 'local'
        ? target.group.endpoints.get(app)
        : snapshot.topology.idcs.get(target.group.idc)?.gates;
    this.#addresses = list ?? NO_ADDRESSES;
    this.#first = upstreams.turn(this.#addresses);
    this.#tried = 0;
    this.count = 0;
  }

  /** @param fresh a pooled connection has just proved stale: take a new one, to the same endpoint */
  next(upstreams: Upstreams, user: UpstreamUser, fresh: boolean): Attempt {
    const { length } = this.#addresses;
    let saturated = false;
    if (fresh && this.#tried > 0) this.#tried--;
    while (this.#tried < Math.min(length, 1 + MAX_OTHERS)) {
      const address = this.#addresses[(this.#first + this.#tried) % length]!;
      this.#tried++;
      const pool = upstreams.pool(address);
      const idle = fresh ? null : pool.takeIdle(user);
      if (idle !== null) return this.#counted(idle);
      const dialled = pool.dial(user);
      if (dialled !== null) return this.#counted(dialled);
      saturated = true;
    }
    return saturated ? 'saturated' : 'exhausted';
  }

  #counted(connection: UpstreamConnection): UpstreamConnection {
    this.count++;
    return connection;
  }
}
