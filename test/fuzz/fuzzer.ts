/**
 * Sends mutated requests through a gate and judges it by four things: what the upstream received
 * (strict.ts), whether a body that went on is the one that came (reference.ts), whether the next plain
 * request still works, and memory.
 */
import net from 'node:net';
import { Dice, makeInput } from './mutate.ts';
import { firstBody } from './reference.ts';
import { decode, judge } from './strict.ts';

export interface FuzzReport {
  readonly inputs: number;
  /** Requests that reached the upstream. */
  readonly forwarded: number;
  /** First faults, each with the input that caused it. */
  readonly faults: readonly string[];
  /** Inputs whose connection did not end in time. */
  readonly hangs: readonly string[];
  /** Plain requests that were not answered as they should be. */
  readonly broken: number;
}

const AT_ONCE = 40;
const PLAIN_EVERY = 250;
const HANG_MS = 8000;
const MAX_REPORTED = 10;

export class FuzzOrigin {
  readonly #server: net.Server;
  readonly #faults: string[] = [];
  readonly #sockets = new Set<net.Socket>();
  forwarded = 0;
  /** The inputs under way: one of them is to blame for a fault. */
  readonly underWay = new Map<number, string>();

  constructor() {
    this.#server = net.createServer((socket) => this.#serve(socket));
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get faults(): readonly string[] {
    return this.#faults;
  }

  #serve(socket: net.Socket): void {
    let pending = '';
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (d: Buffer) => {
      pending += d.toString('latin1');
      const { used, requests, ends, fault } = judge(pending);
      if (fault !== null) {
        this.#report(
          `${fault} after one of ${JSON.stringify([...this.underWay.values()].slice(0, 50))}`,
        );
        socket.destroy();
        return;
      }
      for (const [i, end] of ends.entries()) this.#compare(pending.slice(ends[i - 1] ?? 0, end));
      const heads = pending.slice(0, used);
      pending = pending.slice(used);
      this.forwarded += requests;
      // HEAD answers have no body; telling which request was one needs only its first word.
      for (let i = 0; i < requests; i++) {
        const body = requests === 1 && heads.startsWith('HEAD ') ? '' : 'ok';
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${body}`);
      }
    });
  }

  /** A request that says which input it comes from must have the body of that input. */
  #compare(request: string): void {
    const { head, body } = decode(request);
    const nth = /^X-Fuzz: (\d+)\r$/m.exec(head)?.[1];
    const input = nth === undefined ? undefined : this.underWay.get(Number(nth));
    if (input !== undefined && firstBody(input) !== body)
      this.#report(`body ${JSON.stringify(body)} of ${JSON.stringify(input)}`);
  }

  #report(fault: string): void {
    if (this.#faults.length < MAX_REPORTED) this.#faults.push(fault);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

export interface FuzzOptions {
  readonly progress?: (done: number) => void;
  /** The first fault is enough. */
  readonly untilFault?: boolean;
}

export async function fuzz(
  gatePort: number,
  origin: FuzzOrigin,
  inputs: number,
  seed: number,
  { progress, untilFault = false }: FuzzOptions = {},
): Promise<FuzzReport> {
  const dice = new Dice(seed);
  const hangs: string[] = [];
  let next = 0;
  let broken = 0;
  const work = async (): Promise<void> => {
    while (next < inputs && !(untilFault && origin.faults.length + hangs.length > 0)) {
      const nth = next++;
      const input = nth % 2 === 0 ? makeInput(dice) : marked(makeInput(dice), nth);
      origin.underWay.set(nth, input);
      if (
        !(await sendOne(gatePort, input, dice.below(input.length + 1))) &&
        hangs.length < MAX_REPORTED
      )
        hangs.push(input);
      origin.underWay.delete(nth);
      if (nth % PLAIN_EVERY === 0 && !(await plainWorks(gatePort))) broken++;
      if (nth % 10_000 === 0) progress?.(nth);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { inputs: next, forwarded: origin.forwarded, faults: origin.faults, hangs, broken };
}

/** With a field, behind the first line, by which the origin knows the input again. */
const marked = (input: string, nth: number): string =>
  input.replace('\r\n', `\r\nX-Fuzz: ${nth}\r\n`);

/** In two pieces, then our end. @returns whether the connection came to an end in time */
function sendOne(port: number, input: string, cut: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const timer = setTimeout(() => finish(false), HANG_MS);
    const finish = (ended: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(ended);
    };
    socket.on('connect', () => {
      socket.write(input.slice(0, cut), 'latin1');
      setImmediate(() => socket.end(input.slice(cut), 'latin1'));
    });
    socket.on('data', () => undefined);
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
  });
}

function plainWorks(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let got = '';
    const socket = net.connect({ port, host: '127.0.0.1' }, () =>
      socket.write('GET /plain HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n'),
    );
    const timer = setTimeout(() => finish(), HANG_MS);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/.test(got));
    };
    socket.on('data', (d: Buffer) => (got += d.toString('latin1')));
    socket.on('error', finish);
    socket.on('close', finish);
  });
}
