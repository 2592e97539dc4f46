/** A real admin listener with a stand-in behind it, and requests as raw as a test wants them. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { EMPTY_BOARD } from '../../src/failover/board.ts';
import type { AdminListener, ControlSettings } from '../../src/gate/compile-control.ts';
import { toAddress } from '../../src/model/schema.ts';
import { AdminServer } from '../../src/shell/control/admin.ts';
import type { FleetDesk } from '../../src/shell/fleet/desk.ts';
import { firewallView } from '../../src/wiring/firewall/view.ts';
import { freePort } from './ports.ts';

export interface Served {
  readonly port: number;
  readonly url: string;
  readonly server: AdminServer;
}

export interface Serving {
  readonly desk: FleetDesk | null;
  readonly control?: Partial<ControlSettings>;
  readonly tls?: AdminListener['tls'];
  readonly host?: string;
}

export async function serveControl(serving: Serving): Promise<Served> {
  const port = await freePort();
  const control = { tokens: [], hosts: [], ...serving.control };
  const server = new AdminServer({
    ready: () => true,
    metrics: () => Promise.resolve('# none\n'),
    status: () => ({ idc: 'hz1' }),
    upstreams: () => ({}),
    mirrors: () => ({ buffer: { used: 0, limit: 0 }, rules: [] }),
    firewall: () => firewallView(serving.desk?.current() ?? { firewall: null, board: EMPTY_BOARD }),
    control: () => control,
    desk: () => serving.desk,
  });
  const address = toAddress(`${serving.host ?? '127.0.0.1'}:${port}`);
  const tls = serving.tls ?? null;
  await server.listen([{ address, idc: null, tls }], '/');
  onTestFinished(() => server.close());
  return { port, server, url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}` };
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Parsed, when it is JSON. */
  readonly json: Record<string, unknown>;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body?: string;
}

export function ask({ port }: Served, path: string, asking: Asking = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = asking;
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (d: string) => (text += d));
      res.on('error', reject);
      res.on('end', () => {
        const isJson = /json/.test(res.headers['content-type'] ?? '') && text !== '';
        const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text, json });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export const tell = (
  served: Served,
  path: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> =>
  ask(served, path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  });
