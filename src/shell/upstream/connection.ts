/** One connection to an endpoint, and whom it tells what happens on it. */
import type net from 'node:net';
import { ReadBuffers } from '../http1/read-buffers.ts';
import { connect, type SocketOwner } from '../http1/socket-io.ts';
import type { Endpoint } from './endpoint.ts';

/** What an upstream connection tells the exchange that uses it. */
export interface UpstreamUser {
  upstreamReady(connection: UpstreamConnection): void;
  upstreamBytes(connection: UpstreamConnection, buf: Buffer, length: number): void;
  upstreamDrained(connection: UpstreamConnection): void;
  /** No more bytes will come: end of stream, failure, or both. */
  upstreamEnded(connection: UpstreamConnection, error: Error | null): void;
  /** It may go on sending after the upstream has ended its side; then that is told apart. */
  readonly takesHalfClose?: boolean;
  upstreamFinished?(): void;
}

export class UpstreamConnection implements SocketOwner {
  readonly endpoint: Endpoint;
  readonly ip: string;
  readonly socket: net.Socket;
  readonly buffers = new ReadBuffers();
  user: UpstreamUser | null;
  connected = false;
  /** It has carried a request before the present one. */
  reused = false;
  idleSinceMs = 0;
  #ended = false;

  constructor(endpoint: Endpoint, ip: string, user: UpstreamUser) {
    this.endpoint = endpoint;
    this.ip = ip;
    this.user = user;
    this.socket = connect(ip, endpoint.address.port, this, this.buffers);
  }

  onConnect(): void {
    this.connected = true;
    this.endpoint.dialEnded();
    this.user?.upstreamReady(this);
  }

  onBytes(buf: Buffer, length: number): void {
    // Bytes that nobody asked for would be taken for the next answer.
    if (this.user === null) this.discard();
    else this.user.upstreamBytes(this, buf, length);
  }

  onEnd(): void {
    if (this.user?.takesHalfClose === true) this.user.upstreamFinished?.();
    else this.#end(null);
  }

  onDrain(): void {
    this.user?.upstreamDrained(this);
  }

  onClose(error: Error | null): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    const { user } = this;
    this.discard();
    user?.upstreamEnded(this, error);
  }

  /** Fit for another request. */
  get clean(): boolean {
    return !this.#ended && !this.socket.destroyed && this.socket.writableLength === 0;
  }

  /** Done with it, and it must not be used again. */
  discard(): void {
    if (this.#ended) return;
    this.#ended = true;
    const used = this.user !== null;
    this.user = null;
    if (!this.connected) this.endpoint.dialEnded();
    this.endpoint.forget(this, used);
    this.socket.destroy();
  }
}
