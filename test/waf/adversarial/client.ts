/** One keep-alive connection, one request at a time, as bytes. */
import net from 'node:net';

export interface Timed {
  readonly status: number;
  readonly ms: number;
}

export class Client {
  readonly #port: number;
  #socket: net.Socket | null = null;
  #text = '';
  #heard: (() => void) | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  async ask(request: Buffer): Promise<Timed> {
    const socket = this.#socket ?? (await this.#connect());
    this.#text = '';
    const from = performance.now();
    const answered = new Promise<void>((resolve) => (this.#heard = resolve));
    socket.write(request);
    await answered;
    const ms = performance.now() - from;
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(this.#text)?.[1] ?? 0), ms };
  }

  #connect(): Promise<net.Socket> {
    const socket = net.connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    const over = (): void => {
      if (this.#socket === socket) this.#socket = null;
      this.#heard?.();
    };
    socket.on('data', (data) => {
      this.#text += data.toString('latin1');
      const head = this.#text.indexOf('\r\n\r\n');
      const length = /^content-length: *(\d+)/im.exec(this.#text)?.[1];
      if (head >= 0 && this.#text.length >= head + 4 + Number(length ?? 0)) this.#heard?.();
    });
    socket.on('error', over);
    socket.on('close', over);
    return new Promise((resolve) => socket.once('connect', () => resolve(socket)));
  }

  end(): void {
    this.#socket?.destroy();
  }
}
