/**
 * After 101 Switching Protocols: bytes both ways, unread, with back-pressure and a deadline of their
 * own. An end of one side is passed to the other; when both have ended, or either breaks, it is over.
 */

import { writeParts } from '../http1/body-writer.ts';
import type { Spans } from '../http1/chunked.ts';
import type { ClientConnection } from './client-connection.ts';
import type { UpstreamConnection, UpstreamUser } from './upstream.ts';

/** One span over a whole read. */
const whole: Spans = { at: new Int32Array(2), count: 1, bytes: 0 };

export interface TunnelEnd {
  /** The tunnel is over. @param broken by a failure or deadline instead of two ends */
  tunnelEnded(broken: 'no' | 'client' | 'upstream' | 'idle'): void;
}

export class Tunnel implements UpstreamUser {
  readonly takesHalfClose = true;
  readonly #client: ClientConnection;
  readonly #upstream: UpstreamConnection;
  readonly #owner: TunnelEnd;
  readonly #idleMs: number;
  #open = true;
  #clientEnded = false;
  #upstreamEnded = false;
  bytesUp = 0;
  bytesDown = 0;

  constructor(
    client: ClientConnection,
    upstream: UpstreamConnection,
    owner: TunnelEnd,
    idleMs: number,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#owner = owner;
    this.#idleMs = idleMs;
    upstream.user = this;
    this.#moved();
  }

  clientBytes(buf: Buffer, from: number, length: number): void {
    this.#moved();
    this.bytesUp += length - from;
    if (!send(this.#upstream.socket, buf, from, length)) this.#client.pause();
  }

  upstreamBytes(buf: Buffer, length: number): void {
    this.#moved();
    this.bytesDown += length;
    if (!send(this.#client.socket, buf, 0, length)) this.#upstream.socket.pause();
  }

  upstreamDrained(): void {
    this.#moved();
    this.#client.resume();
  }

  clientDrained(): void {
    this.#moved();
    this.#upstream.socket.resume();
  }

  clientFinished(): void {
    this.#clientEnded = true;
    this.#upstream.socket.end();
    this.#endIfBoth();
  }

  upstreamFinished(): void {
    this.#upstreamEnded = true;
    this.#client.socket.end();
    this.#endIfBoth();
  }

  upstreamReady(): void {
    // It has long been ready.
  }

  upstreamEnded(): void {
    this.#end('upstream');
  }

  clientGone(): void {
    this.#end(this.#clientEnded && this.#upstreamEnded ? 'no' : 'client');
  }

  onDeadline(): void {
    this.#end('idle');
  }

  /** The gate goes away. */
  cut(): void {
    this.#end('idle');
  }

  #endIfBoth(): void {
    if (this.#clientEnded && this.#upstreamEnded) this.#end('no');
  }

  #end(broken: 'no' | 'client' | 'upstream' | 'idle'): void {
    if (!this.#open) return;
    this.#open = false;
    if (broken === 'no') this.#upstream.socket.destroySoon();
    else {
      this.#upstream.discard();
      this.#client.socket.destroy();
    }
    this.#owner.tunnelEnded(broken);
  }

  #moved(): void {
    this.#client.deadlineMs = this.#client.gateway.clock.nowMs + this.#idleMs;
  }
}

function send(
  socket: UpstreamConnection['socket'],
  buf: Buffer,
  from: number,
  end: number,
): boolean {
  whole.at[0] = from;
  whole.at[1] = end;
  whole.bytes = end - from;
  return writeParts(socket, '', buf, whole, false, '');
}
