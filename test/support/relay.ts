/**
 * A relay between a gate and an origin that breaks what passes, as a fault tells it. Bytes go through
 * untouched until the fault strikes a connection; from then on only the fault's script speaks to the
 * gate on it. What the gate sends still reaches the origin, so that the origin can count requests.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { NeverAccepts } from './never-accepts.ts';

export type Step =
  | { readonly send: string }
  | { readonly waitMs: number }
  /** Until `release`. */
  | 'hold'
  | 'fin'
  | 'reset'
  /** Reads nothing more of what the gate sends. */
  | 'stop reading'
  /** From here on the connection is as it was: the origin's answer goes through. */
  | 'pass'
  /** The same, but for the answer that the origin has given already. */
  | 'pass the next';

export interface Fault {
  /** What becomes of the connection attempt; accepted where absent. */
  readonly connect?: 'refuse' | 'never';
  /** When the script begins: the connection, its first bytes, the origin's answer, or `strikeIdle`. */
  readonly at?: 'accept' | 'request' | 'answer' | 'idle';
  readonly script?: readonly Step[];
  /** Only the first connection is struck. */
  readonly once?: boolean;
}

class Link {
  readonly gate: net.Socket;
  readonly #relay: Relay;
  readonly #origin: net.Socket;
  #held: Buffer[] = [];
  #state: 'plain' | 'struck' = 'plain';
  #reads = true;
  /** A request, or a part of one, has gone on and nothing has come back. */
  #asked = false;
  /** What has struck it already does not strike it again. */
  #by: Fault | null = null;

  constructor(gate: net.Socket, relay: Relay) {
    this.gate = gate;
    this.#relay = relay;
    this.#origin = net.connect({ port: relay.originPort, host: '127.0.0.1', allowHalfOpen: true });
    gate.setNoDelay(true);
    gate.on('data', (d: Buffer) => this.#fromGate(d));
    gate.on('end', () => this.#gateEnded());
    this.#origin.on('data', (d: Buffer) => this.#fromOrigin(d));
    this.#origin.on('end', () => this.#state === 'plain' && gate.end());
    for (const socket of [gate, this.#origin]) socket.on('error', () => undefined);
    gate.on('close', () => this.#origin.destroy());
    this.#origin.on('close', () => this.#state === 'plain' && gate.destroySoon());
    this.#struckAt('accept');
  }

  #fromGate(bytes: Buffer): void {
    this.#asked = true;
    if (!this.#origin.write(bytes) && this.#state === 'plain') {
      this.gate.pause();
      this.#origin.once('drain', () => this.#reads && this.gate.resume());
    }
    this.#struckAt('request');
  }

  #fromOrigin(bytes: Buffer): void {
    this.#asked = false;
    if (this.#struckAt('answer')) {
      this.#held.push(bytes);
      return;
    }
    if (this.gate.write(bytes)) return;
    this.#origin.pause();
    this.gate.once('drain', () => this.#origin.resume());
  }

  #gateEnded(): void {
    this.#origin.end();
    if (this.#state === 'struck') this.gate.destroySoon();
  }

  #struckAt(at: Fault['at']): boolean {
    const { fault } = this.#relay;
    if (this.#state === 'plain' && fault?.at === at && fault !== this.#by) this.#strike();
    return this.#state === 'struck';
  }

  strikeIfIdle(): void {
    if (this.#state === 'plain' && !this.#asked) this.#strike();
  }

  #strike(): void {
    const { fault } = this.#relay;
    this.#state = 'struck';
    this.#by = fault;
    this.#relay.struck.add(this.gate);
    if (fault?.once === true) this.#relay.fault = null;
    void this.#run(fault?.script ?? []);
  }

  async #run(script: readonly Step[]): Promise<void> {
    for (const step of script) {
      if (this.gate.destroyed) return;
      if (step === 'fin') this.gate.end();
      else if (step === 'reset') this.gate.resetAndDestroy();
      else if (step === 'stop reading') this.#stopReading();
      else if (step === 'hold') await this.#relay.released();
      else if (step === 'pass' || step === 'pass the next') this.#pass(step === 'pass');
      else if ('send' in step) this.gate.write(step.send, 'latin1');
      else await pause(step.waitMs, undefined, { ref: false });
    }
  }

  #stopReading(): void {
    this.#reads = false;
    this.gate.pause();
  }

  #pass(withHeld: boolean): void {
    this.#state = 'plain';
    this.#relay.struck.delete(this.gate);
    if (withHeld) for (const bytes of this.#held) this.gate.write(bytes);
    this.#held = [];
  }
}

export class Relay {
  readonly port: number;
  readonly originPort: number;
  fault: Fault | null = null;
  /** Connections of the gate, from the start. */
  accepted = 0;
  /** Those that a fault has struck; a connection leaves when it is closed. */
  readonly struck = new Set<net.Socket>();
  readonly #links = new Set<Link>();
  readonly #holds: (() => void)[] = [];
  #server: net.Server | null = null;
  #never: NeverAccepts | null = null;

  constructor(port: number, originPort: number) {
    this.port = port;
    this.originPort = originPort;
  }

  static async start(port: number, originPort: number): Promise<Relay> {
    const relay = new Relay(port, originPort);
    await relay.#listen();
    return relay;
  }

  /** From now on, for every connection. */
  async set(fault: Fault): Promise<void> {
    this.fault = fault;
    if (fault.connect === undefined) return;
    this.#server?.close();
    this.#server = null;
    if (fault.connect === 'never') this.#never = await NeverAccepts.start(this.port);
  }

  /** All is well again, for connections to come. */
  async lift(): Promise<void> {
    this.fault = null;
    this.release();
    for (const { gate } of this.#links) gate.resume();
    await this.#never?.stop();
    this.#never = null;
    if (this.#server === null) await this.#listen();
  }

  strikeIdle(): void {
    for (const link of this.#links) link.strikeIfIdle();
  }

  released(): Promise<void> {
    return new Promise((resolve) => this.#holds.push(resolve));
  }

  release(): void {
    for (const go of this.#holds.splice(0)) go();
  }

  async #listen(): Promise<void> {
    const server = net.createServer({ allowHalfOpen: true }, (gate) => {
      this.accepted++;
      const link = new Link(gate, this);
      this.#links.add(link);
      gate.on('close', () => {
        this.#links.delete(link);
        this.struck.delete(gate);
      });
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#server?.close();
    for (const { gate } of this.#links) gate.destroy();
    await this.#never?.stop();
  }
}
