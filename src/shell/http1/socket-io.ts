/**
 * Bytes in. Sockets read into one buffer shared by the whole worker (`onread`, read-buffers.ts), so that a read
 * allocates nothing and passes no stream machinery: measured at a tenth of all requests per second.
 * For outgoing sockets that is public API. For accepted ones the socket's handle moves into a new
 * net.Socket, which leans on the field `_handle`; `canAdopt` tries it once at start, and 'data'
 * events are the fallback. See docs/decisions/0003-onread-on-accepted-sockets.md.
 *
 * The bytes given to `onBytes` are valid only inside the call.
 */
import net from 'node:net';
import { ReadBuffers } from './read-buffers.ts';

/** What a socket tells the connection that owns it. */
export interface SocketOwner {
  onBytes(buf: Buffer, length: number): void;
  /** The other side has closed its sending direction. */
  onEnd(): void;
  onDrain(): void;
  onClose(error: Error | null): void;
  onConnect?(): void;
}

const OWNER = Symbol('owner');
const FAILURE = Symbol('failure');
interface OwnedSocket extends net.Socket {
  [OWNER]: SocketOwner;
  [FAILURE]?: Error;
}

function onRead(this: net.Socket, length: number, buf: Uint8Array): boolean {
  (this as OwnedSocket)[OWNER].onBytes(buf as Buffer, length);
  return true;
}
function onData(this: net.Socket, chunk: Buffer): void {
  (this as OwnedSocket)[OWNER].onBytes(chunk, chunk.length);
}
function onEnd(this: net.Socket): void {
  (this as OwnedSocket)[OWNER].onEnd();
}
function onDrain(this: net.Socket): void {
  (this as OwnedSocket)[OWNER].onDrain();
}
function onError(this: net.Socket, error: Error): void {
  (this as OwnedSocket)[FAILURE] = error;
}
function onClose(this: net.Socket): void {
  const socket = this as OwnedSocket;
  socket[OWNER].onClose(socket[FAILURE] ?? null);
}
function onConnect(this: net.Socket): void {
  (this as OwnedSocket)[OWNER].onConnect?.();
}

/** @types/node calls the buffer's type differently from what Node asks for and hands over. */
const onread = (owner: ReadBuffers): net.OnReadOpts =>
  ({ buffer: owner.next, callback: onRead }) as unknown as net.OnReadOpts;

function own(socket: net.Socket, owner: SocketOwner): void {
  (socket as OwnedSocket)[OWNER] = owner;
  socket.on('end', onEnd);
  socket.on('drain', onDrain);
  socket.on('error', onError);
  socket.on('close', onClose);
}

/** An outgoing connection; `owner.onConnect` follows, or `onClose` with the reason. */
export function connect(
  host: string,
  port: number,
  owner: SocketOwner,
  buffers: ReadBuffers,
): net.Socket {
  const socket = net.connect({
    host,
    port,
    noDelay: true,
    allowHalfOpen: true,
    onread: onread(buffers),
    autoSelectFamily: false,
  });
  own(socket, owner);
  socket.on('connect', onConnect);
  return socket;
}

interface WithHandle {
  _handle: unknown;
}

/**
 * Bytes handed to the socket that the kernel has not taken yet. Unlike writableLength it moves while
 * one large write is on its way, so it tells a slow reader from a stuck one. Node's own socket
 * timeout asks the same field.
 */
export function unsentBytes(socket: net.Socket): number {
  const handle = (socket as unknown as WithHandle)._handle as { writeQueueSize?: number } | null;
  return handle?.writeQueueSize ?? socket.writableLength;
}

/** Bytes that the kernel has taken for the other side, in all. */
export const deliveredBytes = (socket: net.Socket): number =>
  socket.bytesWritten - unsentBytes(socket);

function adopt(accepted: net.Socket, buffers: ReadBuffers): net.Socket {
  const shell = accepted as unknown as WithHandle;
  const handle = shell._handle;
  shell._handle = null;
  const options = { handle, allowHalfOpen: true, onread: onread(buffers) };
  return new net.Socket(options as unknown as net.SocketConstructorOpts);
}

/**
 * Takes over an accepted socket (the server must have been made with SERVER_OPTIONS) and starts
 * reading. @returns the socket to write to, which need not be the one given.
 */
export function accept(
  accepted: net.Socket,
  makeOwner: (socket: net.Socket, buffers: ReadBuffers) => SocketOwner,
  adopting: boolean,
): void {
  const buffers = new ReadBuffers();
  const socket = adopting ? adopt(accepted, buffers) : accepted;
  own(socket, makeOwner(socket, buffers));
  if (!adopting) {
    socket.on('data', onData);
    socket.resume();
  }
}

export const SERVER_OPTIONS = { allowHalfOpen: true, pauseOnConnect: true, noDelay: true } as const;

/** Does adopting accepted sockets work on this Node? One round trip on loopback. */
export function canAdopt(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer(SERVER_OPTIONS);
    let client: net.Socket | null = null;
    const timer = setTimeout(() => finish(false), 2000);
    const finish = (works: boolean): void => {
      clearTimeout(timer);
      client?.destroy();
      server.close();
      resolve(works);
    };
    server.on('error', () => finish(false));
    server.on('connection', (accepted) => {
      try {
        accept(accepted, (socket) => echoOnce(socket), true);
      } catch {
        finish(false);
      }
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address() as net.AddressInfo;
      client = net.connect(address.port, '127.0.0.1', () => client?.write('ping'));
      client.on('data', (d: Buffer) => finish(d.toString() === 'ping'));
      client.on('error', () => finish(false));
      client.on('close', () => finish(false));
    });
  });
}

const echoOnce = (socket: net.Socket): SocketOwner => ({
  onBytes: (buf, length) => void socket.end(Buffer.from(buf.subarray(0, length))),
  onEnd: () => void socket.end(),
  onDrain: () => undefined,
  onClose: () => undefined,
});
