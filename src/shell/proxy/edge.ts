/** The listeners of one worker, and the connections they have accepted. */
import net from 'node:net';
import type { Listener } from '../../gate/compile-gate.ts';
import { accept, SERVER_OPTIONS } from '../http1/socket-io.ts';
import { Admission } from './admission.ts';
import { ClientConnection, type ClientRegistry } from './client-connection.ts';
import type { Gateway } from './gateway.ts';
import { Stragglers } from './stragglers.ts';

export class Edge implements ClientRegistry {
  readonly #gateway: Gateway;
  readonly #adopting: boolean;
  readonly #servers: net.Server[] = [];
  readonly #clients: ClientConnection[] = [];
  readonly admission: Admission;
  readonly stragglers = new Stragglers();
  #whenEmpty: (() => void) | null = null;

  /** @param adopting accepted sockets may be taken over (`canAdopt`) */
  constructor(gateway: Gateway, adopting: boolean) {
    this.#gateway = gateway;
    this.#adopting = adopting;
    this.admission = new Admission(gateway);
    gateway.clock.onTick((nowMs) => {
      this.#sweep(nowMs);
      this.stragglers.sweep(this.#clients, gateway.hooks.current(), nowMs);
    });
  }

  /** Rejects with the error of the first address that can't be bound. */
  async listen(listeners: readonly Listener[]): Promise<void> {
    for (const listener of listeners) {
      const server = net.createServer(SERVER_OPTIONS, (socket) => this.#accept(socket, listener));
      this.#servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(
          { host: listener.address.host, port: listener.address.port, backlog: 4096 },
          () => {
            server.off('error', reject);
            // EMFILE and the like: the connection is lost, the listener lives on.
            server.on('error', (error) => this.#gateway.hooks.acceptFailed(error));
            resolve();
          },
        );
      });
    }
  }

  #accept(socket: net.Socket, listener: Listener): void {
    if (this.admission.judge(listener, socket.remoteAddress ?? '') !== null) {
      socket.destroy();
      return;
    }
    // A PROXY header or a TLS handshake would be read here, before the first byte of HTTP.
    accept(
      socket,
      (owned, buffers) => new ClientConnection(owned, buffers, this.#gateway, listener, this),
      this.#adopting,
    );
  }

  get connections(): number {
    return this.#clients.length;
  }

  get tunnels(): number {
    return this.#clients.filter((c) => c.tunnel !== null).length;
  }

  add(client: ClientConnection): void {
    client.index = this.#clients.length;
    this.admission.opened(client.listener, client.address);
    this.#clients.push(client);
  }

  tunnelBegan(client: ClientConnection): void {
    const { hooks, clock } = this.#gateway;
    const now = hooks.current();
    if (client.exchange.snapshot !== now) this.stragglers.look(client, now, clock.nowMs);
  }

  remove(client: ClientConnection): void {
    this.admission.closed(client.listener, client.address);
    this.stragglers.forget(client);
    const last = this.#clients.pop();
    if (last !== undefined && last !== client) {
      last.index = client.index;
      this.#clients[client.index] = last;
    }
    if (this.#clients.length === 0) this.#whenEmpty?.();
  }

  #sweep(nowMs: number): void {
    for (let i = this.#clients.length - 1; i >= 0; i--) {
      const client = this.#clients[i];
      if (client !== undefined && client.deadlineMs <= nowMs) client.onDeadline();
    }
  }

  /**
   * Stops accepting, lets requests in flight end, cuts what is left at the deadline.
   * @returns how many connections had to be cut
   */
  async drain(deadlineMs: number): Promise<number> {
    this.#gateway.draining = true;
    for (const server of this.#servers) server.close();
    for (const client of [...this.#clients]) if (client.idle) client.finish();
    if (this.#clients.length === 0) return 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    const left = [...this.#clients];
    for (const client of left) client.cut();
    return left.length;
  }
}
