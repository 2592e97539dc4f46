/** Which new connections are taken: their number in all, by listener, by address, and by second. */
import type { Listener } from '../../gate/compile-gate.ts';
import type { Gateway } from './gateway.ts';

/** Why a connection was closed as soon as it came. */
type AdmissionLimit = 'total' | 'listener' | 'client' | 'rate' | 'memory';

const SECOND_MS = 1000;

export class Admission {
  readonly #gateway: Gateway;
  readonly refused: Record<AdmissionLimit, number> = {
    total: 0,
    listener: 0,
    client: 0,
    rate: 0,
    memory: 0,
  };
  /** Open connections by address of the TCP peer; no larger than their number. */
  readonly #perAddress = new Map<string, number>();
  readonly #perListener = new Map<Listener, number>();
  #secondEndsMs = 0;
  #accepted = 0;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** @param address of the TCP peer. @returns the limit that speaks against it; it is counted */
  judge(listener: Listener, address: string): AdmissionLimit | null {
    const limit = this.#limitFor(listener, address);
    if (limit !== null) this.refused[limit]++;
    return limit;
  }

  #limitFor(listener: Listener, address: string): AdmissionLimit | null {
    const { gate } = this.#gateway.hooks.current();
    const { clients, forClients } = this.#gateway.sockets;
    if (clients >= Math.min(gate.limits.connections, forClients)) return 'total';
    const onListener = this.#perListener.get(listener) ?? 0;
    if (listener.connections !== null && onListener >= listener.connections) return 'listener';
    const crowded = (this.#perAddress.get(address) ?? 0) >= gate.limits.connectionsPerClient;
    if (crowded && !gate.proxies.has(address) && !gate.peers.has(address)) return 'client';
    if (this.#gateway.pressure.refusesConnections) return 'memory';
    return this.#tooFast(gate.limits.acceptsPerS) ? 'rate' : null;
  }

  #tooFast(acceptsPerS: number): boolean {
    if (acceptsPerS === 0) return false;
    const { nowMs } = this.#gateway.clock;
    if (nowMs >= this.#secondEndsMs) {
      this.#secondEndsMs = nowMs + SECOND_MS;
      this.#accepted = 0;
    }
    return ++this.#accepted > acceptsPerS;
  }

  opened(listener: Listener, address: string): void {
    this.#gateway.sockets.clients++;
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    this.#perListener.set(listener, (this.#perListener.get(listener) ?? 0) + 1);
  }

  closed(listener: Listener, address: string): void {
    this.#gateway.sockets.clients--;
    const others = (this.#perAddress.get(address) ?? 1) - 1;
    if (others > 0) this.#perAddress.set(address, others);
    else this.#perAddress.delete(address);
    this.#perListener.set(listener, (this.#perListener.get(listener) ?? 1) - 1);
  }
}
