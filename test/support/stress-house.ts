/**
 * Three IDCs with a gate each in this process, and applications that write down what they get: an rzone
 * in each IDC, a gzone, all with shadows. The scene `eleven` has a table of its own, `mirror-users` the
 * users' table.
 * Over 300 lines: a configuration and what is asked under it must be seen together.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { Gate } from '../../src/main.ts';
import type { IdcId } from '../../src/model/ids.ts';
import { load, SECRET, scratch } from './config.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

const IDCS = ['one', 'two', 'three'] as const;
export type IdcName = (typeof IDCS)[number];
const ZONES = { one: 'RZ01', two: 'RZ02', three: 'RZ03' } as const;
/** Takes the part of a listed load generator. */
export const LISTED = '127.0.0.2';
export const STRESS_KEY = { id: 's', secret: 'stress-secret-stress-secret-stress-0' };

export interface Got {
  /** `RZ01`, or `RZ01~shadow`. */
  readonly where: string;
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface Asking {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Address it comes from. */
  readonly from?: string;
  /** By the listener for apps. */
  readonly inner?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface HouseOptions {
  readonly forged?: 'refuse' | 'normal';
  /** YAML of the scene `eleven`, behind its table. */
  readonly eleven?: string;
  /** YAML of the Gate document’s `overload`. */
  readonly overload?: string;
  /** YAML of the Upstreams document’s `default`. */
  readonly upstreams?: string;
  /** The rzones have another group, B, at the same endpoints. */
  readonly twoGroups?: boolean;
  /** YAML of the Fleet document’s times. */
  readonly fleet?: string;
  /** YAML of one more scene, in flow. */
  readonly wide?: string;
  /** YAML of a Mirror document’s rules, in flow; absent: there is no such document. */
  readonly mirror?: string;
}

export class StressHouse {
  readonly got: Got[] = [];
  readonly gates = new Map<IdcName, Gate>();
  /** Answers of `/slow…` that wait for a word. */
  readonly waiting: http.ServerResponse[] = [];
  readonly directory = scratch();
  readonly #ports = new Map<string, number>();
  readonly #apps = new Map<string, http.Server>();

  static async start(options: HouseOptions = {}): Promise<StressHouse> {
    const house = new StressHouse();
    for (const idc of IDCS) {
      for (const use of ['out', 'in', 'admin']) house.#ports.set(`${use} ${idc}`, await freePort());
      await house.#app(ZONES[idc], false);
      await house.#app(ZONES[idc], true);
    }
    await house.#app('GZ01', false);
    await house.#app('GZ01', true);
    writeFileSync(join(house.directory, 'all.yaml'), house.#config(options));
    for (const idc of IDCS) await house.open(idc);
    for (const idc of IDCS) await house.inFleet(idc);
    return house;
  }

  /** Starts a gate, perhaps once more. */
  async open(idc: IdcName): Promise<void> {
    const gate = new Gate({
      ...{ directory: this.directory, idc: idc as string as IdcId, gate: `gate-${idc}` },
      ...{ first: load(this.directory), env: {}, version: 'test' },
    });
    this.gates.set(idc, gate);
    await gate.start();
    onTestFinished(() => gate.stop());
  }

  async #app(zone: string, shadow: boolean): Promise<void> {
    const where = shadow ? `${zone}~shadow` : zone;
    const server = http.createServer((req, res) => this.#serve(where, req, res));
    server.on('upgrade', (req, socket: Duplex) => {
      this.#note(where, req);
      socket.on('error', () => undefined);
      socket.on('data', (data: Buffer) => socket.write(data));
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Ldc-Stress: leak\r\n\r\n',
      );
    });
    const port = await freePort();
    this.#ports.set(where, port);
    this.#apps.set(where, server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
  }

  #note(where: string, { method = '', url = '', headers }: http.IncomingMessage): void {
    this.got.push({ where, method, url, headers });
  }

  /** Says everything that must not go back, and tries to get a route cookie written. */
  #serve(where: string, req: http.IncomingMessage, res: http.ServerResponse): void {
    this.#note(where, req);
    req.resume();
    if (req.url?.startsWith('/bad') === true) res.statusCode = 503;
    if (req.url?.startsWith('/reset') === true) {
      req.socket.destroy();
      return;
    }
    res.setHeader('X-Ldc-Stress', 'leak');
    res.setHeader('X-Ldc-Zone', where);
    res.setHeader('X-Ldc-Uid', '2088000000000680');
    if (req.url?.startsWith('/slow-body') === true) {
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      res.write('begun');
    }
    if (req.url?.startsWith('/slow') === true) {
      this.waiting.push(res);
      return;
    }
    req.on('end', () => res.end(where));
  }

  #config(options: HouseOptions): string {
    const { forged = 'refuse', eleven = '', overload = '{}', upstreams, fleet } = options;
    const { wide, mirror } = options;
    const port = (name: string): string => `127.0.0.1:${this.#ports.get(name)}`;
    const group = (zone: string, app: string): string =>
      `{ endpoints: { ${app}: ["${port(zone)}"] }, shadow: { ${app}: ["${port(`${zone}~shadow`)}"] } }`;
    const groups = (zone: string): string =>
      (options.twoGroups === true ? ['A', 'B'] : ['A'])
        .map((id) => `${id}: ${group(zone, 'shop')}`)
        .join(', ');
    const idc = (name: IdcName, more = ''): string =>
      `${name}: { gates: ["${port(`out ${name}`)}"], zones: { ${ZONES[name]}: { type: rzone, groups: { ${groups(ZONES[name])} } }${more} } }`;
    const listeners = IDCS.flatMap((name) => [
      `{ idc: ${name}, address: "${port(`out ${name}`)}" }`,
      `{ idc: ${name}, from: app, address: "${port(`in ${name}`)}" }`,
    ]);
    return `apiVersion: zonegate/v1
kind: Topology
cities:
  here:
    idcs:
      ${idc('one', `, GZ01: { type: gzone, groups: { A: ${group('GZ01', 'config')} } }`)}
      ${idc('two')}
      ${idc('three')}
---
{ apiVersion: zonegate/v1, kind: Rules, epoch: 1, shards: { "00-49": RZ01, "50-79": RZ02, "80-99": RZ03 } }
---
apiVersion: zonegate/v1
kind: Routes
identities: { user: [{ header: x-user-id, trust: [app, peer, operator] }, { query: uid }] }
routes:
  - { host: "*", path: /config, zone: gzone, app: config }
  - { host: "*", path: /, zone: rzone, app: shop, identity: user }
---
apiVersion: zonegate/v1
kind: Gate
listeners: [${listeners.join(', ')}]
admin: [${IDCS.map((name) => `{ idc: ${name}, address: "${port(`admin ${name}`)}" }`).join(', ')}]
trust: { peers: ["127.0.0.1"] }
keys:
  cookie: [{ id: k, secret: ${SECRET} }]
  peer: [{ id: k, secret: ${SECRET} }]
  stress: [{ id: ${STRESS_KEY.id}, secret: ${STRESS_KEY.secret} }]
log: { access: "off", level: error }
# A client that is gone has only closed its side, as far as a gate can see.
timeouts: { halfClosedMs: 200, drainMs: 2000 }
overload: ${overload}
---
apiVersion: zonegate/v1
kind: Stress
accept: { app: true, networks: ["${LISTED}"] }
forged: ${forged}
log: ${join(this.directory, 'stress.log')}
scenes:
  eleven:
    shards: { "00-24": RZ01, "25-49": RZ02, "50-99": RZ03 }
    uids: ["2099000000000000-2099999999999999"]
    until: "2099-01-01T00:00:00Z"
    ${eleven === '' ? 'limits: { rps: 100000, concurrency: 1000 }' : eleven}
  as-users:
    until: "2099-01-01T00:00:00Z"
    limits: { rps: 100000, concurrency: 1000 }
  over:
    until: "2020-01-01T00:00:00Z"
${wide === undefined ? '' : `  wide: ${wide}`}
---
apiVersion: zonegate/v1
kind: Fleet
store: { file: ${this.store} }
stateDir: ${join(this.directory, '{gate}')}
catchUp: { by: none }
${fleet ?? ''}
---
{ apiVersion: zonegate/v1, kind: Upstreams, default: ${upstreams ?? '{}'} }
${mirror === undefined ? '' : `---\n{ apiVersion: zonegate/v1, kind: Mirror, rules: [${mirror}] }\n`}`;
  }

  /** Before it is heard of, a gate lets no load test in. */
  async inFleet(idc: IdcName): Promise<void> {
    const lost = (): Promise<number> => this.sum(idc, 'zonegate_fleet_lost');
    await until(`gate ${idc} to be in the fleet`, async () => (await lost()) === 0);
  }

  /** Where the board is kept. */
  get store(): string {
    return join(this.directory, 'board');
  }

  /** Changes the configuration of all gates, in force at once. */
  edit(from: string | RegExp, to: string): void {
    const file = join(this.directory, 'all.yaml');
    const text = readFileSync(file, 'utf8');
    const edited = text.replace(from, to);
    if (edited === text) throw new Error(`nothing to edit: ${String(from)}`);
    writeFileSync(file, edited);
    for (const gate of this.gates.values()) gate.reload('a test');
  }

  /** Ends an application, as a crash would. */
  kill(where: string): void {
    const server = this.#apps.get(where)!;
    server.close();
    server.closeAllConnections();
  }

  port(idc: IdcName, inner = false): number {
    return this.#ports.get(`${inner ? 'in' : 'out'} ${idc}`)!;
  }

  admin(idc: IdcName): string {
    return `http://127.0.0.1:${this.#ports.get(`admin ${idc}`)}`;
  }

  ask(idc: IdcName, asking: Asking = {}): Promise<Answer> {
    return this.begin(idc, asking).answer;
  }

  /** @returns the request, too, to be ended by hand */
  begin(idc: IdcName, asking: Asking = {}): { sent: http.ClientRequest; answer: Promise<Answer> } {
    const { method = 'GET', path = '/', headers = {}, body, from, inner } = asking;
    const sent = http.request({
      ...{ host: '127.0.0.1', port: this.port(idc, inner), method, path, agent: false },
      headers: { Host: 'shop.example', ...headers },
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const answer = new Promise<Answer>((resolve, reject) => {
      sent.on('error', reject);
      sent.on('response', (res) => {
        let text = '';
        res.on('data', (data: Buffer) => (text += data.toString()));
        res.on('error', reject);
        res.on('end', () =>
          resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }),
        );
      });
    });
    sent.end(body);
    return { sent, answer };
  }

  async metrics(idc: IdcName): Promise<string> {
    return (await fetch(`${this.admin(idc)}/metrics`)).text();
  }

  /** @param name a metric, with what its labels must hold. @returns the sum over all that fit */
  async sum(idc: IdcName, name: string, ...labels: readonly string[]): Promise<number> {
    const lines = (await this.metrics(idc))
      .split('\n')
      .filter((l) => l.startsWith(`${name}{`) || l.startsWith(`${name} `));
    return lines
      .filter((l) => labels.every((label) => l.includes(label)))
      .reduce((all, l) => all + Number(l.slice(l.lastIndexOf(' ') + 1)), 0);
  }

  async order(idc: IdcName, command: object): Promise<void> {
    const answer = await fetch(`${this.admin(idc)}/v1/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'ann', reason: 'a test', ...command }),
    });
    if (answer.status !== 200) throw new Error(await answer.text());
  }
}
