/** Redis servers as real processes on loopback, which tests kill, freeze and bring back. */
import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';
import { onTestFinished } from 'vitest';
import { scratch } from './config.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

export interface RedisOptions {
  readonly port?: number;
  /** Appended to the command line: `--requirepass`, `x`. */
  readonly args?: readonly string[];
  /** Stands first on the command line: the configuration of a sentinel, which has to be a file. */
  readonly configFile?: string;
  /** Where it runs; goes away with the test where absent. */
  readonly directory?: string;
  /** What its own connections say first, where it wants a password. */
  readonly auth?: readonly string[];
}

/** A server that answers; it is killed with the test. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const server = new RedisServer(options, options.port ?? (await freePort()));
  onTestFinished(() => server.kill());
  await server.start();
  return server;
}

export class RedisServer {
  readonly port: number;
  readonly #options: RedisOptions;
  readonly #directory: string;
  #child: ChildProcess | null = null;
  #said = '';

  constructor(options: RedisOptions, port: number) {
    this.#options = options;
    this.#directory = options.directory ?? scratch();
    this.port = port;
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.port };
  }

  /** Also again, on the same port, after `kill`. It keeps nothing on disk. */
  async start(): Promise<void> {
    const program = process.env.REDIS_SERVER;
    if (program === undefined) throw new Error('REDIS_SERVER is set by scripts/test.mjs');
    const { args = [], configFile } = this.#options;
    const own = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    // A replica would wait 5 s for others that might come.
    own.push('--repl-diskless-sync-delay', '0');
    const child = spawn(
      program,
      [
        ...(configFile === undefined ? [] : [configFile]),
        ...['--port', String(this.port), '--dir', this.#directory],
        ...(configFile === undefined ? own : []),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    child.stdout.on('data', (d: Buffer) => (this.#said += d.toString()));
    child.stderr.on('data', (d: Buffer) => (this.#said += d.toString()));
    await until(`a redis-server on ${this.port} to answer; it said ${this.#said}`, async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${this.#said}`);
      // Another server may have the port, and ours not have noticed yet.
      const info = String(await this.command('INFO', 'server').catch(() => ''));
      return /process_id:(\d+)/.exec(info)?.[1] === String(child.pid);
    });
  }

  /** With SIGKILL, by its own id; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await gone;
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async follow(master: RedisServer): Promise<void> {
    await this.command('REPLICAOF', '127.0.0.1', String(master.port));
    await this.inStep(master);
  }

  /** Resolves when the replica has said that it has all that `master` has. */
  async inStep(master: RedisServer): Promise<void> {
    await until('the replica to be in step', async () => {
      const info = String(await master.command('INFO', 'replication'));
      const had = new RegExp(`port=${this.port},state=online,offset=(\\d+)`).exec(info)?.[1];
      return had !== undefined && had === /master_repl_offset:(\d+)/.exec(info)?.[1];
    });
  }

  /** One command on a connection of its own. An error reply rejects. */
  command(...words: readonly string[]): Promise<Reply> {
    const { auth } = this.#options;
    const all = [...(auth === undefined ? [] : [['AUTH', ...auth]]), words];
    return ask(this.port, all);
  }
}

export type Reply = string | number | null | Reply[];

function ask(port: number, commands: readonly (readonly string[])[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const socket = net.connect(port, '127.0.0.1');
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer within 2 s')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed')));
    for (const words of commands) socket.write(encode(words));
    socket.on('data', (d: Buffer) => {
      bytes = Buffer.concat([bytes, d]);
      let at = 0;
      for (let i = 0; i < commands.length; i++) {
        const parsed = parse(bytes, at);
        if (parsed === null) return;
        at = parsed.end;
        if (parsed.reply instanceof Error) {
          reject(parsed.reply);
          break;
        }
        if (i === commands.length - 1) resolve(parsed.reply);
      }
      socket.destroy();
    });
  });
}

const encode = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`;

/** @returns null while bytes are missing */
function parse(bytes: Buffer, at: number): { reply: Reply | Error; end: number } | null {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd === -1) return null;
  const line = bytes.toString('utf8', at + 1, lineEnd);
  const next = lineEnd + 2;
  switch (String.fromCharCode(bytes[at]!)) {
    case '-':
      return { reply: new Error(line), end: next };
    case ':':
      return { reply: Number(line), end: next };
    case '$': {
      const end = next + Number(line);
      if (Number(line) < 0) return { reply: null, end: next };
      return bytes.length < end + 2
        ? null
        : { reply: bytes.toString('utf8', next, end), end: end + 2 };
    }
    case '*': {
      const items: Reply[] = [];
      let end = next;
      for (let i = 0; i < Number(line); i++) {
        const item = parse(bytes, end);
        if (item === null) return null;
        if (item.reply instanceof Error) return item;
        items.push(item.reply);
        end = item.end;
      }
      return { reply: items, end };
    }
    default:
      return { reply: line, end: next };
  }
}
