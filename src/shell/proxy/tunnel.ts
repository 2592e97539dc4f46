/**
 * After 101 Switching Protocols: bytes both ways, unread, with back-pressure and a deadline of their
 * own. An end of one side is passed to the other, and what is on its way still arrives; a break of
 * either side, or standing still for too long, is a reset for both, because nobody here knows whether
 * the protocol could tell a cut from an end.
 */
import type net from 'node:net';
import { writeParts } from '../http1/body-writer.ts';
import type { Spans } from '../http1/chunked.ts';
import { READ_BUFFER_BYTES } from '../http1/read-buffers.ts';
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import type { ClientConnection } from './client-connection.ts';
import { WriteProgress } from './write-progress.ts';

/** One span over a whole read. */
const whole: Spans = { at: new Int32Array(2), count: 1, bytes: 0 };

export type TunnelEnding = 'both-ended' | 'client' | 'upstream' | 'gate';

export interface TunnelOwner {
  tunnelEnded(ending: TunnelEnding): void;
}

export class Tunnel implements UpstreamUser {
  readonly takesHalfClose = true;
  readonly #client: ClientConnection;
  readonly #upstream: UpstreamConnection;
  readonly #owner: TunnelOwner;
  readonly #idleMs: number;
  readonly #toClient = new WriteProgress();
  readonly #toUpstream = new WriteProgress();
  #open = true;
  #clientEnded = false;
  #upstreamEnded = false;
  bytesUp = 0;
  bytesDown = 0;

  constructor(
    client: ClientConnection,
    upstream: UpstreamConnection,
    owner: TunnelOwner,
    idleMs: number,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#owner = owner;
    this.#idleMs = idleMs;
    upstream.user = this;
    this.#moved();
  }

  clientBytes(buf: Buffer, from: number, end: number): void {
    if (!this.#open) return;
    this.#moved();
    this.bytesUp += end - from;
    if (!send(this.#upstream.socket, buf, from, end)) this.#client.pause();
  }

  upstreamBytes(_: UpstreamConnection, buf: Buffer, length: number): void {
    this.#down(buf, length);
  }

  /** Of the new protocol, come with the 101. */
  earlyBytes(buf: Buffer): void {
    this.#down(buf, buf.length);
  }

  #down(buf: Buffer, length: number): void {
    if (!this.#open) return;
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
    if (this.#upstreamEnded) this.#end('both-ended');
  }

  upstreamFinished(): void {
    this.#upstreamEnded = true;
    this.#client.socket.end();
    if (this.#clientEnded) this.#end('both-ended');
  }

  upstreamReady(): void {
    // It has long been ready.
  }

  /** The connection is gone; had its side ended before, what it said still reaches the client. */
  upstreamEnded(): void {
    this.#end(this.#upstreamEnded ? 'both-ended' : 'upstream');
  }

  clientGone(): void {
    this.#end(this.#clientEnded ? 'both-ended' : 'client');
  }

  onDeadline(): void {
    const up = this.#toUpstream.moved(this.#upstream.socket);
    const down = this.#toClient.moved(this.#client.socket);
    if (up || down) this.#moved();
    else this.#end('gate');
  }

  /** The gate goes away. */
  cut(): void {
    this.#end('gate');
  }

  #end(ending: TunnelEnding): void {
    if (!this.#open) return;
    this.#open = false;
    for (const socket of [this.#client.socket, this.#upstream.socket]) {
      if (ending === 'both-ended') finishWithin(socket, this.#idleMs);
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
    this.#owner.tunnelEnded(ending);
  }

  #moved(): void {
    this.#client.deadlineMs = this.#client.gateway.clock.nowMs + this.#idleMs;
  }
}

/** Ends our side once all is sent; gives up when nothing leaves for so long. Node watches the latter. */
function finishWithin(socket: net.Socket, idleMs: number): void {
  if (socket.destroyed) return;
  socket.end();
  socket.resume();
  socket.setTimeout(idleMs, () => void socket.resetAndDestroy());
}

/** In pieces no larger than one read: what was held may be more. */
function send(socket: net.Socket, buf: Buffer, from: number, end: number): boolean {
  let more = true;
  for (let at = from; at < end; at += READ_BUFFER_BYTES) {
    whole.at[0] = at;
    whole.at[1] = Math.min(end, at + READ_BUFFER_BYTES);
    whole.bytes = whole.at[1] - at;
    more = writeParts(socket, '', buf, whole, false, '');
  }
  return more;
}
